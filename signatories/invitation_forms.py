"""The forms behind a personal link: to sign, to pass it on, to say no."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Fieldset, Layout, Submit
from django import forms
from django.utils.html import format_html

from signatories.cleaning import clean_email, person_line
from signatories.editions.schema import FrozenLetter
from signatories.fields import LineField
from signatories.forms import PRIVATE, SignForm
from signatories.models.invitation import LONGEST_WORDS

OTHER_HELP = (
    "Leave it empty if {} is yours: then your signature counts at once. To another address we "
    "send one mail first, to confirm it."
)

#: A template of crispy forms. The address is put into it when it is rendered, never before: it may
#: hold braces, which would be read as part of the template.
INVITED = """
    {% if form.invited_email %}
      <dl class="facts">
        <dt>Your e-mail</dt>
        <dd>{{ form.invited_email }} <span class="aside">where our mail reached you</span></dd>
      </dl>
    {% endif %}
"""


class InvitedForm(SignForm):
    """The form by which an organisation signs, filled in with what the invitation knows.

    `cleaned_data["email"]` is the address of who signs: the one that was invited, unless another
    was given. Without `invited_email`, which may be deleted by now, one has to be given.
    """

    def __init__(
        self,
        data: Any = None,
        *,
        letter: FrozenLetter,
        text_number: int,
        invited_email: str,
        action: str,
        **options: Any,
    ) -> None:
        super().__init__(data, letter=letter, text_number=text_number, **options)
        self.invited_email = invited_email
        self.action = action
        # A trap for programs: those have no link.
        del self.fields["subject"]
        self.fields["organisation"].label = format_html(
            'Organisation, exactly as it should be listed. <span class="example">{}</span>',
            "Change it if it is not right.",
        )
        if invited_email:
            email = self.fields["email"]
            email.required = False
            email.label = format_html(
                'Another e-mail, if that is not yours <span class="optional">({})</span>',
                "optional",
            )
            email.help_text = OTHER_HELP.format(invited_email)

    def clean_email(self) -> str:
        return self.cleaned_data["email"] or self.invited_email

    @property
    def helper(self) -> FormHelper:
        about_it = [name for name in ("organisation", "country", "website") if name in self.fields]
        helper = FormHelper()
        helper.form_id = "sign-form"
        helper.disable_csrf = True  # no cookie: a foreign Origin is refused instead
        helper.form_action = self.action
        helper.attrs = {"novalidate": True}
        helper.layout = Layout(
            "text",
            HTML('<input type="hidden" name="action" value="sign">'),
            Fieldset("Your organisation", *about_it),
            Fieldset(
                "You, for the coordinators",
                HTML(f'<p class="private" id="private">{PRIVATE}</p>'),
                "contact_name",
                "contact_title",
                HTML(INVITED),
                "email",
                aria_describedby="private",
            ),
            "authorised",
            Submit("sign", "Sign for our organisation"),
        )
        return helper


def _helper(action: str, path: str, *layout: Any) -> FormHelper:
    helper = FormHelper()
    helper.disable_csrf = True
    helper.form_action = path
    helper.attrs = {"novalidate": True}
    helper.layout = Layout(HTML(f'<input type="hidden" name="action" value="{action}">'), *layout)
    return helper


class ColleagueForm(forms.Form):
    """To whom the invitation is passed on."""

    name = LineField(
        person_line("name"),
        label="Your colleague’s name",
        autocomplete="off",
        error_messages={"required": "Please give your colleague’s name."},
        widget=forms.TextInput(attrs={"dir": "auto", "spellcheck": "false"}),
    )
    title = LineField(
        person_line("title"),
        label="Their title",
        autocomplete="off",
        help_text="Their position in the organisation, such as Director.",
        error_messages={"required": "Please give their title, such as Director."},
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    email = LineField(
        clean_email,
        label="Their e-mail",
        autocomplete="off",
        help_text="We mail them a link of their own. Yours then ends.",
        error_messages={"required": "Please give their e-mail address."},
        widget=forms.EmailInput(
            attrs={"inputmode": "email", "spellcheck": "false", "autocapitalize": "none"}
        ),
    )

    def __init__(self, data: Any = None, *, action: str) -> None:
        super().__init__(data, auto_id="id_colleague_%s")
        self.action = action

    @property
    def helper(self) -> FormHelper:
        return _helper(
            "pass-on", self.action, "name", "title", "email", Submit("pass", "Pass it on")
        )


class DeclineForm(forms.Form):
    reason = forms.CharField(
        required=False,
        max_length=LONGEST_WORDS,
        label=format_html('Your reason <span class="optional">({})</span>', "optional"),
        help_text="Read by the coordinators only.",
        error_messages={"max_length": f"Your reason is longer than {LONGEST_WORDS} characters."},
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def __init__(self, data: Any = None, *, action: str) -> None:
        super().__init__(data, auto_id="id_decline_%s")
        # A browser shortens what is pasted into a field with a maxlength without a word.
        del self.fields["reason"].widget.attrs["maxlength"]
        self.action = action

    @property
    def helper(self) -> FormHelper:
        return _helper("decline", self.action, "reason", Submit("no", "We will not sign"))
