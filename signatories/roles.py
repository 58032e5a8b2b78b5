"""Roles: the groups of staff that a site comes with, and the rights of each. The least that does.

A right is `<app>.<codename>`, as Django's `has_perm` takes it. A role that gets another right needs
a migration, which sets the groups anew. Administrators (superusers) may do everything.
"""

#: Reads letters and lists. Sees no contact, no mail, nothing that names a person.
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
    "signatories.export_contact",
    "signatories.add_import",
    "signatories.view_import",
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
#: Writes letters, and has nothing to do with those who sign them. Without the right to see
#: contacts, that to see evidence shows nothing.
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
#: By the name of the group.
ROLES = {"Viewer": VIEWER, "Moderator": MODERATOR, "Editor": EDITOR}
