"""The columns of the list of sign-ons, some of which its page shows as well."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from signatories.models import SignOn
from signatories.services.signals import said


def lines(texts: Iterable[str]) -> SafeString:
    """Each in small print on a line of its own."""
    return format_html_join("", '<span class="sub">{}</span>', ((text,) for text in texts))


class SignOnColumns:
    """For an admin whose rows come from `SignOnList`."""

    @admin.display(description="Listed name", ordering="listed_name")
    def name(self, sign_on: Any) -> str:
        """With the organisations it is linked to, where these have other names, and signals."""
        bodies = [str(body) for body in sign_on.organisations.all()]
        return format_html(
            "{}{}{}{}",
            sign_on.listed_name,
            lines(body for body in bodies if body != sign_on.listed_name),
            format_html('<span class="alike">{}</span>', "Possible duplicate")
            if sign_on.looks_like_another
            else "",
            # Free-mail alone says little; on its page it is named.
            lines(said([name for name in sign_on.signals if name != "free-mail"])),
        )

    @admin.display(description="Status", ordering="status")
    def standing(self, sign_on: Any) -> str:
        holds = getattr(sign_on, "open_holds", None)
        if holds is None:
            holds = sign_on.holds.filter(lifted_at__isnull=True)
        held = format_html_join(
            "",
            '<span class="sub">On hold: {}</span>',
            ((hold.get_kind_display(),) for hold in holds),
        )
        return format_html(
            '<span class="state state-{}">{}</span>{}',
            sign_on.status,
            sign_on.get_status_display(),
            held,
        )

    @admin.display(description="Group, letter", ordering="group")
    def place(self, sign_on: SignOn) -> str:
        return format_html("{}{}", sign_on.group, lines([str(sign_on.letter)]))

    @admin.display(description="Age", ordering="created_at")
    def age(self, sign_on: SignOn) -> str:
        """Since it came, and since it was confirmed."""
        confirmed = sign_on.confirmed_at
        since = [f"confirmed {timesince(confirmed, depth=1)} ago"] if confirmed else []
        return format_html("{}{}", timesince(sign_on.created_at, depth=1), lines(since))

    @admin.display(description="Contact", empty_value="")
    def contact(self, sign_on: SignOn) -> str:
        return format_html_join(
            "",
            '{}<span class="sub">{}</span><span class="sub">{}</span>',
            ((contact.name, contact.title, contact.email) for contact in sign_on.contacts.all()),
        )

    @admin.display(description="", empty_value="")
    def buttons(self, sign_on: Any) -> str:
        return render_to_string("admin/signatories/signon/_buttons.html", {"sign_on": sign_on})

    @admin.display(description="Text that was signed")
    def signed_text(self, sign_on: SignOn) -> str:
        return f"{sign_on.wording.text}, {sign_on.wording.language}"
