"""Possible duplicates: approved or waiting sign-ons of a letter whose names are alike."""

from collections.abc import Collection

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import F, OuterRef, QuerySet

from signatories.models import SignOn
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


def similar(sign_on: SignOn, *, most: int = 5) -> QuerySet[SignOn]:
    """Other sign-ons of the letter that are alike in name, most alike first.

    Likeness warns, never blocks: a chapter is a body of its own.
    """
    alike = _alike(sign_on.letter_id, sign_on.name_key, sign_on.pk)
    return alike.order_by(F("likeness").desc(), "pk")[:most]


def with_similar(pks: Collection[int]) -> set[int]:
    """Those of these sign-ons to which `similar` would find another, in one query."""
    alike = _alike(OuterRef("letter"), OuterRef("name_key"), OuterRef("pk"))
    # Not EXISTS: PostgreSQL would make it a join that compares each with each, past the index.
    found = SignOn.objects.filter(pk__in=pks).annotate(alike=ArraySubquery(alike.values("pk")))
    return {pk for pk, others in found.values_list("pk", "alike") if others}
