"""Possible duplicates: approved or waiting sign-ons of a letter whose names are alike."""

from collections.abc import Collection

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import TrigramSimilarity
from django.db.models import OuterRef, Q, QuerySet

from signatories.models import SignOn
from signatories.models.sign_on import Status

#: Trigram similarity (0 to 1, PostgreSQL pg_trgm) from which a name is pointed out.
ALIKE = 0.5


def similar(sign_on: SignOn, *, most: int = 5) -> QuerySet[SignOn]:
    """Other sign-ons of the letter, alike in name or with the same contact's listed name.

    Most alike first. Likeness warns, never blocks: a chapter is a body of its own.
    """
    return (
        SignOn.objects.filter(
            letter_id=sign_on.letter_id,
            status__in=[Status.UNCONFIRMED, Status.PENDING, Status.APPROVED],
        )
        .exclude(pk=sign_on.pk)
        .filter(Q(name_key__trigram_similar=sign_on.name_key))
        .annotate(likeness=TrigramSimilarity("name_key", sign_on.name_key))
        .filter(likeness__gte=ALIKE)
        .order_by("-likeness", "pk")[:most]
    )


def with_similar(pks: Collection[int]) -> set[int]:
    """Those of these sign-ons to which `similar` would find another, in one query."""
    alike = (
        SignOn.objects.filter(
            letter=OuterRef("letter"),
            status__in=[Status.UNCONFIRMED, Status.PENDING, Status.APPROVED],
            name_key__trigram_similar=OuterRef("name_key"),
        )
        .exclude(pk=OuterRef("pk"))
        # Its annotation says str, but it takes expressions like every function.
        .annotate(likeness=TrigramSimilarity("name_key", OuterRef("name_key")))  # type: ignore[arg-type]
        .filter(likeness__gte=ALIKE)
    )
    # Not EXISTS: PostgreSQL would make it a join that compares each with each, past the index.
    found = SignOn.objects.filter(pk__in=pks).annotate(alike=ArraySubquery(alike.values("pk")))
    return {pk for pk, others in found.values_list("pk", "alike") if others}
