"""“Copy list”: the public list as plain text, to paste elsewhere."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from campaign.models import Letter
from signatories.admin.letter_pages import letter_page_for, shown
from signatories.editions.freeze import listed_groups
from signatories.plain_list import as_mail, as_paragraph


@letter_page_for("campaign.view_letter", "signatories.view_signon")
def lists(request: HttpRequest, letter: Letter) -> HttpResponse:
    """What is listed now, without whoever is on hold; of an unlisted letter for staff only."""
    groups = listed_groups(letter)
    wording = letter.current_text.wordings.first() if letter.current_text else None
    mail = as_mail(
        groups,
        title=wording.title if wording else letter.slug,
        url=settings.PUBLIC_URL + letter.path,
        at=timezone.now(),
    )
    paragraph = as_paragraph(groups, language=letter.language)
    count = sum(len(group["signatories"]) for group in groups)
    return shown(
        request, letter, "lists.html", "Copy the list", mail=mail, paragraph=paragraph, count=count
    )


URLS: list[URLPattern] = [path("<int:pk>/lists/", lists, name="letter-lists")]
