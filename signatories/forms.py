"""The form by which an organisation signs: it reads what was typed, and knows no database."""

import re
import unicodedata
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout, Submit
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.html import format_html
from email_validator import EmailNotValidError, validate_email

from campaign.names import BIDI_OVERRIDES, INVISIBLE, clean_name
from signatories.countries import country_choices, is_country
from signatories.editions.schema import FrozenLetter
from signatories.proof import Challenge

LONGEST_LINE = 200  # characters, of the contact's name and title
LONGEST_EMAIL = 254  # RFC 5321, as the database holds it
LONGEST_WEBSITE = 200
LARGEST_TEXT_NUMBER = 2**31 - 1

#: Copied along from documents and web pages, at the ends of addresses above all.
STRAY = {*INVISIBLE, "\u200b", "\u200c", "\u200d", "\u200e", "\u200f"}

PRIVATE = "Your name, title and e-mail go to the coordinators only; they are not published."


class LineField(forms.CharField):
    """One typed line, cleaned by `clean_line`, never cut: there is no maxlength in the page.

    A browser shortens what is pasted into a field with a maxlength without a word.
    """

    def __init__(
        self, clean_line: Callable[[str], str], *, autocomplete: str, **options: Any
    ) -> None:
        super().__init__(**options)
        self.clean_line = clean_line
        # clean_line says it in words that name the field.
        self.validators = []
        self.widget.attrs["autocomplete"] = autocomplete

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        return self.clean_line(typed) if typed else typed


class CountryField(forms.ChoiceField):
    """All countries. The usual field would check and copy its 250 choices for every form."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=self._offered, **options)

    def __deepcopy__(self, memo: dict[int, Any]) -> "CountryField":
        # Not ChoiceField's, which copies the choices.
        copied: CountryField = forms.Field.__deepcopy__(self, memo)
        return copied

    def valid_value(self, value: str) -> bool:
        return is_country(value)

    @staticmethod
    def _offered() -> list[tuple[str, str]]:
        return [("", "No country chosen"), *country_choices()]


class ShownText(forms.BoundField):
    """The Text's number in the form when it is shown again.

    With errors it stays the one that was on the screen: what has changed since is shown once all
    else is right, and only then does the number become the current one.
    """

    def value(self) -> Any:
        form = self.form
        return form.cleaned_data["text"] if form.is_bound and form.errors else self.initial


class TextNumberField(forms.IntegerField):
    """The Text that was on the signer's screen; 0, never current, where it is unreadable."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> int:
        try:
            number = super().clean(value)
        except ValidationError:
            return 0
        return number if number and 0 < number <= LARGEST_TEXT_NUMBER else 0

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> ShownText:
        return ShownText(form, self, field_name)


def clean_organisation(value: str) -> str:
    """campaign.names.clean_name, its message under the name of the field."""
    try:
        return clean_name(value)
    except ValidationError as error:
        message = error.messages[0]
        if message.startswith("The name"):
            message = f"Organisation: the name{message.removeprefix('The name')}"
        raise ValidationError(message) from error


def person_line(what: str) -> Callable[[str], str]:
    """A reader of one line about a person; `what` is how messages call it: "name", "title"."""

    def clean(value: str) -> str:
        for character in value:
            if character in BIDI_OVERRIDES or unicodedata.category(character) in {"Cc", "Cs"}:
                raise ValidationError(
                    f"Your {what} holds a line break or another control character "
                    f"(U+{ord(character):04X}); please type it again on one line."
                )
        shown = "".join(c for c in value if c not in INVISIBLE)
        line = re.sub(r"\s+", " ", unicodedata.normalize("NFC", shown)).strip()
        if not any(unicodedata.category(c)[0] in "LN" for c in line):
            raise ValidationError(f"Please give your {what}, in letters.")
        if len(line) > LONGEST_LINE:
            raise ValidationError(
                f"Your {what} has {len(line)} characters; the longest allowed is {LONGEST_LINE}."
            )
        return line

    return clean


def _without_stray(value: str) -> str:
    return "".join(c for c in value if c not in STRAY).strip()


