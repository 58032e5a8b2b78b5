"""What the card of a letter says of its sign-ons."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone

from campaign.admin.cards import Figure, Link, Part, Viewer
from campaign.admin.chart import chart
from campaign.admin.counted import counted
from campaign.admin.moments import said
from campaign.models import Letter
from campaign.models.letter import State
from signatories.models import SignOnsByDay
from signatories.models.sign_on import Status
from signatories.services import statistics

STATES = [Status.UNCONFIRMED, Status.PENDING, Status.APPROVED]


@dataclass(frozen=True)
class Numbers:
    """Of one letter, at this moment."""

    waiting: int
    since: datetime | None
    unconfirmed: int
    approved: int
    held: int
    by_day: SignOnsByDay | None


def parts(user: Viewer, letters: Sequence[Letter]) -> dict[int, Part]:
    """For those who may see sign-ons: four queries, of which none reads all of them."""
    if not user.has_perm("signatories.view_signon"):
        return {}
    pks = [letter.pk for letter in letters]
    of_state, held = statistics.of_state(pks, STATES), statistics.held(pks)
    since, by_day = statistics.waiting_since(pks), statistics.by_day(pks)
    decides = user.has_perm("signatories.change_signon")
    adds = user.has_perm("signatories.add_signon")
    found = {}
    for letter in letters:
        states = of_state.get(letter.pk, {})
        numbers = Numbers(
            waiting=states.get(Status.PENDING, 0),
            since=since.get(letter.pk),
            unconfirmed=states.get(Status.UNCONFIRMED, 0),
            approved=states.get(Status.APPROVED, 0),
            held=held.get(letter.pk, 0),
            by_day=by_day.get(letter.pk),
        )
        found[letter.pk] = _part(letter, numbers, decides=decides, adds=adds)
    return found


def _part(letter: Letter, numbers: Numbers, *, decides: bool, adds: bool) -> Part:
    row = numbers.by_day
    drawn = None
    if row and row.first_day:
        zone, now = ZoneInfo(letter.time_zone), timezone.now()
        # Of a letter that is over the days since say nothing.
        end = letter.closed_at if letter.closed_at and letter.state != State.OPEN else now
        drawn = chart(row.first_day, row.counts, until=min(end, now).astimezone(zone).date())
    return Part(
        figures=list(_figures(letter, numbers, decides=decides)),
        links=list(_links(letter, numbers, decides=decides, adds=adds)),
        chart=drawn,
        chart_at=row.counted_at if row else None,
    )


def _figures(letter: Letter, numbers: Numbers, *, decides: bool) -> Iterator[Figure]:
    if letter.state == State.DRAFT and not (numbers.waiting or numbers.approved):
        return
    yield Figure(
        "Listed" if letter.public else "Approved",
        numbers.approved - numbers.held,
        _list(letter, Status.APPROVED),
        "" if letter.public else "listed once the letter is public",
    )
    yield Figure(
        "Waiting for you" if decides else "Waiting for approval",
        numbers.waiting,
        _list(letter, Status.PENDING),
        f"the oldest since {said(numbers.since, letter.time_zone)}" if numbers.since else "",
        waits=True,
    )
    yield Figure(
        "Waiting for them",
        numbers.unconfirmed,
        _list(letter, Status.UNCONFIRMED),
        "have still to confirm by our mail" if numbers.unconfirmed else "",
    )
    if numbers.held:
        yield Figure(
            "On hold", numbers.held, _list(letter, Status.APPROVED), "approved, and not listed"
        )
    if letter.state == State.OPEN and numbers.by_day and numbers.by_day.first_day:
        today, yesterday = _lately(numbers.by_day, letter.time_zone)
        yield Figure("New today", today, "", f"and {yesterday:,} yesterday")


def _links(letter: Letter, numbers: Numbers, *, decides: bool, adds: bool) -> Iterator[Link]:
    if decides and numbers.waiting:
        words = f"Open the queue: {counted(numbers.waiting, 'sign-on')}"
        yield Link(words, _list(letter, Status.PENDING), first=True)
    if adds and letter.state in {State.OPEN, State.CLOSED} and letter.delivered_at is None:
        yield Link("Add a sign-on", f"{reverse('admin:signatories_signon_add')}?letter={letter.pk}")
    if letter.state == State.DRAFT and letter.current_text_id:
        yield Link("Preview of the page", reverse("admin:letter-preview", args=[letter.pk]))


def _list(letter: Letter, status: Status) -> str:
    sign_ons = reverse("admin:signatories_signon_changelist")
    return f"{sign_ons}?letter={letter.pk}&status__exact={status}"


def _lately(row: SignOnsByDay, zone: str) -> tuple[int, int]:
    """How many today and yesterday, in the letter's time zone."""
    today = timezone.now().astimezone(ZoneInfo(zone)).date()

    def on(day: int) -> int:
        assert row.first_day  # noqa: S101 - for the type checker
        place = (today - timedelta(days=day) - row.first_day).days
        return row.counts[place] if 0 <= place < len(row.counts) else 0

    return on(0), on(1)
