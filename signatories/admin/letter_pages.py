"""What the pages around a letter's form have in common."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache

from campaign.models import Letter

View = Callable[..., HttpResponse]


def letter_page_for(*rights: str) -> Callable[[View], View]:
    """A page of the desk about one letter, for those who have all of these rights."""

    def decorate(view: View) -> View:
        @wraps(view)
        def page(request: HttpRequest, pk: int, **options: Any) -> HttpResponse:
            if not all(request.user.has_perm(right) for right in rights):
                raise PermissionDenied
            letter = get_object_or_404(Letter.objects.select_related("current_text"), pk=pk)
            return view(request, letter, **options)

        return never_cache(admin.site.admin_view(page))

    return decorate


def shown(
    request: HttpRequest, letter: Letter, template: str, title: str, *, status: int = 200,
    **context: Any,
) -> HttpResponse:  # fmt: skip
    """The page, under the letter in the desk's way back."""
    wording = letter.current_text.wordings.first() if letter.current_text else None
    whole = {
        **admin.site.each_context(request),
        "title": title,
        "letter": letter,
        "letter_title": wording.title if wording else letter.slug,
        "opts": Letter._meta,
        **context,
    }
    return render(request, f"admin/campaign/letter/{template}", whole, status=status)
