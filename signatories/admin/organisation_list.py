"""The list of organisations: its pages, its filters, and finding one by any of its names."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import smart_split, unescape_string_literal

from campaign.admin.typed import Paginator
from signatories.admin.sign_on_queue import number
from signatories.countries import country_name
from signatories.matching.fold import folded, tokens
from signatories.models import Organisation, SignOnOrganisation

#: Pages that are offered beyond the present one. How many there are in all nobody counts.
AHEAD = 10
MERGED = "merged"


class LookAhead(Paginator[Organisation]):
    """Counts no further than a few pages ahead."""

    object_list: QuerySet[Organisation]
    present = 1

    @property
    def counted(self) -> int:
        return (self.present + AHEAD) * self.per_page

    @cached_property
    def count(self) -> int:
        return int(self.object_list.order_by()[: self.counted + 1].count())

    @property
    def more(self) -> bool:
        return self.count > self.counted


def paginator(request: HttpRequest, queryset: Any, per_page: int) -> LookAhead:
    made = LookAhead(queryset, per_page)
    made.present = number(request.GET.get(PAGE_VAR) or request.GET.get("page")) or 1
    return made


class OrganisationList(ChangeList):
    """Without those that were merged, unless they are asked for; with the sign-ons of each row."""

    def get_queryset(self, request: HttpRequest, *args: Any, **options: Any) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request, *args, **options)
        return found if request.GET.get(MERGED) else found.filter(merged_into__isnull=True)

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        links = SignOnOrganisation.objects.filter(organisation__in=[row.pk for row in rows])
        counts = links.order_by().values("organisation").annotate(count=Count("*"))
        signed = dict(counts.values_list("organisation", "count"))
        for row in rows:
            row.sign_ons_count = signed.get(row.pk, 0)
        self.result_list = rows
        self.full_result_count = self.result_count  # or else the search form would show it
        if isinstance(self.paginator, LookAhead) and self.paginator.more:
            self.shown = f"More than {self.paginator.counted} organisations"
        else:
            self.shown = f"{self.result_count} organisation{'' if self.result_count == 1 else 's'}"


def found_by(queryset: QuerySet[Organisation], typed: str) -> QuerySet[Organisation]:
    """Those that hold each of the words in their name or an alias, or have it as an acronym, also
    one that is nowhere written. Accents and capitals do not matter; words in quotes are one.
    """
    for word in smart_split(typed):
        quoted = word[0] in "\"'" and word[-1] == word[0] and len(word) > 1
        said = unescape_string_literal(word) if quoted else word
        short = "".join(tokens(said))
        queryset = queryset.filter(
            Q(search_key__contains=folded(said)) | Q(match_keys__overlap=[f"a{short}", f"i{short}"])
        )
    return queryset


_COUNTRIES = """
    WITH RECURSIVE there (country) AS (
        (SELECT country FROM signatories_organisation ORDER BY country LIMIT 1)
        UNION ALL
        SELECT (SELECT next.country FROM signatories_organisation AS next
            WHERE next.country > there.country ORDER BY next.country LIMIT 1)
        FROM there WHERE there.country IS NOT NULL
    )
    SELECT country FROM there WHERE country <> ''
"""


def countries_there() -> list[str]:
    """Each country of an organisation once, by hopping along an index."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTRIES)
        return [code for (code,) in cursor.fetchall()]


class CountryFilter(admin.SimpleListFilter):
    title = "country"
    parameter_name = "country"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        named = [(code, country_name(code)) for code in countries_there()]
        return sorted(named, key=lambda one: one[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(country=self.value()) if self.value() else queryset


class _Only(admin.SimpleListFilter):
    """One choice beside “All”."""

    choice = ""
    condition: Any = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", self.choice)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(self.condition) if self.value() == "1" else queryset


class ParentFilter(_Only):
    title, parameter_name, choice = "parent", "chapter", "Has a parent"
    condition = Q(parent__isnull=False)


class NeverSignedFilter(_Only):
    title, parameter_name, choice = "sign-ons", "never", "Never signed"
    condition = ~Exists(SignOnOrganisation.objects.filter(organisation=OuterRef("pk")))


class AlikeFilter(_Only):
    title, parameter_name, choice = "duplicates", "alike", "Possible duplicates"
    condition = Q(alike_to__isnull=False)


class MergedFilter(_Only):
    title, parameter_name, choice = "history", MERGED, "Merged into another"
    condition = Q(merged_into__isnull=False)
