"""Sign-ons by day, counted in advance: the front page of the desk draws them from one row a letter.

Counting reads every sign-on of a letter, which at 100,000 takes a tenth of a second or two. So the
sweep does it, not each look at the page, and only when it would come out otherwise. How many there
are in a state at this moment an index tells (`of_state`).
See docs/decisions/0031-counted-by-day-in-advance.md.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Min
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from campaign.models import Letter
from campaign.models.letter import State
from campaign.turn import Turn
from signatories.models import Hold, SignOn, SignOnsByDay
from signatories.models.sign_on import Status

EVERY = 30.0  # seconds
#: What is counted by day: what is listed or held, and what waits for staff.
COUNTED = [Status.PENDING, Status.APPROVED]
#: When somebody signed: as they confirmed, or as staff entered it.
SIGNED_AT = Coalesce("confirmed_at", "created_at")
#: Days before the last that counts any. What is older, by a clock that was wrong, counts on the
#: first of them.
LONGEST = 5 * 366
_turn = Turn()


def run(*, overdue: timedelta) -> int:
    """Count again what has changed, at most once in EVERY seconds in this process.

    Two at once do no harm. `overdue` is not needed.
    """
    if not _turn.has_come(EVERY):
        return 0
    return bring_up_to_date(Letter.objects.exclude(state=State.ARCHIVED))


def bring_up_to_date(letters: Iterable[Letter]) -> int:
    """Count those of these letters again whose counts would come out otherwise; returns how many.

    That is asked of the numbers in each state, which an index has. One that was withdrawn while
    another was approved makes no difference to them: it is found when the letter's day is over, as
    each letter is counted anew every day.
    """
    now = timezone.now()
    by_id = {letter.pk: letter for letter in letters}
    numbers = of_state(by_id, COUNTED)
    counted = dict(
        SignOnsByDay.objects.filter(letter__in=by_id).values_list("letter_id", "counted_from")
    )
    changed = 0
    for pk, letter in by_id.items():
        states = numbers.get(pk, {})
        if pk not in counted and not states:
            continue
        source = _source(letter, states, now)
        if counted.get(pk) != source:
            _count(letter, source, now)
            changed += 1
    return changed


def of_state(letters: Collection[int], states: Collection[Status]) -> dict[int, dict[str, int]]:
    """How many sign-ons of these letters are in these states now, by letter and state.

    By letter and state, as they are in an index, which alone is read.
    """
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = Letter.objects.filter(pk__in=letters, sign_ons__status__in=states).order_by()
    for pk, state, count in rows.values_list("pk", "sign_ons__status").annotate(count=Count("*")):
        found[pk][state] = count
    return found


def held(letters: Collection[int]) -> dict[int, int]:
    """How many approved sign-ons of these letters have an open hold, and so are not listed."""
    open_holds = Hold.objects.filter(
        lifted_at__isnull=True, sign_on__letter__in=letters, sign_on__status=Status.APPROVED
    ).order_by()
    counts = open_holds.values_list("sign_on__letter").annotate(
        count=Count("sign_on", distinct=True)
    )
    return dict(counts)


def waiting_since(letters: Collection[int]) -> dict[int, datetime]:
    """Since when the oldest of those has been waiting that wait for staff, by letter."""
    pending = SignOn.objects.filter(letter__in=letters, status=Status.PENDING).order_by()
    return dict(pending.values_list("letter").annotate(since=Min(SIGNED_AT)))


def by_day(letters: Collection[int]) -> Mapping[int, SignOnsByDay]:
    """What was counted of these letters, by letter."""
    return {row.letter_id: row for row in SignOnsByDay.objects.filter(letter__in=letters)}


def _source(letter: Letter, states: Mapping[str, int], now: datetime) -> str:
    day = now.astimezone(ZoneInfo(letter.time_zone)).date()
    numbers = " ".join(f"{state}={states.get(state, 0)}" for state in COUNTED)
    return f"{numbers} {day} {letter.time_zone}"


def _count(letter: Letter, source: str, now: datetime) -> None:
    days = dict(
        SignOn.objects.filter(letter=letter, status__in=COUNTED)
        .order_by()
        .values_list(TruncDate(SIGNED_AT, tzinfo=ZoneInfo(letter.time_zone)))
        .annotate(count=Count("*"))
    )
    first, counts = _in_a_row(days)
    SignOnsByDay.objects.bulk_create(
        [
            SignOnsByDay(
                letter=letter, first_day=first, counts=counts, counted_from=source, counted_at=now
            )
        ],
        update_conflicts=True,
        unique_fields=["letter"],
        update_fields=["first_day", "counts", "counted_from", "counted_at"],
    )


def _in_a_row(days: Mapping[date, int]) -> tuple[date | None, list[int]]:
    """The first day, and one number for each day from it to the last."""
    if not days:
        return None, []
    last = max(days)
    first = max(min(days), last - timedelta(days=LONGEST - 1))
    counts = [0] * ((last - first).days + 1)
    for day, count in days.items():
        counts[max(0, (day - first).days)] += count
    return first, counts
