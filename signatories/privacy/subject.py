"""What is held about one person, told (GDPR, article 15) and erased (article 17) by the address."""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pghistory
from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from campaign.mail import cap
from campaign.models import OutgoingMail, SignInAttempt
from campaign.tokens import address_key, new_epoch
from signatories.cleaning import clean_email
from signatories.models import (
    Bulk,
    Contact,
    Evidence,
    Hold,
    Import,
    Organisation,
    Question,
    SignOn,
)
from signatories.models.sign_on import Source, Status
from signatories.privacy.forget import forget_files, forget_reasons, forget_sign_on
from signatories.privacy.invited import erase_invited, invitations_held, messages_held
from signatories.privacy.purge import record
from signatories.privacy.waiting_files import erase_rows, rows_with
from signatories.services import moderation

ERASURE = "erasure"
#: What stands in place of evidence that named the person.
ERASED = "Erased: it named somebody who asked for that."
#: Characters from which a name is looked for in what staff wrote.
SHORTEST_NAME = 5
#: Rows that know an address by its keyed hash only, with what is told of them.
BY_KEY: dict[str, list[str]] = {
    "campaign.OutgoingMail": ["kind", "state", "created_at", "sent_at", "problem", "bounce"],
    "campaign.Suppression": ["reason", "since"],
}


@dataclass(frozen=True)
class Person:
    """Everything that is found by one address."""

    address: str
    #: Of the exact address: at ada+team@ may be somebody else.
    keys: set[str]
    contacts: list[Contact]
    sign_ons: list[SignOn]

    @property
    def names(self) -> Q:
        """Where a note or reason names them: by the address, or by a name they gave."""
        return self.naming("reason")

    @property
    def notes(self) -> Q:
        return self.naming("note")

    def naming(self, column: str) -> Q:
        """Where what stands in this column names them."""
        return _holds(column, self._words())

    @property
    def files(self) -> Q:
        """Nobody can search in a file: those of their sign-ons, and where a note names them."""
        return Q(sign_on__in=self._ids()) | self.notes

    @property
    def questions(self) -> Q:
        """What they were asked, and where another was asked about them."""
        return Q(sign_on__in=self._ids()) | _holds("text", self._words())

    def _ids(self) -> list[int]:
        return [sign_on.pk for sign_on in self.sign_ons]

    @property
    def noted(self) -> Q:
        """As `notes`, of an organisation."""
        return _holds("notes", self._words())

    def without(self, notes: str) -> str:
        """The notes with ERASED in place of each line that names them."""
        words = [word.lower() for word in self._words()]
        lines = (
            ERASED if any(word in line.lower() for word in words) else line
            for line in notes.splitlines()
        )
        return "\n".join(lines)

    @property
    def file_names(self) -> Q:
        return _holds("file_name", self._words())

    def _words(self) -> set[str]:
        emails = {contact.email for contact in self.contacts}
        # A shorter name would be found inside other words.
        names = {contact.name for contact in self.contacts if len(contact.name) >= SHORTEST_NAME}
        return {self.address, *emails, *names}


def find(address: str) -> Person:
    """By the address as typed and as the form would have cleaned it, whatever its case."""
    address = address.strip()
    spellings = {address}
    # What the form would refuse today may have been taken once.
    with suppress(ValidationError):
        spellings.add(clean_email(address))
    keys = {address_key(spelling) for spelling in spellings}
    same = Q()
    for spelling in spellings:
        same |= Q(email__iexact=spelling)
    contacts = list(Contact.objects.filter(same).order_by("pk"))
    signed = [contact.sign_on_id for contact in contacts if contact.sign_on_id is not None]
    theirs = Q(email_key__in=keys) | Q(pk__in=signed)
    sign_ons = SignOn.objects.filter(theirs).select_related("letter").order_by("pk")
    return Person(address, keys, contacts, list(sign_ons))


def held(address: str) -> dict[str, Any]:
    """All that is held about the address, ready for JSON but for its moments."""
    person = find(address)
    accounts = User.objects.filter(email__iexact=person.address)
    return {
        "address": person.address,
        "at": timezone.now(),
        "contacts": [
            _told(contact, "sign_on_id", "invitation_id", "name", "title", "email", "created_at")
            for contact in person.contacts
        ],
        "sign_ons": [
            {
                "letter": sign_on.letter.slug,
                **_told(
                    sign_on,
                    "id",
                    "listed_name",
                    "website",
                    "country",
                    "status",
                    "source",
                    "reason",
                    "created_at",
                    "confirmed_at",
                    "approved_at",
                    "rejected_at",
                    "withdrawn_at",
                    "lapsed_at",
                ),
            }
            for sign_on in person.sign_ons
        ],
        "invitations": invitations_held(person.contacts, person.sign_ons, person.naming),
        "messages_that_name_it": messages_held(person.naming),
        "evidence": [
            _told(evidence, "sign_on_id", "kind", "note", "file_type", "added_at")
            for evidence in Evidence.objects.filter(person.files)
        ],
        "questions": [
            _told(question, "sign_on_id", "text", "asked_at")
            for question in Question.objects.filter(person.questions).exclude(text="")
        ],
        "notes_on_organisations": [
            _told(organisation, "id", "display_name", "notes")
            for organisation in Organisation.objects.filter(person.noted)
        ],
        "reasons_that_name_it": [
            _told(row, "pk", "reason")
            for model in (SignOn, Hold, Bulk)
            for row in model._default_manager.filter(person.names)
        ],
        "known_by_a_keyed_hash": {
            name: list(_by_key(name, person).values(*fields)) for name, fields in BY_KEY.items()
        },
        "files_to_be_imported": rows_with(person.address),
        "staff_accounts": list(
            accounts.values(
                "username", "last_login", "digest__wanted", "digest__hour", "digest__time_zone"
            )
        ),
        "attempts_to_sign_in": list(
            SignInAttempt.objects.filter(account__in=accounts).values("at", "outcome", "count")
        ),
    }


