"""What the page of one organisation shows around its form."""

from typing import Any

from django.apps import apps

from campaign.admin.trail import Entry, Step, context_of, trail_of
from signatories.models import Organisation, SignOnOrganisation
from signatories.models.organisation import NOTES_CHANGED
from signatories.services import registry
from signatories.services.similar import similar_to

#: Of sign-ons and chapters.
MOST_SHOWN = 100


def page_context(organisation: Organisation) -> dict[str, Any]:
    """For a fixed number of queries."""
    links = SignOnOrganisation.objects.filter(organisation=organisation)
    shown = list(
        links.select_related("sign_on", "sign_on__letter").order_by("-pk")[: MOST_SHOWN + 1]
    )
    chapters = list(organisation.chapters.order_by("name_key")[: MOST_SHOWN + 1])
    return {
        "links": shown[:MOST_SHOWN],
        "more_links": len(shown) > MOST_SHOWN,
        "chapters": chapters[:MOST_SHOWN],
        "more_chapters": len(chapters) > MOST_SHOWN,
        "merged_ones": list(organisation.merged.order_by("name_key")[:MOST_SHOWN]),
        "alike": similar_to(organisation),
        "same_names": registry.others_named(organisation),
        "otherwise": registry.listed_otherwise(organisation),
        "trail": trail(organisation),
    }


def trail(organisation: Organisation) -> list[Entry]:
    """Of the organisation, its notes (that they changed), and what was merged into it."""
    return trail_of(organisation, also=[*_notes(organisation), *_mergers(organisation)])


def _notes(organisation: Organisation) -> list[Step]:
    events: Any = apps.get_model("signatories", "OrganisationEvent")
    found = events.objects.filter(pgh_obj=organisation.pk, pgh_label=NOTES_CHANGED)
    return [
        Step(event.pgh_created_at, context_of(event), ["Notes changed"])
        for event in found.select_related("pgh_context").order_by("pgh_id")
    ]


def _mergers(organisation: Organisation) -> list[Step]:
    events: Any = apps.get_model("signatories", "MergerEvent")
    found = list(
        events.objects.filter(kept=organisation.pk).select_related("pgh_context").order_by("pgh_id")
    )
    names = Organisation.objects.in_bulk([event.merged_id for event in found])
    steps = []
    for event in found:
        name = names.get(event.merged_id, f"organisation {event.merged_id}")
        what = "was taken out again" if event.pgh_label == "delete" else "was merged into it"
        steps.append(Step(event.pgh_created_at, context_of(event), [f"“{name}” {what}"]))
    return steps
