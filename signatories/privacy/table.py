"""The purge table: every column of the database that holds personal data, and how it goes.

tests/signatories/privacy/test_table.py asks the database for its columns: one that is neither here
nor in impersonal.py fails, so whoever adds a column says which it is. docs/privacy.md is held to
it, too.
"""

from dataclasses import dataclass

from signatories.privacy.aged import AGED
from signatories.privacy.import_rules import NOT_IMPORTED, OLD_IMPORTS
from signatories.privacy.invitation_rules import INVITED
from signatories.privacy.mail_rules import ERASED_MAILS
from signatories.privacy.rules import SESSIONS
from signatories.privacy.sign_on_rules import AFTER_LETTER, NEVER_CONFIRMED, NEVER_LISTED
from signatories.privacy.subject import ERASURE

#: Who may see it.
CONTACTS = "signatories.view_contact"
SIGN_ONS = "signatories.view_signon"
ACCOUNTS = "auth.view_user"
NOBODY = "nobody"
EVERYBODY = "everybody"

#: Not by the schedule: an administrator deletes the account, or changes the setting.
BY_HAND = "by hand"


@dataclass(frozen=True)
class Kept:
    """`purged_by` names the rules that empty the column: signatories.privacy.rules, or ERASURE."""

    column: str
    holds: str
    why: str
    until: str
    purged_by: tuple[str, ...]
    seen_by: str


_CONTACT = (NEVER_CONFIRMED.name, NEVER_LISTED.name, AFTER_LETTER.name, INVITED.name, ERASURE)
#: Of a sign-on only, never of an invitation.
_SIGNER = (NEVER_CONFIRMED.name, NEVER_LISTED.name, AFTER_LETTER.name, ERASURE)
_UNTIL = "months after delivery, as the letter says; 30 days if never listed"
_WORDS = "months after delivery, as the letter says"
_ACCOUNT = "as long as the account"


def _contact(column: str, holds: str, why: str, *, ways: tuple[str, ...] = _CONTACT) -> Kept:
    return Kept(column, holds, why, _UNTIL, ways, CONTACTS)


def _of_invitation(column: str, holds: str, why: str) -> Kept:
    return Kept(column, holds, why, _WORDS, (INVITED.name, ERASURE), CONTACTS)


def _words(column: str, holds: str) -> Kept:
    why = "staff and the signatory read why; it can name somebody"
    return Kept(column, holds, why, _WORDS, (AFTER_LETTER.name, ERASURE), SIGN_ONS)


def _account(column: str, holds: str, why: str, *, seen_by: str = ACCOUNTS) -> Kept:
    return Kept(column, holds, why, _ACCOUNT, (BY_HAND,), seen_by)


def _signature(column: str, holds: str) -> Kept:
    """The organisation's own; a stranger can type anything there, so it goes unless confirmed, and
    is erased on request.
    """
    why, until = "the signature itself", "as long as the letter; 30 days if never confirmed"
    return Kept(column, holds, why, until, (NEVER_CONFIRMED.name, ERASURE), SIGN_ONS)


def _hash(column: str, holds: str, why: str, *, erased: bool = True) -> Kept:
    """Of a column that rules.AGED empties, or a table whose rows it deletes."""
    table, _, field = column.partition(".")
    aged = next(
        aged
        for aged in AGED
        if aged.model.replace(".", "_").lower() == table and aged.column in {field, ""}
    )
    ways = (aged.rule().name, *([ERASURE] if erased else []))
    return Kept(column, holds, why, f"{aged.after.days} days", ways, NOBODY)


