"""A name as it is listed, and the keys to match it and to sort it by: always written together."""

from typing import TypedDict

from campaign.names import clean_name, name_key, sort_key
from signatories.matching import keys


class Named(TypedDict):
    """The columns of a sign-on that follow from its name."""

    listed_name: str
    name_key: str
    sort_as: str
    sort_key: bytes
    match_keys: list[str]


def named(listed_name: str, sort_as: str = "", website: str = "") -> Named:
    """What is kept of a name as it was typed; `sort_as` is by what it is sorted, if by another.

    `website` is the sign-on's, by which it is matched as well.

    Raises ValidationError for a name that cannot be listed.
    """
    listed_name = clean_name(listed_name)
    sort_as = clean_name(sort_as) if sort_as.strip() else ""
    return {
        "listed_name": listed_name,
        "name_key": name_key(listed_name),
        "sort_as": sort_as,
        "sort_key": sort_key(sort_as or listed_name),
        "match_keys": keys.kept([listed_name], website),
    }
