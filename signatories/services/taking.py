"""Writing what the form brings: a new sign-on, or a note on the one that is waiting already.

One statement for both, and it writes a row in either case, so that the commit waits for the disk
in either case. Were a double refused by the constraint, its transaction would be rolled back and
wait for nothing: the time of the answer would tell whether an address has signed (rule 8).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Exists, F, Func, OuterRef, Value

from campaign.letters import PAUSE_HOLDS
from signatories.models import Contact, SignOn
from signatories.models.sign_on import CONTACT_CHANGED, Status

# The second half is for sign_on_once_while_waiting, whose columns and condition it repeats. One
# that waits for its confirmation has the whole term again, within PAUSE_HOLDS of its beginning; on
# one that is confirmed staff see that somebody tried. `xmax` is 0 in a row that was inserted just
# now, and in no other.
_TAKE = """
    INSERT INTO signatories_signon AS waiting (
        letter_id, wording_id, group_id, listed_name, name_key, sort_as, sort_key, website, country,
        status, source, language, email_key, client_key, range_key, signals, epoch, confirm_by,
        reason, created_at, match_keys
    )
    VALUES (
        %s, %s, %s, %s, %s, '', %s, %s, %s,
        %s, %s, %s, %s, %s, %s, %s::varchar[], %s, %s,
        '', %s, %s::varchar[]
    )
    ON CONFLICT (letter_id, email_key, name_key)
        WHERE status IN ('unconfirmed', 'pending') AND NOT email_key = ''
    DO UPDATE SET
        confirm_by = CASE waiting.status
            WHEN 'unconfirmed' THEN least(
                excluded.confirm_by, greatest(waiting.confirm_by, waiting.created_at + %s))
            ELSE waiting.confirm_by END,
        signals = CASE
            WHEN waiting.status = 'pending' AND NOT 'again' = ANY (waiting.signals)
            THEN waiting.signals || '{again}' ELSE waiting.signals END
    RETURNING id, status, xmax = 0
"""


@dataclass(frozen=True)
class Taken:
    pk: int
    status: str
    #: False for a double: then the row is locked, and nothing of it is replaced yet.
    new: bool


def take(sign_on: SignOn, *, now: datetime) -> Taken:
    """Insert it, or note it on the one of this name and address that is waiting on the letter.

    Call it in a transaction.
    """
    values: list[Any] = [
        sign_on.letter_id, sign_on.wording_id, sign_on.group_id, sign_on.listed_name,
        sign_on.name_key, bytes(sign_on.sort_key), sign_on.website, sign_on.country,
        sign_on.status, sign_on.source, sign_on.language, sign_on.email_key,
        sign_on.client_key, sign_on.range_key, sign_on.signals, sign_on.epoch,
        sign_on.confirm_by, now, sign_on.match_keys, PAUSE_HOLDS,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        pk, status, new = cursor.fetchone()
    return Taken(pk, status, new)


def replace(sign_on: SignOn, *, name: str, title: str) -> Contact | None:
    """Put the words of `sign_on` into the row of its id, while that is unconfirmed.

    Whoever typed first decides nothing: the page that confirms shows what is there then. What
    staff have changed, of the sign-on or of its contact, stays as they put it, and a signal tells
    them that somebody tried. The address stays the one that was mailed: two that
    are alike to us need not be to a mail server. Returns the contact, its name and title replaced.
    """
    events: Any = apps.get_model("signatories", "SignOnEvent")
    by_staff = events.objects.filter(
        pgh_obj=OuterRef("pk"),
        pgh_label__in=["update", CONTACT_CHANGED],
        pgh_context__metadata__has_key="user",
    )
    replaced = SignOn.objects.filter(
        ~Exists(by_staff), pk=sign_on.pk, status=Status.UNCONFIRMED
    ).update(
        wording=sign_on.wording,
        listed_name=sign_on.listed_name,
        sort_key=sign_on.sort_key,
        match_keys=sign_on.match_keys,
        website=sign_on.website,
        country=sign_on.country,
        language=sign_on.language,
        client_key=sign_on.client_key,
        range_key=sign_on.range_key,
        signals=sign_on.signals,
    )
    if not replaced:
        tried = SignOn.objects.filter(pk=sign_on.pk, status=Status.UNCONFIRMED)
        tried.exclude(signals__contains=["again"]).update(
            signals=Func(F("signals"), Value("again"), function="array_append")
        )
    contact = Contact.objects.filter(sign_on=sign_on.pk).first()
    if contact is not None and replaced:
        contact.name, contact.title = name, title
        contact.save(update_fields=["name", "title"])
    return contact
