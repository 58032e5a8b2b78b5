"""The same body on other letters."""

from collections.abc import Collection

from django.db.models import Q

from signatories.models import Organisation, SignOn, SignOnOrganisation

#: The newest that are shown.
MOST = 10


def on_other_letters(sign_on: SignOn, linked: Collection[Organisation]) -> list[SignOn]:
    """Sign-ons of other letters by an organisation it is linked to, or under the same name.

    Newest first, with letter and state. `linked` are its organisations; where there are none, the
    one of its name or alias counts.
    """
    bodies = [organisation.pk for organisation in linked]
    if not bodies:
        same = Q(name_key=sign_on.name_key) | Q(aliases__contains=[sign_on.listed_name])
        bodies = list(Organisation.objects.filter(same).order_by().values_list("pk", flat=True))
    links = SignOnOrganisation.objects.filter(organisation__in=bodies)
    by_link = list(links.order_by("-pk").values_list("sign_on", flat=True)[: 5 * MOST])
    found = SignOn.objects.filter(Q(pk__in=by_link) | Q(name_key=sign_on.name_key))
    others = found.exclude(letter=sign_on.letter_id).select_related("letter")
    return list(others.order_by("-created_at", "-pk")[:MOST])
