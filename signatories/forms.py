"""The form by which an organisation signs: it reads what was typed, and knows no database."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout, Submit
from django import forms
from django.utils.html import format_html

from signatories.cleaning import clean_email, clean_organisation, clean_website, person_line
from signatories.editions.schema import FrozenLetter
from signatories.fields import CountryField, LineField, TextNumberField
from signatories.proof import Challenge

PRIVATE = "Your name, title and e-mail go to the coordinators only; they are not published."


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
            Div("subject", css_class="trap", aria_hidden="true"),
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
