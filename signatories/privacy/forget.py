"""Forgetting: what a person left goes; that the organisation signed, and in what state, stays."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pgtrigger
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet
from django.utils import timezone

from campaign.mail import cap
from campaign.models import OutgoingMail
from signatories.models import Contact, Evidence, Hold, Question, SignOn
from signatories.services.evidence_files import remove_after_commit

#: Every table of the audit that knows a sign-on, and the column that names it.
EVENTS = {
    "SignOnEvent": "pgh_obj_id",
    "HoldEvent": "sign_on_id",
    "SignOnOrganisationEvent": "sign_on_id",
    "EvidenceEvent": "sign_on_id",
    "QuestionEvent": "sign_on_id",
}


def events_of(sign_ons: Collection[int] | OuterRef, model: str) -> QuerySet[Any]:
    events: Any = apps.get_model("signatories", model)
    column = EVENTS[model]
    which = column if isinstance(sign_ons, OuterRef) else f"{column}__in"
    found: QuerySet[Any] = events.objects.filter(**{which: sign_ons})
    return found


@contextmanager
def audit_opened() -> Iterator[None]:
    """Inside a transaction: the audit's own tables can be changed, which their triggers refuse.

    For the purge alone. `pgtrigger.ignore` would leave a session setting behind, which does not
    hold behind a pooler; this one ends with the transaction at the latest.
    """
    names = {
        trigger.get_pgid(model)
        for model, trigger in pgtrigger.registered()
        if trigger.name == "append_only"
    }
    _ignore(names)
    yield
    _ignore(set())  # after an error the transaction ends, and the setting with it


def _ignore(triggers: Collection[str]) -> None:
    with connection.cursor() as cursor:
        wanted = "{" + ",".join(sorted(triggers)) + "}"
        cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [wanted])


def forget_contacts(sign_ons: Collection[int]) -> None:
    """Contacts, the hash of their address, the evidence with its files, and what they were asked.

    Links in old mails stay valid, and so does that they were asked, by whom and when.
    """
    Contact.objects.filter(sign_on__in=sign_ons).delete()
    forget_files(Q(sign_on__in=sign_ons))
    Evidence.objects.filter(sign_on__in=sign_ons).delete()
    Question.objects.filter(sign_on__in=sign_ons).exclude(text="").update(text="")
    SignOn.objects.filter(pk__in=sign_ons).exclude(email_key="").update(email_key="")


def forget_files(which: Q) -> int:
    """The files of such evidence, off the disk once this is committed; returns how many."""
    with_file = Evidence.objects.filter(which).exclude(file="")
    names = dict(with_file.values_list("pk", "file"))
    remove_after_commit(names.values())
    return Evidence.objects.filter(pk__in=names).update(file="", file_type="")


def forget_reasons(sign_ons: Collection[int], about: Q | None = None) -> None:
    """What staff wrote in words of their own, also where the audit keeps it.

    `about` is what the reason must hold to be forgotten; without it, any is.
    """
    told = about if about is not None else ~Q(reason="")
    SignOn.objects.filter(told, pk__in=sign_ons).update(reason="")
    Hold.objects.filter(told, sign_on__in=sign_ons).update(reason="")
    with audit_opened():
        for model in ("SignOnEvent", "HoldEvent"):
            events_of(sign_ons, model).filter(told).update(reason="")


def forget_sign_on(sign_on: SignOn) -> None:
    """All of it, as if it had never come: for what was never confirmed, and may be a stranger's."""
    forget_sign_ons([sign_on.pk])


def forget_sign_ons(sign_ons: Collection[int]) -> None:
    """As forget_sign_on, of many at once.

    Of their mails there stays for a day that a mailbox was mailed, which the cap counts, and not
    why.
    """
    letters = SignOn.objects.filter(pk__in=sign_ons).values_list("letter", flat=True).distinct()
    about = OutgoingMail.objects.filter(
        letter__in=list(letters.order_by()), references__sign_on__in=sign_ons
    )
    pks = list(about.values_list("pk", flat=True))
    mails = OutgoingMail.objects.filter(pk__in=pks)
    # Of these alone: all that the cap counts may be very many.
    mails.exclude(pk__in=cap.counted(timezone.now()).filter(pk__in=pks)).delete()
    mails.update(references={}, address_key="")
    forget_files(Q(sign_on__in=sign_ons))
    LogEntry.objects.filter(
        content_type__app_label="signatories",
        content_type__model="signon",
        object_id__in=[str(pk) for pk in sign_ons],
    ).delete()
    SignOn.objects.filter(pk__in=sign_ons).delete()
    with audit_opened():
        for model in EVENTS:
            events_of(sign_ons, model).delete()
