"""Importing sign-ons onto a letter: as waiting for staff, or as approved."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from import_export.fields import Field

from campaign.models import Wording
from campaign.names import name_key, sort_key
from campaign.publication import want
from campaign.tokens import address_key
from signatories.countries import country_name
from signatories.imports import cells, known
from signatories.imports.cells import Cell
from signatories.imports.columns import CONTACT
from signatories.imports.resource import BATCH, FileResource, column
from signatories.models import Contact, Evidence, Import, Organisation, SignOn, SignOnOrganisation
from signatories.models.sign_on import Source, Status

ATTRIBUTES = [*CONTACT, "evidence_note"]


class SignOnResource(FileResource):
    named = "listed_name"
    changeable = ("group", "country", "website", "sort_as")

    organisation = Field("listed_name", "organisation", Cell(cells.name), saves_null_values=False)
    group = column("group", Cell(str))
    country = column("country", Cell(cells.country))
    website = column("website", Cell(cells.website))
    contact_name = column("contact_name", Cell(cells.of_contact("name")))
    contact_title = column("contact_title", Cell(cells.of_contact("title")))
    email = column("email", Cell(cells.email))
    evidence = Field("evidence_note", "evidence", Cell(cells.evidence), saves_null_values=False)
    sort_as = column("sort_as", Cell(cells.name))

    class Meta(FileResource.Meta):
        model = SignOn
        fields = ("organisation", "group", "country", "website", *CONTACT, "evidence", "sort_as")

    def __init__(self, imported: Import, wording: Wording) -> None:
        super().__init__(imported)
        assert imported.letter is not None  # noqa: S101 - a constraint says so
        self.letter, self.wording = imported.letter, wording
        groups = list(self.letter.groups.all())
        self.fields["group"].widget = Cell(cells.group_of(groups))
        self._default = next((g for g in groups if g.pk == self.letter.default_group_id), None)

    # Judging

    def look_up(self, keys: set[str]) -> None:
        self._present = known.sign_ons(self.letter, keys)
        self._bodies = known.organisations(keys, {cell.strip() for cell in self.keys})
        self._linked = known.linked(self.letter, {body.pk for body in self._bodies.values()})

    def identity(self, key: str) -> object:
        body = self._bodies.get(key)
        return body.pk if body else key

    def there(self, key: str, row: Any) -> tuple[Any, str]:
        for sign_on in self._present.get(key, []):
            said = f"“{sign_on}”, {STANDS[Status(sign_on.status)]}"
            if sign_on.status in {Status.APPROVED, Status.PENDING}:
                return sign_on, said
            if sign_on.status != Status.UNCONFIRMED or self._of_the_same(sign_on, row):
                return None, said
        body = self._bodies.get(key)
        other = self._linked.get(body.pk) if body else None
        if other is None:
            return None, ""
        stands = f"“{other}”, {STANDS[Status(other.status)]}"
        if body and body.name_key != key:
            return None, f"another name of “{body}”, for which stands {stands}"
        return None, f"{stands}, which is linked to “{body}”"

    def _of_the_same(self, sign_on: SignOn, row: Any) -> bool:
        """Anybody can type a name into the form; with the same address it is that sign-on."""
        try:
            email = self.fields["email"].widget.clean(row.get("email", ""))
        except ValueError:
            return False
        return bool(email) and address_key(email) == sign_on.email_key

    def init_instance(self, row: Any = None) -> SignOn:
        sign_on: Any = SignOn(letter=self.letter, wording=self.wording)
        for name in ATTRIBUTES:
            setattr(sign_on, name, "")
        return sign_on  # type: ignore[no-any-return]

    def check(self, instance: Any, row: Any, errors: dict[str, ValidationError]) -> None:
        if instance.group_id is None and "group" not in errors:
            if self._default is None:
                errors["group"] = ValidationError("The group is empty, and the letter has none.")
            instance.group = self._default
        given = [name for name in CONTACT if str(row.get(name, "")).strip()]
        if given:
            for name in set(CONTACT) - set(given):
                errors[name] = ValidationError(
                    "It is empty: a contact has a name, a title and an e-mail address."
                )

    def said(self, name: str, value: Any) -> str:
        return country_name(value) if name == "country" and value else super().said(name, value)

    # Writing

    def write(self) -> None:
        self._complete()
        made = [sign_on for _, sign_on in self.made]
        SignOn.objects.bulk_create(made, batch_size=BATCH)
        if self.imported.approves:
            self._link(made)
        self._add_evidence(made)
        Contact.objects.bulk_create(
            [
                Contact(
                    sign_on=one, name=one.contact_name, title=one.contact_title, email=one.email
                )
                for one in made
                if one.email
            ],
            batch_size=BATCH,
        )
        changed = [sign_on for _, sign_on, _ in self.changed]
        for sign_on in changed:
            sign_on.sort_key = sort_key(sign_on.sort_as or sign_on.listed_name)
        columns = [*self.changeable, "sort_key"]
        SignOn.objects.bulk_update(changed, columns, batch_size=BATCH)
        self.note("sign_on")
        if any(one.status == Status.APPROVED for one in [*made, *changed]):
            want(self.letter)

    def _complete(self) -> None:
        """What follows from the name, the address and the letter."""
        approved = self.imported.approves
        now = timezone.now()
        for _, sign_on in self.made:
            sign_on.name_key = name_key(sign_on.listed_name)
            sign_on.sort_key = sort_key(sign_on.sort_as or sign_on.listed_name)
            sign_on.email_key = address_key(sign_on.email) if sign_on.email else ""
            sign_on.status = Status.APPROVED if approved else Status.PENDING
            sign_on.approved_at = now if approved else None
            sign_on.source = Source.LIST
            sign_on.language = self.letter.language

    def _link(self, made: list[Any]) -> None:
        """Each to its organisation, as an approval does; those that are missing are made."""
        new = {
            one.name_key: Organisation(
                display_name=one.listed_name,
                name_key=one.name_key,
                website=one.website,
                country=one.country,
            )
            for one in made
            if one.name_key not in self._bodies
        }
        Organisation.objects.bulk_create(list(new.values()), batch_size=BATCH)
        bodies = {**self._bodies, **new}
        links = [SignOnOrganisation(sign_on=one, organisation=bodies[one.name_key]) for one in made]
        SignOnOrganisation.objects.bulk_create(links, batch_size=BATCH)
        numbers = {sign_on.name_key: number for number, sign_on in self.made}
        self.note_made("organisation", [(numbers[key], one) for key, one in new.items()])

    def _add_evidence(self, made: list[Any]) -> None:
        note, by = self.imported.note.strip(), self.imported.by
        Evidence.objects.bulk_create(
            [
                Evidence(
                    sign_on=one,
                    note="\n".join(filter(None, [one.evidence_note, note])),
                    added_by=by,
                )
                for one in made
            ],
            batch_size=BATCH,
        )


STANDS = {
    Status.APPROVED: "approved",
    Status.PENDING: "waiting for you",
    Status.WITHDRAWN: "withdrawn",
    Status.REJECTED: "rejected",
    Status.UNCONFIRMED: "not confirmed yet",
    Status.LAPSED: "lapsed",
}
