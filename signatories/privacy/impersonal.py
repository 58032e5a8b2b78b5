"""The columns that hold nothing personal: ids, states, moments, and what is public anyway.

A new column comes here only if nobody can be told from it, by whatever a stranger or staff type.
"""

_EVENT = "pgh_id pgh_created_at pgh_label pgh_context_id pgh_obj_id id"
_LETTER = (
    "id slug state public_at language sender dateline running_header about opens closes time_zone "
    "paper accent asks_country asks_website delivered_at created_at default_group_id "
    "current_text_id closed_at contacts_kept_for paused_at"
)
_GROUP = "id key title position letter_id"
_ORGANISATION = "id display_name name_key sort_as aliases website country created_at parent_id"
_SIGN_ON = (
    "id country status source language epoch confirm_by created_at confirmed_at approved_at "
    "rejected_at withdrawn_at lapsed_at group_id letter_id wording_id"
)
_HOLD = "id kind placed_at lifted_at sign_on_id"
_IMPORT = (
    "id kind ignored approves changes leaves_out_wrong made_at confirmed_at counts undone_at "
    "undone_counts by_id letter_id undone_by_id"
)
_LINK = "id approved letter_id organisation_id sign_on_id"

IMPERSONAL = {
    "auth_group": "id name",
    "auth_group_permissions": "id group_id permission_id",
    "auth_permission": "id name content_type_id codename",
    "auth_user": "id is_superuser is_staff is_active date_joined",
    "auth_user_groups": "id user_id group_id",
    "auth_user_user_permissions": "id user_id permission_id",
    "campaign_group": _GROUP,
    "campaign_groupevent": f"{_EVENT} {_GROUP}",
    "campaign_letter": f"{_LETTER} unlisted_key",
    "campaign_letterevent": f"{_EVENT} {_LETTER}",
    # Ids of a sign-on and its contact, a random Message-ID, and an error's class and code.
    "campaign_outgoingmail": "id kind references language message_id state attempts not_before "
    "claimed_until problem created_at sent_at letter_id withheld_for slow unsure unanswered "
    "first_failed_at sent_with_id provider_id bounce bounced_at",
    "campaign_outbox": "id rests_until rests problem",
    "campaign_counted": "count ends",
    "campaign_spent": "key ends",
    "campaign_suppression": "id reason since mail_id",
    "campaign_scheduledbackup": "id made_at file size lease_owner lease_expires_at failed_at "
    "failures problem",
    "campaign_publication": "id wanted wanted_at published lease_owner lease_expires_at fence "
    "failed_at failures problem letter_id",
    "campaign_text": "id number change note fixed_at created_at letter_id",
    "campaign_wording": "id language title addressee cc salutation body closing source sha256 "
    "text_id",
    # The message names fields, never what is in them.
    "django_admin_log": "id action_time object_id action_flag change_message content_type_id "
    "user_id",
    "django_content_type": "id app_label model",
    "django_migrations": "id app name applied",
    "django_session": "session_key expire_date",
    "pghistory_context": "id created_at updated_at",
    "signatories_contact": "id created_at sign_on_id",
    "signatories_edition": "id number digest content_digest frozen_at live_at complete_at "
    "letter_id",
    "signatories_evidence": "id added_at added_by_id sign_on_id",
    "signatories_hold": _HOLD,
    "signatories_holdevent": f"{_EVENT} {_HOLD}",
    "signatories_contactexport": "id at count file_format by_id letter_id",
    # Headings that were left out; numbers; who, as an id; a problem names columns, not cells.
    "signatories_import": f"{_IMPORT} wish wished_at wished_by_id seen problem",
    "signatories_importevent": f"{_EVENT} {_IMPORT}",
    "signatories_importedrow": "id number action left imported_id organisation_id sign_on_id",
    "signatories_organisation": _ORGANISATION,
    "signatories_organisationevent": f"{_EVENT} {_ORGANISATION}",
    "signatories_purgeclock": "id due_at",
    "signatories_purgerecord": "id at rule count by_id letter_id",
    # Signals are words of ours, such as "free mail".
    "signatories_refusal": "id limit outcome hour count letter_id",
    "signatories_signon": f"{_SIGN_ON} signals",
    "signatories_signonevent": f"{_EVENT} {_SIGN_ON}",
    "signatories_signonorganisation": _LINK,
    "signatories_signonorganisationevent": f"{_EVENT} {_LINK}",
}


def columns() -> set[str]:
    """As `table.column`."""
    return {f"{table}.{column}" for table, names in IMPERSONAL.items() for column in names.split()}
