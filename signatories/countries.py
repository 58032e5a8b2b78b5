"""Countries by their ISO 3166-1 alpha-2 code, under the names that people look for."""

from functools import cache

import pycountry

from campaign.names import sort_key


@cache
def _names() -> dict[str, str]:
    names = {
        country.alpha_2: getattr(country, "common_name", country.name)
        for country in pycountry.countries
    }
    return dict(sorted(names.items(), key=lambda item: sort_key(item[1])))


def country_choices() -> list[tuple[str, str]]:
    """(code, name) of each country, in the order of the names."""
    return list(_names().items())


def is_country(code: str) -> bool:
    """Whether ISO 3166-1 knows the code, in capitals."""
    return code in _names()


def country_name(code: str) -> str:
    """The name, or the code itself where ISO 3166-1 does not know it."""
    return _names().get(code.upper(), code)
