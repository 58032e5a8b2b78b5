"""The columns that hold nothing personal: ids, states, moments, and what is public anyway.

A new column comes here only if nobody can be told from it, by whatever a stranger or staff type.
"""

_EVENT = "pgh_id pgh_created_at pgh_label pgh_context_id pgh_obj_id id"
_LETTER = (
    "id slug state public_at language sender dateline running_header about opens closes time_zone "
    "paper accent asks_country asks_website delivered_at created_at default_group_id "
    "current_text_id closed_at contacts_kept_for paused_at"
)
_DIGEST = "id wanted hour time_zone user_id"
_GROUP = "id key title position letter_id"
_ORGANISATION = (
    "id display_name name_key sort_as aliases website country created_at parent_id merged_into_id"
)
_MERGER = "id merged_at links doubled chapters aliases filled kept_id merged_id parent_id"
_SIGN_ON = (
    "id country status source language epoch confirm_by created_at confirmed_at approved_at "
    "rejected_at withdrawn_at lapsed_at group_id letter_id wording_id"
)
_ACCOUNT = "is_superuser is_staff is_active"
_DEVICE = "id name confirmed user_id throttling_failure_timestamp throttling_failure_count "
_DEVICE += "created_at last_used_at"
_HOLD = "id kind placed_at lifted_at sign_on_id"
_BULK = "id verb tell state created_at letter_id group_id by_id"
_EVIDENCE = "id kind file_type added_at added_by_id sign_on_id"
_QUESTION = "id asked_at asked_by_id sign_on_id"
_TEXT = "id number change note fixed_at created_at letter_id"
_WORDING = "id language title addressee cc salutation body closing sha256 text_id"
_IMPORT = (
    "id kind ignored approves changes leaves_out_wrong made_at confirmed_at counts undone_at "
    "undone_counts by_id letter_id undone_by_id"
)
_LINK = "id approved letter_id organisation_id sign_on_id"
_BATCH = "id created_at created_by_id letter_id"
_INVITATION = (
    "id pre_approved epoch invited_at reminders reminded_at passed_on passed_on_at other_addresses "
    "declined_at signed_at taken_back_at batch_id group_id invited_by_id letter_id organisation_id "
    "sign_on_id"
)

IMPERSONAL = {
    "auth_group": "id name",
    "auth_group_permissions": "id group_id permission_id",
    "auth_permission": "id name content_type_id codename",
    "auth_user": "id is_superuser is_staff is_active date_joined",
    "auth_user_groups": "id user_id group_id",
    "auth_user_user_permissions": "id user_id permission_id",
    "campaign_accountevent": f"{_EVENT} {_ACCOUNT}",
    "campaign_group": _GROUP,
    "campaign_groupevent": f"{_EVENT} {_GROUP}",
    "campaign_letter": f"{_LETTER} unlisted_key",
    "campaign_letterevent": f"{_EVENT} {_LETTER}",
    # Ids of a sign-on and its contact, or of an account, with the name of a mail; a random
    # Message-ID, and an error's class and code.
    "campaign_outgoingmail": "id kind references language message_id state attempts not_before "
    "claimed_until problem created_at sent_at letter_id withheld_for slow unsure unanswered "
    "first_failed_at sent_with_id provider_id bounce bounced_at",
    "campaign_outbox": "id rests_until rests problem",
    "campaign_counted": "count ends",
    # An account's wish and its id, as the contexts of the audit have it.
    "campaign_digest": f"{_DIGEST} next_at epoch",
    "campaign_digestday": "id day created_at user_id",
    "campaign_digestevent": f"{_EVENT} {_DIGEST}",
    "campaign_spent": "key ends",
    "campaign_suppression": "id reason since mail_id",
    "campaign_rightgivenevent": f"{_EVENT} user_id permission_id",
    "campaign_rolegivenevent": f"{_EVENT} user_id group_id",
    "campaign_scheduledbackup": "id made_at file size lease_owner lease_expires_at failed_at "
    "failures problem",
    "campaign_publication": "id wanted wanted_at published lease_owner lease_expires_at fence "
    "failed_at failures problem letter_id",
    "campaign_text": _TEXT,
    "campaign_textevent": f"{_EVENT} {_TEXT}",
    "campaign_wording": f"{_WORDING} source",
    "campaign_wordingevent": f"{_EVENT} {_WORDING}",
    "campaign_secondfactorevent": f"{_EVENT} user_id",
    "campaign_signinattempt": "id at account_id outcome count",
    # The message names fields, never what is in them.
    "django_admin_log": "id action_time object_id action_flag change_message content_type_id "
    "user_id",
    "django_content_type": "id app_label model",
    "django_migrations": "id app name applied",
    "django_session": "session_key expire_date",
    # Names of devices are ours.
    "otp_static_staticdevice": _DEVICE,
    "otp_static_statictoken": "id device_id",
    "otp_totp_totpdevice": f"{_DEVICE} step t0 digits tolerance drift last_t",
    "pghistory_context": "id created_at updated_at",
    "signatories_bulk": f"{_BULK} total done refused ended_at",
    "signatories_bulkevent": f"{_EVENT} {_BULK}",
    "signatories_bulkitem": "id state bulk_id sign_on_id",
    "signatories_contact": "id created_at sign_on_id invitation_id",
    "signatories_edition": "id number digest content_digest frozen_at live_at complete_at "
    "letter_id",
    "signatories_evidence": _EVIDENCE,
    "signatories_evidenceevent": f"{_EVENT} {_EVIDENCE}",
    "signatories_hold": _HOLD,
    "signatories_holdevent": f"{_EVENT} {_HOLD}",
    "signatories_merger": _MERGER,
    "signatories_mergerevent": f"{_EVENT} {_MERGER}",
    "signatories_organisation": f"{_ORGANISATION} search_key match_keys alike_to_id compared",
    "signatories_invitation": f"{_INVITATION} mail_id",
    "signatories_invitationevent": f"{_EVENT} {_INVITATION}",
    "signatories_invitationbatch": _BATCH,
    "signatories_invitationbatchevent": f"{_EVENT} {_BATCH}",
    "signatories_contactexport": "id at count file_format by_id letter_id",
    # Headings that were left out; numbers; who, as an id; a problem names columns, not cells.
    "signatories_import": f"{_IMPORT} wish wished_at wished_by_id seen problem",
    "signatories_importevent": f"{_EVENT} {_IMPORT}",
    "signatories_importedrow": "id number action left imported_id organisation_id sign_on_id",
    "signatories_organisationevent": f"{_EVENT} {_ORGANISATION}",
    "signatories_purgeclock": "id due_at",
    "signatories_purgerecord": "id at rule count by_id letter_id",
    "signatories_question": _QUESTION,
    "signatories_questionevent": f"{_EVENT} {_QUESTION}",
    # Signals are words of ours, such as "free mail".
    "signatories_refusal": "id limit outcome hour count letter_id",
    "signatories_signon": f"{_SIGN_ON} signals",
    "signatories_signonevent": f"{_EVENT} {_SIGN_ON}",
    "signatories_signonsbyday": "id first_day counts counted_from counted_at letter_id",
    "signatories_signonorganisation": _LINK,
    "signatories_signonorganisationevent": f"{_EVENT} {_LINK}",
}


def columns() -> set[str]:
    """As `table.column`."""
    return {f"{table}.{column}" for table, names in IMPERSONAL.items() for column in names.split()}