KEPT = [
    _contact("signatories_contact.name", "who signs, or is invited to",
             "to greet them, and to know who acted"),
    _contact("signatories_contact.title", "their title", "to judge whether they may sign"),
    _contact("signatories_contact.email", "their address",
             "to ask them, to confirm, and to tell them"),
    _contact("signatories_evidence.note", "how staff know", "a list that can be trusted",
             ways=_SIGNER),
    _contact("signatories_evidence.file", "the name of a file of evidence, which goes with it",
             "a list that can be trusted", ways=_SIGNER),
    _contact("signatories_question.text", "what staff asked", "the mail is made from it",
             ways=_SIGNER),
    _contact("signatories_signon.email_key", "keyed hash of the address", "to find a double",
             ways=_SIGNER),
    _of_invitation("signatories_invitation.authority", "why the invited may sign, as staff put it",
                   "a list that can be trusted"),
    _of_invitation("signatories_invitation.decline_reason", "why the invited will not sign",
                   "staff read why; it can name somebody"),
    _of_invitation("signatories_invitationbatch.message", "the coordinator's words in the mail",
                   "they stand in the mail; they can name somebody"),
    Kept("campaign_outgoingmail.recipient_key", "keyed hash of the mailbox", "a cap on mails",
         "30 days; after an erasure, a day after the mail",
         ("aged outgoingmail recipient_key", ERASED_MAILS.name, ERASURE), NOBODY),
    _hash("campaign_outgoingmail.address_key", "keyed hash of the address",
          "to join mails, and to leave it alone if it bounces"),
    # Kept through an erasure: it is what keeps mails away from the address.
    _hash("campaign_suppression.recipient_key", "keyed hash of an address that bounced or "
          "complained", "to leave it alone", erased=False),
    _hash("campaign_counted.key", "keyed hashes of networks and addresses, while Redis is away",
          "limits", erased=False),
    _hash("signatories_signon.client_key", "keyed hash of the client's address", "limits"),
    _hash("signatories_signon.range_key", "keyed hash of its network", "limits"),
    _hash("signatories_refusal.range_key", "keyed hash of a network", "limits", erased=False),
    _hash("campaign_signinattempt.network_key", "keyed hash of the network from which staff, or "
          "others in their name, tried to sign in", "limits; to see an attack", erased=False),
    Kept("signatories_import.rows", "a file of contacts or organisations, to be looked at",
         "to import it", "until it is imported; a day otherwise", (NOT_IMPORTED.name, ERASURE),
         CONTACTS),
    Kept("signatories_import.note", "who sent it, and when", "evidence of each sign-on in it",
         "until it is imported; a day otherwise", (NOT_IMPORTED.name, ERASURE), CONTACTS),
    Kept("signatories_import.file_name", "what it is called", "to know one import from another",
         "90 days; a day if it is not imported", (NOT_IMPORTED.name, OLD_IMPORTS.name, ERASURE),
         CONTACTS),
    Kept("signatories_importedrow.before", "how a sign-on was listed before it", "to undo it",
         "90 days", (OLD_IMPORTS.name,), SIGN_ONS),
    Kept("signatories_importedrow.after", "the same, after it", "to undo it", "90 days",
         (OLD_IMPORTS.name,), SIGN_ONS),
    _words("signatories_signon.reason", "why it was rejected or withdrawn"),
    _words("signatories_signonevent.reason", "the same, in the audit"),
    _words("signatories_hold.reason", "why it is held"),
    _words("signatories_holdevent.reason", "the same, in the audit"),
    Kept("signatories_bulk.reason", "why many were rejected or withdrawn at once",
         "staff read why; it can name somebody", "30 days", ("aged bulk reason", ERASURE),
         SIGN_ONS),
    Kept("signatories_bulkitem.problem", "why one was refused, with its listed name",
         "to decide on it", "30 days; with its sign-on", ("aged bulkitem", NEVER_CONFIRMED.name),
         SIGN_ONS),
    _signature("signatories_signon.listed_name", "the organisation, as listed"),
    _signature("signatories_signon.name_key", "the same, for matching"),
    _signature("signatories_signon.match_keys", "the same, and the website, for matching"),
    _signature("signatories_signon.sort_as", "the same, for its place"),
    _signature("signatories_signon.sort_key", "the same, for its place"),
    _signature("signatories_signon.website", "the organisation's website"),
    _signature("signatories_signonevent.listed_name", "the same, in the audit"),
    _signature("signatories_signonevent.sort_as", "the same, in the audit"),
    _signature("signatories_signonevent.website", "the same, in the audit"),
    Kept("signatories_organisation.notes", "what staff note about an organisation",
         "to know whom to ask; it can name somebody", "until staff take it out",
         (BY_HAND, ERASURE), CONTACTS),
    Kept("django_session.session_data", "a session of staff, signed", "to stay signed in",
         "until it ends, after 12 hours without use or 7 days", (SESSIONS.name,), NOBODY),
    Kept("campaign_letter.contact", "the coalition's address", "printed on the page",
         "as long as the letter", (BY_HAND,), EVERYBODY),
    Kept("campaign_letter.press_contact", "the coalition's address", "printed on the page",
         "as long as the letter", (BY_HAND,), EVERYBODY),
    Kept("signatories_edition.document", "what was public, those two included",
         "to show what was public when", "as long as the letter", (BY_HAND,), EVERYBODY),
    _account("auth_user.username", "staff", "to sign in"),
    _account("auth_user.password", "a salted hash", "to sign in", seen_by=NOBODY),
    _account("auth_user.first_name", "staff", "optional"),
    _account("auth_user.last_name", "staff", "optional"),
    _account("auth_user.email", "staff", "optional; to send them test mails"),
    _account("auth_user.last_login", "staff", "to find accounts that nobody uses"),
    _account("otp_totp_totpdevice.key", "the key of an app that shows codes",
             "to sign in with a second factor", seen_by=NOBODY),
    _account("otp_static_statictoken.token", "keyed hash of a recovery code",
             "to sign in without the app", seen_by=NOBODY),
    _account("django_admin_log.object_repr", "what staff changed; for accounts, the user name",
             "who did what"),
    _account("pghistory_context.metadata", "the id of who acted", "who did what", seen_by=SIGN_ONS),
]  # fmt: skip
