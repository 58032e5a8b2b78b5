"""Searching the list of sign-ons: by name, by organisation, by contact."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.text import smart_split, unescape_string_literal

from campaign.names import name_key
from signatories.models import Contact, SignOn, SignOnOrganisation


def found_by(queryset: QuerySet[SignOn], typed: str, *, contacts: bool) -> QuerySet[SignOn]:
    """Those that hold each of the words in their name or in that of an organisation they are linked
    to; with `contacts`, also in the name or address of a contact. Words in quotes are one.

    Names are compared by their keys, which have an index for parts of them. Each place is looked
    through by itself: joined, all four tables would be read whole, and twice.
    """
    for word in smart_split(typed):
        quoted = word[0] in "\"'" and word[-1] == word[0] and len(word) > 1
        queryset = queryset.filter(
            pk__in=_holding(unescape_string_literal(word) if quoted else word, contacts=contacts)
        )
    return queryset


def _holding(word: str, *, contacts: bool) -> QuerySet[Any]:
    key = name_key(word)
    places: list[QuerySet[Any]] = [
        SignOnOrganisation.objects.filter(organisation__name_key__contains=key).values("sign_on")
    ]
    if contacts:
        those = Q(name__icontains=word) | Q(email__icontains=word)
        places.append(Contact.objects.order_by().filter(those).values("sign_on"))
    own = SignOn.objects.order_by().filter(name_key__contains=key)
    return own.values("pk").union(*places, all=True)
