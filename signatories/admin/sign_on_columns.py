"""The columns of the list of sign-ons, some of which its page shows as well."""

from typing import Any

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.timesince import timesince

from signatories.models import SignOn


class SignOnColumns:
    """For an admin whose rows come from `SignOnList`."""

    @admin.display(description="Listed name", ordering="listed_name")
    def name(self, sign_on: Any) -> str:
        if not sign_on.looks_like_another:
            return str(sign_on.listed_name)
        return format_html('{}<span class="alike">Possible duplicate</span>', sign_on.listed_name)

    @admin.display(description="Organisation")
    def linked(self, sign_on: SignOn) -> str:
        return format_html_join(
            "", '<span class="sub">{}</span>', ((body,) for body in sign_on.organisations.all())
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

    @admin.display(description="Age", ordering="created_at")
    def age(self, sign_on: SignOn) -> str:
        return timesince(sign_on.created_at, depth=1)

    @admin.display(description="Confirmed", ordering="confirmed_at", empty_value="—")
    def confirmed(self, sign_on: SignOn) -> Any:
        return sign_on.confirmed_at

    @admin.display(description="Contact")
    def contact(self, sign_on: SignOn) -> str:
        return format_html_join(
            "",
            '{}<span class="sub">{}</span><span class="sub">{}</span>',
            ((contact.name, contact.title, contact.email) for contact in sign_on.contacts.all()),
        )

    @admin.display(description="")
    def buttons(self, sign_on: Any) -> str:
        return render_to_string("admin/signatories/signon/_buttons.html", {"sign_on": sign_on})

    @admin.display(description="Text that was signed")
    def signed_text(self, sign_on: SignOn) -> str:
        return f"{sign_on.wording.text}, {sign_on.wording.language}"
