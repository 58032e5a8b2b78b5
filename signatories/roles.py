"""Roles: the groups of staff that a site comes with, and the rights of each. The least that does.

A right is `<app>.<codename>`, as Django's `has_perm` takes it. A role that gets another right needs
a migration, which sets the groups anew. Administrators (superusers) may do everything.
"""

from typing import Any

from django.contrib.auth import get_permission_codename

#: Reads letters and lists. Sees no contact, no mail, nothing that names a person.
VIEWER = [
    "campaign.view_letter",
    "campaign.view_group",
    "signatories.view_signon",
    "signatories.view_signonorganisation",
    "signatories.view_organisation",
    # Which organisations are invited, and how they stand; not whom in them.
    "signatories.view_invitation",
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
    "signatories.add_question",
    "signatories.view_question",
    "signatories.add_organisation",
    "signatories.change_organisation",
    "signatories.add_signonorganisation",
    "signatories.change_signonorganisation",
    "signatories.delete_signonorganisation",
    "signatories.add_invitation",
    "signatories.change_invitation",
    "campaign.view_outgoingmail",
    "signatories.view_refusal",
    "signatories.view_bulk",
    "signatories.change_bulk",
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

#: What each is for, as administrators read it where they choose.
SAYS = {
    "Viewer": "reads letters and lists; sees no contacts and no mails",
    "Moderator": "approves, corrects and enters sign-ons; sees who signed",
    "Editor": "writes, opens and closes letters; sees no contacts",
}


def set_roles(apps: Any, schema_editor: Any = None) -> None:
    """Give each role's group exactly the rights above, making what is not there yet.

    For migrations, so that a site has its roles before anybody signs in. `apps` is the migration's
    registry, or Django's own. Django makes content types and permissions only after all migrations;
    those made here are the same. A right of a model that comes with a later migration is left out:
    that one calls this again.
    """
    group_of = apps.get_model("auth", "Group").objects
    permission_of = apps.get_model("auth", "Permission").objects
    type_of = apps.get_model("contenttypes", "ContentType").objects
    known = _rights_of_models(apps)
    made = {}
    for right in sorted({right for rights in ROLES.values() for right in rights} & set(known)):
        app, codename = right.split(".")
        model, name = known[right]
        content_type, _ = type_of.get_or_create(app_label=app, model=model)
        made[right], _ = permission_of.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )
    for role, rights in ROLES.items():
        group, _ = group_of.get_or_create(name=role)
        group.permissions.set([made[right] for right in rights if right in made])


def _rights_of_models(apps: Any) -> dict[str, tuple[str, str]]:
    """Each right with its model, and with its name in words, as Django will make it."""
    found = {}
    for app in ("campaign", "signatories"):
        for model in apps.get_app_config(app).get_models():
            options = model._meta
            if options.proxy:
                continue
            usual = [
                (get_permission_codename(verb, options), f"Can {verb} {options.verbose_name_raw}")
                for verb in options.default_permissions
            ]
            for codename, name in [*usual, *options.permissions]:
                found[f"{app}.{codename}"] = (options.model_name, name)
    return found
