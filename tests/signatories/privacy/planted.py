"""A sign-on with a distinctive value in every column of it that holds personal data."""

from dataclasses import dataclass, field
from typing import Any

import pghistory
from django.contrib.auth.models import User
from django.utils import timezone

from campaign.models import Counted, Letter, OutgoingMail, Suppression
from campaign.tokens import address_key, keyed_hash
from signatories.models import Bulk, BulkItem, Invitation, Question, Refusal, SignOn
from signatories.models.bulk import BulkState, ItemState, Verb
from signatories.models.contact import EvidenceKind
from signatories.models.hold import HoldKind
from signatories.models.sign_on import Status
from signatories.services import invited, moderation
from signatories.services.evidence import add_evidence
from signatories.services.evidence_files import keep
from signatories.services.signing import Person
from signatories.services.telling import tell
from tests.factories import InvitationFactory, SignOnFactory, StaffFactory


@dataclass
class Planted:
    sign_on: SignOn
    person: Person
    #: Columns of the contact and what stands in them: nothing of it may be left.
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def letter(self) -> Letter:
        return self.sign_on.letter


def plant(letter: Letter, status: Status, tag: str = "", **values: Any) -> Planted:
    """Through the real verbs, with a mail that was sent, evidence, a hold and reasons."""
    person = Person(
        name=f"Zyxname{tag} Quuxling",
        title=f"Zyxtitle{tag} of Secrets",
        email=f"zyxaddress{tag}@planted.example",
    )
    staff: User = StaffFactory()
    sign_on = SignOnFactory(letter=letter, person=person, status=status, **values)
    contact = sign_on.contacts.get()
    note = f"zyxnote{tag}: mail of 3 May"
    file = keep(f"zyxfile{tag}: {note}".encode())
    add_evidence(sign_on=sign_on, kind=EvidenceKind.EMAIL, note=note, added_by=staff, file=file)
    question = f"zyxquestion{tag}: is this right?"
    Question.objects.create(sign_on=sign_on, text=question, asked_by=staff)
    with pghistory.context(user=staff.pk, action="staff"):
        if status == Status.APPROVED:
            moderation.place_hold(sign_on=sign_on, kind=HoldKind.BOARD, reason=f"zyxhold{tag}")
            moderation.lift_holds(sign_on=sign_on)
        elif status in {Status.REJECTED, Status.WITHDRAWN}:
            SignOn.objects.filter(pk=sign_on.pk).update(reason=f"zyxreason{tag}")
    tell(contact, sign_on, "sign_on.confirm")
    key = address_key(person.email)
    assert OutgoingMail.objects.filter(recipient_key=key, address_key=key).exists()
    # Each distinct, so that what stays through an erasure is not taken for the person's.
    kinds = ("client", "range", "refused", "counted", "suppressed")
    hashes = {kind: keyed_hash(kind, str(sign_on.pk)) for kind in kinds}
    SignOn.objects.filter(pk=sign_on.pk).update(
        client_key=hashes["client"], range_key=hashes["range"]
    )
    Suppression.objects.create(address_key=hashes["suppressed"], reason="permanent")
    now = timezone.now()
    Refusal.objects.create(
        letter=letter, limit="address", outcome="asked", range_key=hashes["refused"], hour=now
    )
    Counted.objects.create(key=hashes["counted"], ends=now)
    bulk = Bulk.objects.create(
        verb=Verb.REJECT, letter=letter, state=BulkState.DONE, ended_at=now, total=1, refused=1,
        reason=f"zyxbulk{tag}",
    )  # fmt: skip
    BulkItem.objects.create(
        bulk=bulk, sign_on=sign_on, state=ItemState.REFUSED, problem=f"zyxproblem{tag}"
    )
    sign_on.refresh_from_db()
    secrets = {
        "signatories_contact.name": person.name,
        "signatories_contact.title": person.title,
        "signatories_contact.email": person.email,
        "signatories_evidence.note": note,
        "signatories_evidence.file": file.name,
        "signatories_question.text": question,
        "signatories_signon.email_key": key,
        "campaign_outgoingmail.recipient_key": key,
        "campaign_outgoingmail.address_key": key,
        "campaign_suppression.recipient_key": hashes["suppressed"],
        "campaign_counted.key": hashes["counted"],
        "signatories_signon.client_key": hashes["client"],
        "signatories_signon.range_key": hashes["range"],
        "signatories_refusal.range_key": hashes["refused"],
        "signatories_bulk.reason": f"zyxbulk{tag}",
        "signatories_bulkitem.problem": f"zyxproblem{tag}",
    }
    if status == Status.APPROVED:
        secrets["signatories_hold.reason"] = secrets["signatories_holdevent.reason"] = (
            f"zyxhold{tag}"
        )
    elif status in {Status.REJECTED, Status.WITHDRAWN}:
        secrets["signatories_signon.reason"] = secrets["signatories_signonevent.reason"] = (
            f"zyxreason{tag}"
        )
    return Planted(sign_on, person, secrets)


@dataclass
class PlantedInvitation:
    invitation: Invitation
    person: Person
    secrets: dict[str, str] = field(default_factory=dict)


def plant_invitation(letter: Letter, tag: str = "", **values: Any) -> PlantedInvitation:
    """An invitation that was declined, with something distinctive wherever it is personal."""
    person = Person(
        name=f"Zyxguest{tag} Quuxling",
        title=f"Zyxguesttitle{tag} of Secrets",
        email=f"zyxguest{tag}@planted.example",
    )
    words = {
        "authority": f"zyxauthority {tag}: the meeting of 3 May",
        "message": f"zyxmessage {tag}: as we said on the telephone",
    }
    invitation = InvitationFactory(letter=letter, person=person, **words, **values)
    invited.decline(invitation=invitation, reason=f"zyxdecline {tag}: our board said no")
    invitation.refresh_from_db()
    return PlantedInvitation(
        invitation,
        person,
        {
            "signatories_contact.name": person.name,
            "signatories_contact.title": person.title,
            "signatories_contact.email": person.email,
            "signatories_invitation.authority": words["authority"],
            "signatories_invitation.decline_reason": invitation.decline_reason,
            "signatories_invitationbatch.message": words["message"],
            "campaign_outgoingmail.address_key": address_key(person.email),
        },
    )
