"""The queue in parts: waiting for you, waiting for them, listed, and all others, with counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OrderBy, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.http import urlencode

from campaign.admin.typed import Page, Paginator
from signatories.models import Hold, SignOn
from signatories.models.sign_on import CAME_TO_NOTHING, Status

YOU, THEM, LISTED, OTHERS, ALL = "you", "them", "listed", "others", "all"
PARTS = {
    YOU: "Waiting for you",
    THEM: "Waiting for them",
    LISTED: "Listed",
    OTHERS: "All others",
    ALL: "All",
}
#: What needs somebody comes first.
ORDER = [
    Status.PENDING,
    Status.UNCONFIRMED,
    Status.APPROVED,
    Status.REJECTED,
    Status.WITHDRAWN,
    Status.LAPSED,
]
WAITING_SINCE = Coalesce("confirmed_at", "created_at")
#: The longest waiting at the top; those to confirm as their links end, which has an index.
FIRST: Mapping[str, list[OrderBy | str]] = {
    Status.PENDING: [WAITING_SINCE.asc(), "pk"],
    Status.UNCONFIRMED: ["confirm_by", "pk"],
}
NEWEST: list[OrderBy | str] = ["-pk"]
HOUSE: list[OrderBy | str] = ["group__position", "sort_key", "listed_name", "pk"]
#: With no more than these in its query the list begins with what waits for staff. Whoever searches
#: or filters looks everywhere.
PLAIN = {"letter", "part", "order", "p"}


def _open_holds() -> QuerySet[Hold]:
    return Hold.objects.filter(lifted_at__isnull=True)


def _of_part(part: str) -> Q:
    if part == YOU:
        return Q(status=Status.PENDING)
    if part == THEM:
        return Q(status=Status.UNCONFIRMED)
    if part == LISTED:
        held = _open_holds().filter(sign_on=OuterRef("pk"))
        return Q(~Exists(held), status=Status.APPROVED)
    if part == OTHERS:
        held = _open_holds().filter(sign_on=OuterRef("pk"))
        return Q(status__in=CAME_TO_NOTHING) | Q(Exists(held), status=Status.APPROVED)
    return Q()


@dataclass(frozen=True)
class Tab:
    label: str
    count: str
    query: str
    current: bool
    quiet: bool


class Queue:
    """What one request asks for: which part, of which letter, in which order."""

    def __init__(self, request: HttpRequest) -> None:
        query = request.GET
        self.letter = number(query.get("letter"))
        self.state = query.get("status__exact", "")
        self.part = "" if self.state else query.get("part", "")
        if self.part not in PARTS:
            self.part = YOU if _begins_with_waiting(request) else ALL
        #: Whether only the letter and the part narrow it, so that the counts of the tabs are those
        #: of the list.
        self.plain = not self.state and query.keys() <= PLAIN
        self.in_house_order = (
            self.part == LISTED and self.letter is not None and query.get("order") == "house"
        )

    @property
    def of_one_status(self) -> bool:
        """Whether the part says already how each of its sign-ons stands."""
        return self.part in {YOU, THEM, LISTED}

    # Which buttons stand above the list; the select beside them has all actions.

    @property
    def offers_approval(self) -> bool:
        return self.part in {YOU, ALL}

    @property
    def offers_rejection(self) -> bool:
        return self.part in {YOU, THEM, ALL}

    @property
    def offers_withdrawal(self) -> bool:
        return self.part == LISTED

    def narrow(self, sign_ons: QuerySet[SignOn]) -> QuerySet[SignOn]:
        return sign_ons.filter(_of_part(self.part))

    @cached_property
    def _of_state(self) -> dict[str, int]:
        """By an index alone; what is held is few, or at least has an index of its own."""
        rows = SignOn.objects.order_by()
        if self.letter is not None:
            rows = rows.filter(letter=self.letter)
        counts = dict(rows.values_list("status").annotate(count=Count("*")))
        held = rows.filter(status=Status.APPROVED, pk__in=_open_holds().values("sign_on"))
        return {**counts, "held": held.count()}

    def of_state(self, part: str) -> dict[str, int]:
        """How many of each state the part has."""
        there = {state.value: self._of_state.get(state, 0) for state in ORDER}
        held = self._of_state["held"]
        approved = Status.APPROVED.value
        parts: dict[str, dict[str, int]] = {
            YOU: {Status.PENDING.value: there[Status.PENDING]},
            THEM: {Status.UNCONFIRMED.value: there[Status.UNCONFIRMED]},
            LISTED: {approved: there[approved] - held},
            OTHERS: {**{state: there[state] for state in CAME_TO_NOTHING}, approved: held},
            ALL: there,
        }
        return parts[part]

    @property
    def tabs(self) -> list[Tab]:
        # Who searches everywhere is in none of the parts.
        current = self.part if self.plain or self.part != ALL else ""
        if self.state:
            current = {"pending": YOU, "unconfirmed": THEM}.get(self.state, "")
        return [
            Tab(
                label=label,
                count=f"{sum(self.of_state(part).values()):,}",
                query=self._query(part=part),
                current=part == current,
                quiet=part in {OTHERS, ALL},
            )
            for part, label in PARTS.items()
        ]

    @property
    def orders(self) -> list[Tab]:
        """How the listed ones of a letter may be ordered."""
        if self.part != LISTED or self.letter is None:
            return []
        house = self._query(part=LISTED, order="house")
        return [
            Tab("Newest first", "", self._query(part=LISTED), not self.in_house_order, False),
            Tab("In house order, as readers see it", "", house, self.in_house_order, False),
        ]

    def _query(self, **values: str) -> str:
        letter = {} if self.letter is None else {"letter": str(self.letter)}
        return urlencode({**letter, **values})

    def paginator(self, sign_ons: QuerySet[SignOn], per_page: int, **options: Any) -> "InParts":
        return InParts(sign_ons, per_page, queue=self, **options)


def _begins_with_waiting(request: HttpRequest) -> bool:
    # What a tool posts names its sign-ons, wherever they are; "all that match" are those shown.
    named = request.method == "POST" and request.POST.get("select_across") != "1"
    return not named and request.GET.keys() <= PLAIN | {"group", "e", "o", "_changelist_filters"}


def queue_of(request: Any) -> Queue:
    """The same for all that one request asks."""
    if not hasattr(request, "sign_on_queue"):
        request.sign_on_queue = Queue(request)
    queue: Queue = request.sign_on_queue
    return queue


class InParts(Paginator[SignOn]):
    """Pages in the queue's order, put together from one state after the other.

    To sort by state in one go, PostgreSQL would read every sign-on for each page. How many there
    are of each state an index tells, and a page is of one state, seldom of two.
    """

    object_list: QuerySet[SignOn]

    def __init__(self, *args: Any, queue: Queue, **options: Any) -> None:
        super().__init__(*args, **options)
        self._queue = queue

    @cached_property
    def _of_state(self) -> dict[str, int]:
        if self._queue.plain:
            return self._queue.of_state(self._queue.part)
        bare = self.object_list.order_by()
        return dict(bare.values_list("status").annotate(count=Count("*")))

    @cached_property
    def count(self) -> int:
        return sum(self._of_state.values())

    def page(self, number: Any) -> Page[SignOn]:
        """Raises InvalidPage."""
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        rows: list[SignOn] = []
        for state in ORDER:
            there = self._of_state.get(state, 0)
            end = min(start + self.per_page - len(rows), there)
            if start < end:
                rows += self._in_state(state)[start:end]
            start = max(start - there, 0)
        return Page(rows, number, self)

    def _in_state(self, state: Status) -> QuerySet[SignOn]:
        rows = self.object_list.filter(status=state)
        if state == Status.APPROVED and self._queue.part == OTHERS:
            # Said once more, alone: found through the holds, not through all that is approved.
            rows = rows.filter(pk__in=_open_holds().values("sign_on"))
        return rows.order_by(*(HOUSE if self._queue.in_house_order else FIRST.get(state, NEWEST)))


def number(value: str | None) -> int | None:
    """The id that a query names; None for what is none."""
    fits = value and value.isascii() and value.isdigit() and len(value) < 19
    return int(value) if value and fits else None