def clean_email(value: str) -> str:
    """The address with its domain in small letters. The mail itself shows whether it arrives."""
    address = _without_stray(value)
    try:
        # Mail to a local part outside ASCII needs SMTPUTF8, which few relays offer. Names under
        # .test pass for those who try an installation; nothing can be sent there by mistake.
        checked = validate_email(
            address, check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError as error:
        reason = str(error).replace("email", "e-mail")
        raise ValidationError(
            f"Your e-mail address cannot be right: {reason} One looks like name@example.org."
        ) from error
    if len(checked.normalized) > LONGEST_EMAIL:
        raise ValidationError(f"Your e-mail address has more than {LONGEST_EMAIL} characters.")
    return checked.normalized


def clean_website(value: str) -> str:
    """An http or https address; "example.org" becomes https://example.org."""
    wrong = "The website's address cannot be right. One looks like www.example.org."
    address = _without_stray(value)
    if any(unicodedata.category(character) == "Cc" for character in address):
        raise ValidationError(wrong)
    scheme, separator, rest = address.partition("://")
    if separator and scheme.lower() not in {"http", "https"}:
        raise ValidationError("The website's address must begin with https:// or http://.")
    address = f"{scheme.lower()}://{rest}" if separator else f"https://{address}"
    try:
        URLValidator(schemes=["http", "https"])(address)
        parts = urlsplit(address)
    except (ValidationError, ValueError) as error:
        raise ValidationError(wrong) from error
    if "@" in parts.netloc:
        raise ValidationError(f"{wrong} This looks like an e-mail address.")
    if "." not in (parts.hostname or ""):
        raise ValidationError(wrong)
    if len(address) > LONGEST_WEBSITE:
        raise ValidationError(
            f"The website's address has {len(address)} characters; "
            f"the longest allowed is {LONGEST_WEBSITE}. The home page is enough."
        )
    return address


def _text_input(**attributes: str) -> forms.TextInput:
    return forms.TextInput(attrs=attributes)


class SignForm(forms.Form):
    """What a signer fills in.

    `text_number` is the Text shown with this form. `cleaned_data["text"]` is the Text that was
    shown with the posted one, and 0 where that cannot be told; it is there even when other fields
    have errors. Without data the form is the same for everybody: it is part of an edition.
    """

    use_required_attribute = True

    organisation = LineField(
        clean_organisation,
        label=format_html(
            'Organisation, exactly as it should be listed. <span class="example">{}</span>',
            "Example: Mines Advisory Group (MAG).",
        ),
        autocomplete="organization",
        error_messages={"required": "Please give the name of the organisation."},
        widget=_text_input(dir="auto", spellcheck="false"),
    )
    country = CountryField(
        label=format_html('Country <span class="optional">({})</span>', "optional"),
        required=False,
        error_messages={"invalid_choice": "Please choose the country from the list."},
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    website = LineField(
        clean_website,
        label=format_html('Website <span class="optional">({})</span>', "optional"),
        required=False,
        autocomplete="url",
        help_text="Such as www.example.org. The listed name links to it.",
        widget=_text_input(inputmode="url", dir="ltr", spellcheck="false", autocapitalize="none"),
    )
    contact_name = LineField(
        person_line("name"),
        label="Your name",
        autocomplete="name",
        error_messages={"required": "Please give your name."},
        widget=_text_input(dir="auto", spellcheck="false"),
    )
    contact_title = LineField(
        person_line("title"),
        label="Your title",
        autocomplete="organization-title",
        help_text="Your position in the organisation, such as Programme Officer.",
        error_messages={"required": "Please give your title, such as Programme Officer."},
        widget=_text_input(dir="auto"),
    )
    email = LineField(
        clean_email,
        label="Your e-mail",
        autocomplete="email",
        help_text="We send one mail there now; the sign-on counts once you confirm it.",
        error_messages={"required": "Please give your e-mail address."},
        widget=forms.EmailInput(
            attrs={"inputmode": "email", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )
    authorised = forms.BooleanField(
        label="I am authorised to sign this letter for this organisation.",
        error_messages={
            "required": "Please tick that you are authorised to sign for the organisation. "
            "If you are not, please ask somebody who is."
        },
    )
    text = TextNumberField(required=False)
    #: A trap for programs that fill in whatever there is: people neither see nor reach it.
    subject = forms.CharField(
        required=False,
        label="Please leave this empty",
        widget=_text_input(autocomplete="off", tabindex="-1"),
    )

    def __init__(
        self, data: Any = None, *, letter: FrozenLetter, text_number: int, **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.letter = letter
        #: The challenge that comes with the form, near a limit.
        self.proof: Challenge | None = None
        self.fields["text"].initial = text_number
        if not letter["asks_country"]:
            del self.fields["country"]
        if not letter["asks_website"]:
            del self.fields["website"]

    @property
    def helper(self) -> FormHelper:
        about_it = [name for name in ("organisation", "country", "website") if name in self.fields]
        helper = FormHelper()
        helper.form_id = "sign-form"
        helper.disable_csrf = True  # no cookie: a foreign Origin is refused instead
        helper.form_action = f"{self.letter['path']}sign/"
        helper.attrs = {
            "novalidate": True
        }  # so that every error is said in our words, kept on screen
        helper.layout = Layout(
            "text",
            *self._hidden_of_proof(),
            Fieldset("Your organisation", *about_it),
            Fieldset(
                "You, for the coordinators",
                HTML(f'<p class="private" id="private">{PRIVATE}</p>'),
                "contact_name",
                "contact_title",
                "email",
                aria_describedby="private",
            ),
            "authorised",
            Div("subject", css_class="aside", aria_hidden="true"),
            Submit("sign", "Sign for our organisation"),
        )
        return helper

    def _hidden_of_proof(self) -> list[HTML]:
        if self.proof is None:
            return []
        field = '<input type="hidden" name="{}" value="{}">'
        return [
            HTML(format_html(field, "asked", self.proof.asked)),
            HTML(format_html(field, "proof", "")),
        ]
