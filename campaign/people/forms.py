"""What is typed to sign in, and to have a second factor."""

from django import forms
from django.utils.safestring import SafeString, mark_safe

#: What says the same of an account that is not there and of one whose password is another.
WRONG_PASSWORD = "User name and password do not go together. Please check both, and try again."  # noqa: S105
WRONG_CODE = (
    "That code is not right. Please type the one that the app shows now: "
    "each is good for half a minute, and only once."
)


class SignInForm(forms.Form):
    """`password` never comes back with the form; `username` stays as it was typed."""

    username = forms.CharField(
        label="User name",
        max_length=254,
        error_messages={"required": "Please type your user name."},
        widget=forms.TextInput(
            attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}
        ),
    )
    password = forms.CharField(
        label="Password",
        max_length=4096,
        strip=False,
        error_messages={"required": "Please type your password."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    """One field for both kinds of code: no script, and no keyboard of digits only."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        error_messages={"required": "Please type a code."},
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "size": 14}
        ),
    )


def too_many(seconds: int) -> SafeString:
    """When to try again, in whole minutes."""
    minutes = -(-seconds // 60)
    when = "a minute" if minutes == 1 else f"{minutes} minutes"
    return mark_safe(f"Too many attempts. Please try again in {when}.")  # noqa: S308 - a number
