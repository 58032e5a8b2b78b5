"""Linking a sign-on to the organisations of the registry that sign by it."""

from django.db import IntegrityError, transaction

from signatories.models import Organisation, SignOn, SignOnOrganisation
from signatories.services.bodies import organisation_named
from signatories.services.moving import Refused, lock


@transaction.atomic
def link(*, sign_on: SignOn, organisation: Organisation) -> None:
    """Raises Refused when they are linked already, or another of the letter is listed with it."""
    lock(sign_on)
    try:
        with transaction.atomic():
            SignOnOrganisation.objects.create(sign_on=sign_on, organisation=organisation)
    except IntegrityError as error:
        if "organisation_approved_once_in_a_letter" in str(error):
            raise Refused(f"“{organisation}” is listed on this letter already.") from error
        raise Refused(f"It is linked to “{organisation}” already.") from error


@transaction.atomic
def link_to_its_name(*, sign_on: SignOn) -> Organisation:
    """Link it to the organisation of its listed name, made if the registry has none.

    Raises Refused as `link` does.
    """
    there = lock(sign_on)
    organisation = organisation_named(there)
    link(sign_on=there, organisation=organisation)
    return organisation
