"""What stands in each export. A source gives the ids of its rows in order, and then rows of ids.

Never model objects, and never all rows at once: ids of 100,000 are a few megabytes, and so many
rows as CHUNK says are read at a time.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import OuterRef, QuerySet, Subquery

from campaign.models import Group, Letter
from signatories.models import Contact, Organisation, SignOn, SignOnOrganisation
from signatories.models.sign_on import Source, Status
from signatories.services.signals import said

CHUNK = 2000
Cells = list[str]


@dataclass(frozen=True)
class Export:
    """`rows` takes some of `ids` and gives their rows, in any order, each with its id first."""

    name: str
    headings: list[str]
    ids: list[int]
    rows: Callable[[list[int]], Iterable[tuple[int, Cells]]]

    def lines(self) -> Iterator[Cells]:
        """The headings, then the rows in the order of `ids`, without what is gone meanwhile."""
        yield self.headings
        for start in range(0, len(self.ids), CHUNK):
            some = self.ids[start : start + CHUNK]
            found = dict(self.rows(some))
            yield from (found[pk] for pk in some if pk in found)


def public_list(letter: Letter) -> Export:
    """As signatories.csv of the letter's page, in house order, at this moment."""
    positions = {pk: place for place, pk in enumerate(_groups(letter).values_list("pk", flat=True))}
    listed = SignOn.objects.public().filter(letter=letter)
    in_order = listed.order_by("sort_key", "listed_name", "pk").values_list("pk", "group_id")
    ids = [pk for pk, _ in sorted(in_order, key=lambda row: positions.get(row[1], len(positions)))]

    def rows(some: list[int]) -> Iterator[tuple[int, Cells]]:
        columns = ("pk", "group__key", "listed_name", "country", "website")
        for pk, *cells in SignOn.objects.filter(pk__in=some).order_by().values_list(*columns):
            yield pk, cells

    headings = ["group", "organisation", "country", "website"]
    return Export(f"{letter.slug}-signatories", headings, ids, rows)


def _groups(letter: Letter) -> QuerySet[Group]:
    return Group.objects.filter(letter=letter).order_by("position", "pk")


def organisations(found: QuerySet[Organisation]) -> Export:
    """As an import takes them again."""
    ids = list(found.order_by("name_key").values_list("pk", flat=True))

    def rows(some: list[int]) -> Iterator[tuple[int, Cells]]:
        columns = ("pk", "display_name", "aliases", "sort_as", "website", "country",
                   "parent__display_name")  # fmt: skip
        there = Organisation.objects.filter(pk__in=some).order_by().values_list(*columns)
        for pk, name, aliases, *others, parent in there:
            yield pk, [name, _as_cell(aliases), *others, parent or ""]

    headings = ["organisation", "aliases", "sort_as", "website", "country", "parent"]
    return Export("organisations", headings, ids, rows)


def _as_cell(aliases: list[str]) -> str:
    """Between semicolons, or a line each where one holds a semicolon."""
    if any(";" in alias for alias in aliases):
        return "".join(f"{alias}\n" for alias in aliases)
    return "; ".join(aliases)


def queue(found: QuerySet[SignOn]) -> Export:
    """Sign-ons as the list shows them, without their contacts."""
    linked = (
        SignOnOrganisation.objects.filter(sign_on=OuterRef("pk"))
        .order_by()
        .values("sign_on")
        .annotate(names=StringAgg("organisation__display_name", "; ", order_by="pk"))
        .values("names")
    )

    def rows(some: list[int]) -> Iterator[tuple[int, Cells]]:
        there = (
            SignOn.objects.filter(pk__in=some)
            .order_by()
            .annotate(linked=Subquery(linked))
            .values_list(
                "pk", "letter__slug", "group__key", "listed_name", "country", "website", "linked",
                "signals", "status", "source", "created_at", "confirmed_at", "approved_at",
            )
        )  # fmt: skip
        for pk, *cells, linked_to, signals, status, source, created, confirmed, approved in there:
            moments = [moment.strftime("%Y-%m-%d %H:%M") if moment else ""
                       for moment in (created, confirmed, approved)]  # fmt: skip
            labels = [Status(status).label, Source(source).label]
            yield (
                pk,
                [str(pk), *cells, linked_to or "", "; ".join(said(signals)), *labels, *moments],
            )

    headings = [
        "number", "letter", "group", "organisation", "country", "website", "linked to",
        "worth a look", "status", "source", "came (UTC)", "confirmed (UTC)", "approved (UTC)",
    ]  # fmt: skip
    return Export("sign-ons", headings, _ids(found), rows)


def contacts(found: QuerySet[SignOn]) -> Export:
    """The people behind these sign-ons, one a row: for those with the right to export them."""
    of_these = Contact.objects.filter(sign_on__in=found.order_by().values("pk"))
    ids = list(of_these.order_by("sign_on", "pk").values_list("pk", flat=True))

    def rows(some: list[int]) -> Iterator[tuple[int, Cells]]:
        columns = ("pk", "sign_on__letter__slug", "sign_on__listed_name", "name", "title", "email",
                   "sign_on__status")  # fmt: skip
        there = Contact.objects.filter(pk__in=some).order_by().values_list(*columns)
        for pk, *cells, status in there:
            yield pk, [*cells, Status(status).label]

    headings = ["letter", "organisation", "contact_name", "contact_title", "email", "status"]
    return Export("contacts", headings, ids, rows)


def _ids(found: QuerySet[SignOn]) -> list[int]:
    return list(found.values_list("pk", flat=True))
