"""The digest as a mail: the cards of the front page in words, made when it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse

from campaign.admin.cards import Card, cards
from campaign.admin.counted import counted
from campaign.admin.notices import Notice, notices
from campaign.admin.start import MOST, shown_letters
from campaign.digest.choosing import may_have, stop_token
from campaign.mail.rendered import Gone, RenderedMail, render_mail
from campaign.models import Digest, OutgoingMail
from campaign.models.digest import Wanted
from campaign.models.letter import State
from campaign.tokens import address_key

SENDER = "Undersigned"


@dataclass(frozen=True)
class Day:
    """What there is to tell one member of staff: nothing that they may not see."""

    cards: list[Card]
    notices: list[Notice]

    @property
    def waiting(self) -> int:
        return sum(figure.count for card in self.cards for figure in card.figures if figure.waits)


@dataclass(frozen=True)
class About:
    digest: Digest
    user: User
    day: Day


def day_of(user: User) -> Day:
    """What is open, and what else waits or failed; as many queries for any number of letters."""
    told = [
        card
        for card in cards(user, list(shown_letters()[:MOST]))
        if card.letter.state == State.OPEN or card.waits or card.problems
    ]
    return Day(told, notices(user))


def has_something(user: User) -> bool:
    """Whether anything waits for staff on the letters that this account may see."""
    return any(card.waits for card in day_of(user).cards)


def about(mails: Sequence[OutgoingMail]) -> dict[int, About | Gone]:
    """What each of these digests is about, by its id. Those with the same rights read it once."""
    ids = [pk for mail in mails if isinstance(pk := mail.references.get("user"), int)]
    digests = {
        digest.user_id: digest
        for digest in Digest.objects.filter(user__in=ids).select_related("user")
    }
    days: dict[frozenset[str], Day] = {}
    found: dict[int, About | Gone] = {}
    for mail in mails:
        digest = digests.get(mail.references.get("user", 0))
        found[mail.pk] = _about(mail, digest, days)
    return found


def _about(
    mail: OutgoingMail, digest: Digest | None, days: dict[frozenset[str], Day]
) -> About | Gone:
    if digest is None or digest.wanted == Wanted.NONE:
        return Gone("no digest is wanted any more")
    user = digest.user
    if not may_have(user):
        return Gone("the account is closed, or has no rights any more")
    if mail.address_key and address_key(user.email) != mail.address_key:
        return Gone("the account has another address by now")
    rights = frozenset(["superuser"] if user.is_superuser else user.get_all_permissions())
    if rights not in days:
        days[rights] = day_of(user)
    if digest.wanted == Wanted.WAITING and not days[rights].waiting:
        return Gone("nothing waits any more")
    return About(digest, user, days[rights])


def digest(about: About) -> RenderedMail:
    day = about.day
    stop_link = settings.PUBLIC_URL + reverse("stop-digest", args=[stop_token(about.digest)])
    context: dict[str, object] = {
        "title": "How the letters stand",
        "cards": day.cards,
        "notices": day.notices,
        "site": settings.PUBLIC_URL,
        "start_link": settings.PUBLIC_URL + reverse("admin:index"),
        "digest_link": settings.PUBLIC_URL + reverse("admin:digest"),
        "stop_link": stop_link,
    }
    waiting = f"{counted(day.waiting, 'sign-on')} waiting" if day.waiting else "nothing waits"
    return render_mail(
        "desk_digest",
        context,
        to=about.user.email,
        subject=f"Open letters today: {waiting}",
        sender=SENDER,
        # RFC 8058: mail programs show a button that posts to the link, without opening it.
        headers={
            "List-Unsubscribe": f"<{stop_link}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
