"""Possible duplicates: approved or waiting sign-ons of a letter whose names are alike."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection, transaction
from django.db.models import F, OuterRef, QuerySet

from campaign.names import name_key
from signatories.models import Organisation, SignOn
from signatories.models.sign_on import Status

#: Trigram similarity (0 to 1, PostgreSQL pg_trgm) from which a name is pointed out.
ALIKE = 0.5


def _alike(letter: int | OuterRef, key: str | OuterRef, pk: int | OuterRef) -> QuerySet[SignOn]:
    """Sign-ons that stand or wait on this letter under a name like this one, other than `pk`."""
    return (
        SignOn.objects.filter(
            letter=letter,
            status__in=[Status.UNCONFIRMED, Status.PENDING, Status.APPROVED],
            name_key__trigram_similar=key,
        )
        .exclude(pk=pk)
        # Its annotation says str, but it takes expressions like every function.
        .annotate(likeness=TrigramSimilarity("name_key", key))  # type: ignore[arg-type]
        .filter(likeness__gte=ALIKE)
    )


@dataclass(frozen=True)
class Likeness:
    """An organisation of the registry that may be the one in question."""

    organisation: Organisation
    #: In words for staff, such as “same name”.
    why: str
    #: From 0 to 1.
    score: float


@transaction.atomic(savepoint=False)
def similar_organisations(name: str, *, website: str = "", most: int = 5) -> list[Likeness]:
    """Organisations of the registry that are alike in name or alias, most alike first."""
    _ask_for_likeness()
    key = name_key(name)
    named = (
        Organisation.objects.filter(name_key__trigram_similar=key)
        .annotate(likeness=TrigramSimilarity("name_key", key))
        .order_by(F("likeness").desc(), "pk")[:most]
    )
    aliased = Organisation.objects.filter(aliases__contains=[name])[:most]
    found = {one.pk: Likeness(one, "listed as an alias", 1.0) for one in aliased}
    for one in named:
        why = "same name" if one.name_key == key else "name alike"
        found.setdefault(one.pk, Likeness(one, why, one.likeness))
    return sorted(found.values(), key=lambda likeness: -likeness.score)[:most]


def _ask_for_likeness() -> None:
    """In a transaction, until its end: what the index gives is then as like as ALIKE.

    PostgreSQL's own threshold, 0.3, is that of two names which share a word such as “Foundation”.
    Of 100,000 names it gave 9,000 to each, to be read and compared one by one.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.similarity_threshold', %s, true)", [str(ALIKE)])


@transaction.atomic(savepoint=False)
def similar(sign_on: SignOn, *, most: int = 5) -> list[SignOn]:
    """Other sign-ons of the letter that are alike in name, most alike first.

    Likeness warns, never blocks: a chapter is a body of its own.
    """
    _ask_for_likeness()
    alike = _alike(sign_on.letter_id, sign_on.name_key, sign_on.pk)
    return list(alike.order_by(F("likeness").desc(), "pk")[:most])


@transaction.atomic(savepoint=False)
def with_similar(pks: Collection[int]) -> set[int]:
    """Those of these sign-ons to which `similar` would find another, in one query."""
    _ask_for_likeness()
    alike = _alike(OuterRef("letter"), OuterRef("name_key"), OuterRef("pk"))
    # Not EXISTS: PostgreSQL would make it a join that compares each with each, past the index.
    found = SignOn.objects.filter(pk__in=pks).annotate(alike=ArraySubquery(alike.values("pk")))
    return {pk for pk, others in found.values_list("pk", "alike") if others}
