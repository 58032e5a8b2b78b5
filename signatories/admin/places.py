"""Where one can go from every page of the desk, to what is about sign-ons."""

from campaign.models import Letter
from campaign.places import Place
from signatories.models import SignOn
from signatories.models.sign_on import Status


def waiting() -> int:
    """How many sign-ons wait for staff. By letter, so that an index finds these alone."""
    return SignOn.objects.filter(letter__in=Letter.objects.all(), status=Status.PENDING).count()


PLACES = [
    Place(
        "Sign-ons",
        "signatories_signon_changelist",
        may="signatories.view_signon",
        position=20,
        within=("signatories_signon_",),
        number=waiting,
        counts="waiting for approval",
    ),
    Place(
        "Organisations",
        "signatories_organisation_changelist",
        may="signatories.view_organisation",
        position=30,
        within=("signatories_organisation_",),
    ),
    Place(
        "Refused and withheld",
        "panel",
        may="signatories.view_refusal",
        position=45,
        within=("letter-panel",),
    ),
]
