"""Bodies: the organisations of the registry that sign-ons are of, by the names that these have."""

from collections.abc import Collection, Iterable

from django.db.models.functions import Coalesce

from signatories.models import Organisation, SignOn


def organisation_named(sign_on: SignOn) -> Organisation:
    """As `organisations_named`, of one."""
    return Organisation.objects.get(pk=organisations_named([sign_on])[sign_on.pk])


def organisations_named(sign_ons: Collection[SignOn]) -> dict[int, int]:
    """The id of the organisation of each one's name or alias, by that of the sign-on.

    Made if there is none; of one that was merged into another it is that other. As few statements
    for many as for one.
    """
    by_key = _by_key(one.name_key for one in sign_ons)
    unknown = [one for one in sign_ons if one.name_key not in by_key]
    by_alias = _by_alias({one.listed_name for one in unknown})
    new: dict[str, SignOn] = {}
    for one in unknown:
        if one.listed_name not in by_alias:
            new.setdefault(one.name_key, one)
    made = _made(new)
    return {
        one.pk: by_key.get(one.name_key) or by_alias.get(one.listed_name) or made[one.name_key]
        for one in sign_ons
    }


def _by_alias(names: Collection[str]) -> dict[str, int]:
    if not names:
        return {}
    found: dict[str, int] = {}
    known = Organisation.objects.standing().filter(aliases__overlap=sorted(names))
    for pk, aliases in known.values_list("pk", "aliases"):
        for alias in aliases:
            found.setdefault(alias, pk)
    return found


def _made(new: dict[str, SignOn]) -> dict[str, int]:
    """An organisation's id by its key, each made as the sign-on says, or by somebody just before.

    In one order, so that two who make the same do not wait for each other.
    """
    if not new:
        return {}
    Organisation.objects.bulk_create(
        [
            Organisation(
                display_name=one.listed_name, name_key=key, website=one.website, country=one.country
            )
            for key, one in sorted(new.items())
        ],
        ignore_conflicts=True,
    )
    return _by_key(new)


def _by_key(keys: Iterable[str]) -> dict[str, int]:
    """Of one that was merged into another it is that other's id."""
    found = Organisation.objects.filter(name_key__in=list(keys))
    return dict(found.values_list("name_key", Coalesce("merged_into", "pk")))
