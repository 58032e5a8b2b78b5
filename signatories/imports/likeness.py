"""Names of a file that look like names that are there: pointed out, never in the way."""

from collections.abc import Collection

from campaign.models import Letter
from campaign.names import name_key
from signatories.services.similar import similar_names, similar_on

#: So many are shown for each.
MOST = 3


def alike(names: Collection[str], letter: Letter | None) -> dict[str, list[str]]:
    """By name, the names on the letter that are like it, or without a letter in the registry.

    Most alike first; the number of queries is bounded (signatories.services.similar).
    """
    if letter is None:
        found = similar_names(sorted(names))
        bodies = {name: one.organisation for name, one in found.items()}
        return {
            name: [str(body)] for name, body in bodies.items() if body.name_key != name_key(name)
        }
    on_letter = similar_on(letter, sorted(names))
    return {
        name: [one.sign_on.listed_name for one in others[:MOST]]
        for name, others in on_letter.items()
    }
