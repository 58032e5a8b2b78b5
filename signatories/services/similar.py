"""Names that are alike: organisations in the registry, and sign-ons on the same letter.

An index gives those that may be (`candidates.py`); rules say which are, and why
(signatories.matching.likeness). Likeness warns, and never blocks: a chapter is a body of its own.
However many names are asked for at once, the number of queries is that for one, up to BATCH names.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from campaign.models import Letter
from signatories.matching import keys
from signatories.matching.likeness import Alike, alike
from signatories.matching.names import taken_apart
from signatories.models import Organisation, SignOn, SignOnOrganisation
from signatories.services.candidates import STANDING, Asked, of_letters, of_registry

#: Names that are looked for with one set of queries.
BATCH = 250
AN_ALIAS = "an alias of it"
SAME_WEBSITE = "same website"
SAME_BODY = "linked to the same organisation"
#: Of a score: what an alias takes off, and a common website is worth, or adds.
BY_ALIAS, BY_WEBSITE, WEBSITE_TOO = 0.01, 0.8, 0.05
#: From this score a sign-on is taken to be of the organisation, and so to have its other names.
SURE = 0.93


@dataclass(frozen=True)
class Likeness:
    """`why` is in words for staff; `score` is from 0 to 1."""

    organisation: Organisation
    why: str
    score: float


@dataclass(frozen=True)
class SignOnLikeness:
    sign_on: SignOn
    why: str
    score: float


def similar_organisations(name: str, *, website: str = "", most: int = 5) -> list[Likeness]:
    """Organisations of the registry that look like the one of this name, best first."""
    return _like([Asked(name, website)])[0][:most]


def similar_names(names: Sequence[str]) -> dict[str, Likeness]:
    """The best candidate for each name that has one."""
    found = {}
    different = list(dict.fromkeys(names))
    for start in range(0, len(different), BATCH):
        asked = [Asked(name) for name in different[start : start + BATCH]]
        for one, likenesses in zip(asked, _like(asked), strict=True):
            if likenesses:
                found[one.name] = likenesses[0]
    return found


def similar_to(organisation: Organisation, *, most: int = 5) -> list[Likeness]:
    """Other organisations that look like this one, under any of its names, best first."""
    return _like_organisations([organisation])[organisation.pk][:most]


def best_of(organisations: Sequence[Organisation]) -> dict[int, Likeness]:
    """For each the other that looks most like it, if any. A chapter and its parent are known to be
    two.
    """
    found = _like_organisations(organisations)
    best = {}
    for one in organisations:
        for likeness in found[one.pk]:
            other = likeness.organisation
            if other.pk != one.parent_id and other.parent_id != one.pk:
                best[one.pk] = likeness
                break
    return best


def _like_organisations(organisations: Sequence[Organisation]) -> dict[int, list[Likeness]]:
    whose = [(one, name) for one in organisations for name in one.names]
    best: dict[int, dict[int, Likeness]] = {one.pk: {} for one in organisations}
    for start in range(0, len(whose), BATCH):
        part = whose[start : start + BATCH]
        asked = [Asked(name, one.website, but=one.pk) for one, name in part]
        for (one, _), likenesses in zip(part, _like(asked), strict=True):
            for likeness in likenesses:
                other = likeness.organisation.pk
                known = best[one.pk].get(other)
                if known is None or known.score < likeness.score:
                    best[one.pk][other] = likeness
    return {pk: _best_first(found.values()) for pk, found in best.items()}


def _like(asked: Sequence[Asked]) -> list[list[Likeness]]:
    """For each that is asked for, in their order, what is like it; best first."""
    found = []
    for one, candidates in zip(asked, of_registry(asked), strict=True):
        likenesses = (likeness(one, candidate) for candidate in candidates)
        found.append(_best_first(each for each in likenesses if each))
    return found


def _best_first(found: Iterable[Likeness]) -> list[Likeness]:
    return sorted(found, key=lambda one: (-one.score, one.organisation.name_key))


def likeness(asked: Asked, organisation: Organisation) -> Likeness | None:
    """Whether, and why, it looks like the one that is asked for: the best of its names."""
    name = taken_apart(asked.name)
    best = alike(name, taken_apart(organisation.display_name))
    for alias in organisation.aliases:
        found = alike(name, taken_apart(alias))
        if found and (best is None or found.score - BY_ALIAS > best.score):
            by = AN_ALIAS if found.score >= 0.98 else f"{found.why}, by its alias “{alias}”"
            best = Alike(by, found.score - BY_ALIAS)
    domain = keys.domain_of(asked.website)
    if domain and domain == keys.domain_of(organisation.website):
        if best is None:
            return Likeness(organisation, SAME_WEBSITE, BY_WEBSITE)
        both = f"{best.why}, and the {SAME_WEBSITE}"
        return Likeness(organisation, both, min(1.0, best.score + WEBSITE_TOO))
    return Likeness(organisation, best.why, best.score) if best else None


def likeness_of(one: Organisation, other: Organisation) -> Likeness | None:
    """How the second looks like the first, by whichever of its names."""
    found = [likeness(Asked(name, one.website), other) for name in one.names]
    return max((each for each in found if each), key=lambda each: each.score, default=None)


# Sign-ons


def similar(sign_on: SignOn, *, most: int = 5) -> list[SignOn]:
    """Other sign-ons of the letter, listed or waiting, that look like it; most alike first."""
    return [found.sign_on for found in similar_sign_ons(sign_on, most=most)]


def similar_sign_ons(sign_on: SignOn, *, most: int = 5) -> list[SignOnLikeness]:
    """As `similar`, with why."""
    return _like_sign_ons([sign_on])[sign_on.pk][:most]


def with_similar(pks: Collection[int]) -> set[int]:
    """Those of these sign-ons to which `similar` would find another."""
    asked = list(SignOn.objects.filter(pk__in=pks).order_by("pk"))
    found: set[int] = set()
    for start in range(0, len(asked), BATCH):
        likenesses = _like_sign_ons(asked[start : start + BATCH])
        found |= {pk for pk, others in likenesses.items() if others}
    return found


def similar_on(letter: Letter, names: Sequence[str]) -> dict[str, list[SignOnLikeness]]:
    """The sign-ons of the letter, listed or waiting, that look like each name that has any."""
    found: dict[str, list[SignOnLikeness]] = {}
    different = list(dict.fromkeys(names))
    for start in range(0, len(different), BATCH):
        asked = [Asked(name, letter=letter.pk) for name in different[start : start + BATCH]]
        for one, candidates in zip(asked, of_letters(asked), strict=True):
            likenesses = [
                SignOnLikeness(other, how.why, how.score)
                for other in candidates
                if (how := _names_alike(one, other))
            ]
            if likenesses:
                found[one.name] = sorted(
                    likenesses, key=lambda each: (-each.score, each.sign_on.pk)
                )
    return found


def _like_sign_ons(sign_ons: Sequence[SignOn]) -> dict[int, list[SignOnLikeness]]:
    """By their own names, and by the organisations that they are, or look like."""
    asked = [Asked(one.listed_name, one.website, one.letter_id, one.pk) for one in sign_ons]
    best: dict[int, dict[int, SignOnLikeness]] = {one.pk: {} for one in sign_ons}

    def note(pk: int, other: SignOn, why: str, score: float) -> None:
        known = best[pk].get(other.pk)
        if other.pk != pk and (known is None or known.score < score):
            best[pk][other.pk] = SignOnLikeness(other, why, score)

    bodies = _bodies(sign_ons, asked)
    aliases = [
        (Asked(name, letter=one.letter, but=one.but), f"both may be “{body}”")
        for one in asked
        for body, (_, score) in bodies[one.but].items()
        for name in body.names
        if score >= SURE and name != one.name
    ]
    names = [*((one, "") for one in asked), *aliases]
    found = of_letters([one for one, _ in names])
    for (one, of_whom), candidates in zip(names, found, strict=True):
        for other in candidates:
            likeness = _names_alike(one, other)
            if likeness:
                score = likeness.score - (BY_ALIAS if of_whom else 0)
                note(one.but, other, of_whom or likeness.why, score)
    for pk, other, why, score in _linked(asked, bodies):
        note(pk, other, why, score)
    return {
        pk: sorted(found.values(), key=lambda one: (-one.score, one.sign_on.pk))
        for pk, found in best.items()
    }


def _names_alike(asked: Asked, other: SignOn) -> Alike | None:
    found = alike(taken_apart(asked.name), taken_apart(other.listed_name))
    domain = keys.domain_of(asked.website)
    if domain and domain == keys.domain_of(other.website):
        return found or Alike(SAME_WEBSITE, BY_WEBSITE)
    return found


def _bodies(
    sign_ons: Sequence[SignOn], asked: Sequence[Asked]
) -> dict[int, dict[Organisation, tuple[str, float]]]:
    """For each sign-on the organisations that it is linked to or looks like: why, and how much."""
    bodies: dict[int, dict[Organisation, tuple[str, float]]] = {one.pk: {} for one in sign_ons}
    registry = [Asked(one.name, one.website) for one in asked]
    for one, likenesses in zip(asked, _like(registry), strict=True):
        for found in likenesses:
            why = f"looks like “{found.organisation}”: {found.why}"
            bodies[one.but][found.organisation] = why, found.score - BY_ALIAS
    links = SignOnOrganisation.objects.filter(sign_on__in=list(bodies))
    for link in links.select_related("organisation"):
        bodies[link.sign_on_id][link.organisation] = SAME_BODY, 1.0
    return bodies


def _linked(
    asked: Sequence[Asked], bodies: dict[int, dict[Organisation, tuple[str, float]]]
) -> list[tuple[int, SignOn, str, float]]:
    """(sign-on, another of its letter, why, score), where the other is linked to what it may be."""
    links = SignOnOrganisation.objects.filter(
        organisation__in={body.pk for found in bodies.values() for body in found},
        letter__in={one.letter for one in asked},
        sign_on__status__in=STANDING,
    ).select_related("sign_on")
    linked: dict[tuple[int | None, int], list[SignOn]] = defaultdict(list)
    for link in links:
        linked[link.letter_id, link.organisation_id].append(link.sign_on)
    return [
        (one.but, other, why, score)
        for one in asked
        for body, (why, score) in bodies[one.but].items()
        for other in linked[one.letter, body.pk]
    ]
