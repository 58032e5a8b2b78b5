"""The form of a sign-on that came by e-mail, post or telephone."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from campaign.admin.fields import LetterField
from campaign.models import Group, Letter
from campaign.models.letter import State
from signatories.admin.evidence import EvidenceFileField, KindField
from signatories.admin.sign_on_form import WebsiteField, countries, name_field
from signatories.admin.sign_on_queue import number
from signatories.cleaning import clean_email, person_line
from signatories.models import SignOn
from signatories.services import entering
from signatories.services.evidence_files import KeptFile
from signatories.services.naming import named
from signatories.services.signing import Person
from signatories.services.similar import similar


class CheckedField(forms.CharField):
    """A line that `check` brings into its form, when there is one."""

    def __init__(self, check: Callable[[str], str], **options: Any) -> None:
        super().__init__(required=False, **options)
        self.check = check

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        return self.check(typed) if typed else typed


CONTACT = ["contact_name", "contact_title", "email"]
#: Whether the organisation is asked to confirm.
ENOUGH, ASK = "enough", "ask"
CONFIRM = [
    (ENOUGH, "Their yes is evidence enough: it waits for your approval"),
    (ASK, "Ask the organisation to confirm by a link: it waits for them first"),
]


class EnterForm(forms.Form):
    letter = LetterField(Letter.objects.none())
    group = forms.ModelChoiceField(Group.objects.none())
    listed_name = name_field(label="Organisation, exactly as it should be listed")
    country = forms.ChoiceField(required=False, choices=countries)
    website = WebsiteField(required=False)
    kind = KindField()
    evidence = forms.CharField(
        label="How you know that they sign",
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text="Such as: e-mail of 3 May from the director, saying yes.",
        error_messages={"required": "Please note the evidence: who said yes, when, and how."},
    )
    file = EvidenceFileField()
    contact_name = CheckedField(
        person_line("name"),
        label="Contact's name",
        help_text="With a contact, the organisation is told by mail how it is listed. "
        "Never published.",
    )
    contact_title = CheckedField(person_line("title"), label="Contact's title")
    email = CheckedField(clean_email, label="Contact's e-mail")
    confirm = forms.ChoiceField(
        label="Confirmation",
        choices=CONFIRM,
        initial=ENOUGH,
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        chosen: str | None,
        group: str | None = None,
        with_contact: bool,
    ) -> None:
        letters = (
            Letter.objects.titled()
            .filter(state__in=[State.OPEN, State.CLOSED], delivered_at__isnull=True)
            .order_by("slug")
        )
        letter = letters.filter(pk=number(chosen) or 0).first()
        if letter is None and letters.count() == 1:
            letter = letters.first()
        default = letter.default_group_id if letter else None
        super().__init__(data, files, initial={"letter": letter, "group": number(group) or default})
        self._offer(letters, Group.objects.filter(letter__in=[letter] if letter else letters))
        if not with_contact:
            for name in [*CONTACT, "confirm"]:
                del self.fields[name]

    def _offer(self, letters: Any, groups: Any) -> None:
        letter_field, group_field = self.fields["letter"], self.fields["group"]
        assert isinstance(letter_field, forms.ModelChoiceField)  # noqa: S101
        assert isinstance(group_field, forms.ModelChoiceField)  # noqa: S101
        letter_field.queryset = letters
        group_field.queryset = groups.select_related("letter").order_by("letter__slug", "position")
        if self.initial["letter"] is None:
            titles = [
                (group.pk, f"{group.letter}: {group.title}") for group in group_field.queryset
            ]
            group_field.choices = [("", "---------"), *titles]

    def clean(self) -> dict[str, Any] | None:
        super().clean()
        letter, group = self.cleaned_data.get("letter"), self.cleaned_data.get("group")
        if letter and group and group.letter_id != letter.pk:
            self.add_error("group", f"This group is not of the letter “{letter}”.")
        given = [name for name in CONTACT if self.cleaned_data.get(name)]
        if given:
            for name in set(CONTACT) - set(given) - set(self.errors):
                self.add_error(name, "A contact has a name, a title and an e-mail address.")
        elif self.asks and "email" in self.fields and "email" not in self.errors:
            self.add_error("email", "To be asked to confirm, they need an e-mail address.")
        return self.cleaned_data

    @property
    def asks(self) -> bool:
        """Whether the organisation is asked to confirm."""
        return bool(self.cleaned_data.get("confirm") == ASK)

    def alike(self) -> list[SignOn]:
        """What is listed or waiting on the letter under a name like this; of a valid form."""
        data = self.cleaned_data
        try:
            name = named(data["listed_name"])
        except ValidationError:  # the field has said so
            return []
        return similar(SignOn(letter=data["letter"], group=data["group"], **name))

    def save(self, added_by: User, file: KeptFile | None) -> SignOn:
        """Raises Refused."""
        data = self.cleaned_data
        person = None
        if data.get("email"):
            person = Person(data["contact_name"], data["contact_title"], data["email"])
        return entering.enter(
            letter=data["letter"],
            group=data["group"],
            listed_name=data["listed_name"],
            evidence=data["evidence"],
            added_by=added_by,
            kind=data["kind"],
            file=file,
            person=person,
            confirm=self.asks,
            website=data["website"],
            country=data["country"],
        )
