"""Freezing: reading the database into the input document of an edition."""

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db.models import Count
from django.utils import timezone

from campaign.models import Letter, Text, Wording
from campaign.models.letter import State
from campaign.texts import direction
from signatories.editions.schema import (
    RENDERER,
    Document,
    FrozenLetter,
    FrozenText,
    FrozenWording,
    ListedGroup,
    ListedLetter,
    SiteDocument,
)
from signatories.editions.security import security
from signatories.models import Hold, SignOn
from signatories.models.sign_on import Status

#: Left out of the content digest: they differ although nothing that readers see has changed.
STAMPS = {"edition", "published_at", "previous"}


def canonical(document: Mapping[str, Any]) -> str:
    """Canonical JSON: keys sorted, no white space, characters as they are."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(document).encode()).hexdigest()


def content_digest(document: Mapping[str, Any]) -> str:
    """Equal for two documents that would show readers the same."""
    return digest({key: value for key, value in document.items() if key not in STAMPS})


def rfc3339(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def stylesheet() -> str:
    return staticfiles_storage.url("css/site.css")


def freeze_letter(letter: Letter, *, public: bool | None = None) -> FrozenLetter:
    """The settings as they stand; `public` overrides the visibility, for a preview."""
    public = letter.public if public is None else public
    path = f"/letters/{letter.slug}/" if public else letter.unlisted_path
    return FrozenLetter(
        slug=letter.slug,
        state=letter.state,
        public=public,
        path=path,
        url=settings.PUBLIC_URL + path,
        language=letter.language,
        sender=letter.sender,
        dateline=letter.dateline,
        running_header=letter.running_header,
        about=letter.about,
        contact=letter.contact,
        press_contact=letter.press_contact,
        opens=rfc3339(letter.opens),
        closes=rfc3339(letter.closes),
        time_zone=letter.time_zone,
        paper=letter.paper,
        accent=letter.accent,
        asks_country=letter.asks_country,
        asks_website=letter.asks_website,
        delivered=letter.delivered_at is not None,
    )


def freeze_wording(wording: Wording) -> FrozenWording:
    return FrozenWording(
        language=wording.language,
        direction=direction(wording.language),
        title=wording.title,
        addressee=list(wording.addressee),
        cc=list(wording.cc),
        salutation=wording.salutation,
        body=wording.body,
        closing=wording.closing,
        source=wording.source,
        sha256=wording.sha256,
    )


def freeze_text(text: Text, *, first: str) -> FrozenText:
    """The Text with its wordings, that in the language `first` at the head."""
    wordings = sorted(text.wordings.all(), key=lambda w: (w.language != first, w.language))
    return FrozenText(
        number=text.number,
        fixed=text.fixed_at is not None,
        wordings=[freeze_wording(wording) for wording in wordings],
    )


def listed_groups(letter: Letter) -> list[ListedGroup]:
    """The public list in house order: groups by position, names by collation key."""
    # Names before groups: a group that is made between the two queries is then known all the same.
    rows = list(
        SignOn.objects.public()
        .filter(letter=letter)
        .order_by("sort_key", "listed_name", "pk")
        .values_list("group_id", "listed_name", "country", "website")
    )
    listed: dict[int, ListedGroup] = {
        group.pk: ListedGroup(key=group.key, title=group.title, signatories=[])
        for group in letter.groups.all()
    }
    for group, name, country, website in rows:
        listed[group]["signatories"].append({"name": name, "country": country, "website": website})
    return [group for group in listed.values() if group["signatories"]]


def letter_document(
    letter: Letter,
    *,
    edition: int,
    published_at: datetime,
    previous: str,
    public: bool | None = None,
) -> Document:
    """The input document of a letter's next edition. Raises ValueError without a text.

    An unlisted letter's has no list and no count: they must not exist before it is public.
    """
    if letter.current_text is None:
        raise ValueError(f"the letter “{letter.slug}” has no text")
    frozen = freeze_letter(letter, public=public)
    groups = listed_groups(letter) if frozen["public"] else []
    return Document(
        renderer=RENDERER,
        edition=edition,
        published_at=rfc3339(published_at),
        previous=previous,
        stylesheet=stylesheet(),
        letter=frozen,
        text=freeze_text(letter.current_text, first=letter.language),
        count=sum(len(group["signatories"]) for group in groups),
        groups=groups,
    )


def preview_document(letter: Letter) -> Document:
    """How the letter would look if it were published, public, at this moment."""
    return letter_document(letter, edition=0, published_at=timezone.now(), previous="", public=True)


def listed_counts(letters: Collection[Letter]) -> dict[int, int]:
    """How many are listed, by the letter's id: those that are approved, less those that are held.

    It is asked with every change of any list. An index alone counts the former, the latter are few;
    asking of each sign-on whether it is held would read them all.
    """
    approved = SignOn.objects.filter(letter__in=letters, status=Status.APPROVED).order_by()
    open_holds = Hold.objects.filter(lifted_at__isnull=True)
    held = approved.filter(pk__in=open_holds.values("sign_on"))
    less = dict(held.values_list("letter").annotate(count=Count("*")))
    counted = approved.values_list("letter").annotate(count=Count("*"))
    return {letter: count - less.get(letter, 0) for letter, count in counted}


def site_document(*, edition: int, published_at: datetime, previous: str) -> SiteDocument:
    """The input document of the next site edition."""
    letters = list(Letter.objects.public().order_by("-public_at", "pk"))
    counts = listed_counts(letters)
    titles = dict(
        Wording.objects.filter(text__in=[x.current_text_id for x in letters]).values_list(
            "text__letter", "title"
        )
    )
    return SiteDocument(
        renderer=RENDERER,
        edition=edition,
        published_at=rfc3339(published_at),
        previous=previous,
        stylesheet=stylesheet(),
        public_url=settings.PUBLIC_URL,
        security=security(published_at),
        letters=[
            ListedLetter(
                title=titles.get(letter.pk, letter.slug),
                path=f"/letters/{letter.slug}/",
                state=letter.state,
                state_label=State(letter.state).label,
                sender=letter.sender,
                closes=rfc3339(letter.closes),
                time_zone=letter.time_zone,
                count=counts.get(letter.pk, 0),
            )
            for letter in letters
        ],
    )
