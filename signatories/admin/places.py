"""Where one can go from every page of the desk, to what is about sign-ons."""

from django.db.models import Count, OuterRef, Subquery, Sum

from campaign.models import Letter
from campaign.places import Place
from signatories.models import SignOn
from signatories.models.sign_on import Status


def waiting() -> int:
    """How many sign-ons wait for staff. Letter by letter, so that an index finds these alone."""
    pending = SignOn.objects.filter(letter=OuterRef("pk"), status=Status.PENDING).order_by()
    of_letter = pending.values("letter").annotate(count=Count("*")).values("count")
    found = (
        Letter.objects.order_by().annotate(waiting=Subquery(of_letter)).aggregate(Sum("waiting"))
    )
    return found["waiting__sum"] or 0


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
