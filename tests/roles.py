"""Who comes to the site: nobody in particular, and staff by what they may do.

The roles of the product, as groups, are still to come; until then they are defined here.
"""

from django.test import Client

from tests.factories import StaffFactory

VIEWER = [
    "campaign.view_letter",
    "campaign.view_group",
    "signatories.view_signon",
    "signatories.view_signonorganisation",
    "signatories.view_organisation",
]
#: Approves and corrects, and so sees who signed.
MODERATOR = [
    *VIEWER,
    "signatories.add_signon",
    "signatories.change_signon",
    "signatories.add_contact",
    "signatories.change_contact",
    "signatories.delete_contact",
    "signatories.view_contact",
    "signatories.add_evidence",
    "signatories.view_evidence",
    "signatories.add_organisation",
    "signatories.change_organisation",
    "signatories.add_signonorganisation",
    "signatories.change_signonorganisation",
    "signatories.delete_signonorganisation",
    "campaign.view_outgoingmail",
    "signatories.view_refusal",
]
#: Writes letters, and has nothing to do with those who sign them. Evidence is in the list on
#: purpose: without the right to see contacts it shows nothing.
EDITOR = [
    *VIEWER,
    "campaign.add_letter",
    "campaign.change_letter",
    "campaign.delete_letter",
    "campaign.add_group",
    "campaign.change_group",
    "campaign.delete_group",
    "campaign.view_publication",
    "signatories.view_refusal",
    "signatories.view_evidence",
]
#: In the order of the columns of the matrix.
ROLES: dict[str, list[str] | None] = {
    "nobody": [],
    "viewer": VIEWER,
    "moderator": MODERATOR,
    "editor": EDITOR,
    "administrator": None,
}
SEES_CONTACTS = {"moderator", "administrator"}


def client_of(role: str, *, csrf: bool = False) -> Client:
    """A browser in which this role is signed in."""
    client = Client(enforce_csrf_checks=csrf)
    if role != "nobody":
        client.force_login(StaffFactory(may=ROLES[role]))
    return client