def is_nothing(found: dict[str, Any]) -> bool:
    """Whether what `held` returned names nothing but the address that was asked for."""
    rows = (value for key, value in found.items() if key not in {"address", "at"})
    return not any(any(v.values()) if isinstance(v, dict) else v for v in rows)


@transaction.atomic
def erase(address: str, *, withdraw: bool = False, by: int | None = None) -> int:
    """Erase the person behind an address; returns how many sign-ons and other rows were touched.

    The organisation's signature stays, unless `withdraw` takes it back with the person; what was
    never confirmed goes whole. Links in old mails end. Again it does nothing, and returns 0.
    """
    person = find(address)
    erased: Counter[int | None] = Counter()
    with pghistory.context(action=ERASURE):
        erased[None] += _erase_mails(person)
        for sign_on in person.sign_ons:
            erased[sign_on.letter_id] += 1
            _erase_from(sign_on, person, withdraw=withdraw)
        erased += erase_invited(person.contacts, person.naming)
        _erase_words(person, erased)
        erased[None] += erase_rows(person.address)
    record(ERASURE, erased, by=by)
    return erased.total()


def _erase_mails(person: Person) -> int:
    """The hashes go from every mail; what is still to be sent finds nobody, and is withheld.

    A suppression stays: it keeps mails away. So does, for a day, what the cap counts by: who asks
    for an erasure may be the victim of a mail bomb.
    """
    theirs = list(_by_key("campaign.OutgoingMail", person).values_list("pk", flat=True))
    mails = OutgoingMail.objects.filter(pk__in=theirs)
    touched = mails.exclude(recipient_key="", address_key="").count()
    mails.exclude(pk__in=cap.counted(timezone.now())).update(recipient_key="")
    mails.update(address_key="")
    return touched


def _erase_from(sign_on: SignOn, person: Person, *, withdraw: bool) -> None:
    if not SignOn.objects.select_for_update(of=("self",)).filter(pk=sign_on.pk).first():
        return  # erased by somebody else meanwhile
    sign_on.refresh_from_db()
    Contact.objects.filter(pk__in=[contact.pk for contact in person.contacts]).filter(
        sign_on=sign_on
    ).delete()
    never_confirmed = sign_on.source == Source.FORM and sign_on.confirmed_at is None
    if never_confirmed and not sign_on.contacts.exists():
        forget_sign_on(sign_on)
        return
    # The first contact's hash; another contact's stays.
    key = "" if sign_on.email_key in person.keys else sign_on.email_key
    SignOn.objects.filter(pk=sign_on.pk).update(
        email_key=key, client_key="", range_key="", epoch=new_epoch()
    )
    if withdraw and sign_on.status in {Status.PENDING, Status.APPROVED}:
        moderation.withdraw(sign_on=sign_on)


def _erase_words(person: Person, erased: Counter[int | None]) -> None:
    notes = Evidence.objects.filter(person.notes).select_related("sign_on")
    for evidence in notes:
        erased[evidence.sign_on.letter_id] += 1
    forget_files(person.files)
    Evidence.objects.filter(pk__in=[evidence.pk for evidence in notes]).update(note=ERASED)
    # A rejection that is still to be made would not be made without one.
    named_in_bulk = Bulk.objects.filter(person.names)
    erased[None] += named_in_bulk.update(reason=ERASED)
    questions = Question.objects.filter(person.questions).exclude(text="")
    for question in questions.select_related("sign_on"):
        erased[question.sign_on.letter_id] += 1
    questions.update(text="")
    noted = list(Organisation.objects.select_for_update(of=("self",)).filter(person.noted))
    erased[None] += len(noted)
    for organisation in noted:
        Organisation.objects.filter(pk=organisation.pk).update(
            notes=person.without(organisation.notes)
        )
    # Of a file, by whom it came, and what it is called.
    for column, names in (("note", person.notes), ("file_name", person.file_names)):
        erased[None] += Import.objects.filter(names).update(**{column: ""})
    # In the audit a reason may stand that the sign-on itself has lost since.
    named = {sign_on.pk for sign_on in person.sign_ons}
    named |= set(SignOn.objects.filter(person.names).values_list("pk", flat=True))
    named |= set(Hold.objects.filter(person.names).values_list("sign_on", flat=True))
    for model, sign_on_id in (("SignOnEvent", "pgh_obj_id"), ("HoldEvent", "sign_on_id")):
        events: Any = apps.get_model("signatories", model)
        named |= set(events.objects.filter(person.names).values_list(sign_on_id, flat=True))
    if named:
        forget_reasons(list(named), about=person.names)


def _by_key(name: str, person: Person) -> Any:
    model: Any = apps.get_model(name)
    found = Q(address_key__in=person.keys)
    if model is OutgoingMail:
        for contact in person.contacts:
            found |= Q(references__contact=contact.pk)
    return model.objects.filter(found)


def _holds(column: str, words: set[str]) -> Q:
    said = Q()
    for word in words:
        said |= Q(**{f"{column}__icontains": word})
    return said


def _told(row: Any, *fields: str) -> dict[str, Any]:
    return {field: getattr(row, field) for field in fields}
