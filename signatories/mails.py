"""The mails about sign-ons: one short function each, with templates of the same name."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from campaign.mail.rendered import Gone, RenderedMail, render_mail
from campaign.models import OutgoingMail
from campaign.models.mail import Withheld
from campaign.tokens import address_key, make_token
from signatories.editions.context import moment
from signatories.editions.freeze import rfc3339
from signatories.invitation_mails import Invited, about_invitations
from signatories.models import Contact, SignOn
from signatories.models.sign_on import Status
from signatories.services.asking import MANAGE, confirmation_token

#: What each mail tells of. Once the sign-on has moved on, it is not sent.
TELLS_OF = {
    "sign_on.confirm": Status.UNCONFIRMED,
    "sign_on.listed": Status.APPROVED,
    "sign_on.rejected": Status.REJECTED,
    "sign_on.withdrawn": Status.WITHDRAWN,
}


@dataclass(frozen=True)
class About:
    """What a mail about a sign-on is rendered from."""

    sign_on: SignOn
    contact: Contact


def about(mails: Sequence[OutgoingMail]) -> dict[int, About | Invited | Gone]:
    """What each of these mails is about, by its id, in a fixed number of queries."""
    asking = [mail for mail in mails if mail.kind.startswith("invitation.")]
    others = [mail for mail in mails if not mail.kind.startswith("invitation.")]
    return {**about_invitations(asking), **about_sign_ons(others)}


def about_sign_ons(mails: Sequence[OutgoingMail]) -> dict[int, About | Gone]:
    """In four queries; in none without mails."""
    if not mails:
        return {}
    # Letters and wordings are few and large: each is read once, not with every contact.
    contacts = (
        Contact.objects.select_related("sign_on")
        .prefetch_related("sign_on__letter", "sign_on__wording__text")
        .in_bulk([pk for mail in mails if isinstance(pk := mail.references.get("contact"), int)])
    )
    return {mail.pk: _about(mail, contacts) for mail in mails}


def _about(mail: OutgoingMail, contacts: dict[int, Contact]) -> About | Gone:
    contact = contacts.get(mail.references.get("contact", 0))
    if contact is None or contact.sign_on_id != mail.references.get("sign_on"):
        return Gone("the contact is gone")
    # What is joined for one address must not go to another, as staff gave the sign-on one. A mail
    # that the release before queued has no key of its address, and is joined by none.
    alone = mail.recipient_key and not mail.address_key
    another = address_key(contact.email) != mail.address_key
    if mail.kind in settings.MAIL_JOINS and another and not alone:
        return Gone("the contact has another address by now")
    sign_on = contact.sign_on
    if sign_on is None:  # which no mail about a sign-on meets
        return Gone("the contact is gone")
    if sign_on.status != TELLS_OF.get(mail.kind, sign_on.status):
        return Gone(f"the sign-on is {sign_on.status} by now")
    if mail.kind in settings.MAIL_JOINS and sign_on.letter.paused_at is not None:
        # It was being sent as the pause began.
        return Gone("", Withheld.PAUSE)
    return About(sign_on, contact)


def confirm(about: About) -> RenderedMail:
    return _render(
        "sign_on_confirm",
        "Confirm your organisation's sign-on: {title}",
        about,
        **_link_to_confirm(about.sign_on),
    )


def confirm_several(abouts: Sequence[About]) -> RenderedMail:
    """One mail in place of several to the same address, perhaps about several letters."""
    first = abouts[0].sign_on.letter
    context: dict[str, object] = {
        "sender": first.sender,
        "contact": first.contact,
        "count": len(abouts),
        "sign_ons": [
            {
                "title": about.sign_on.wording.title,
                "name": about.sign_on.listed_name,
                "letter_url": settings.PUBLIC_URL + about.sign_on.letter.path,
                **_link_to_confirm(about.sign_on),
            }
            for about in abouts
        ],
    }
    return render_mail(
        "sign_on_confirm_several",
        context,
        to=abouts[0].contact.email,
        subject=f"Confirm {len(abouts)} sign-ons",
        sender=first.sender,
        reply_to=first.contact,
    )


def listed(about: About) -> RenderedMail:
    return _render("sign_on_listed", "Your organisation is listed: {title}", about)


def rejected(about: About) -> RenderedMail:
    return _render("sign_on_rejected", "About your organisation's sign-on: {title}", about)


def withdrawn(about: About) -> RenderedMail:
    return _render("sign_on_withdrawn", "Your organisation's sign-on was withdrawn: {title}", about)


def _link_to_confirm(sign_on: SignOn) -> dict[str, str]:
    link = reverse("signatories:confirm", args=[confirmation_token(sign_on)])
    until = moment(rfc3339(sign_on.confirm_by), sign_on.letter.time_zone)
    return {
        "link": settings.PUBLIC_URL + link,
        "link_valid_until": until["local"] if until else "",
    }


def _render(template: str, subject: str, about: About, **extra: str) -> RenderedMail:
    sign_on = about.sign_on
    letter = sign_on.letter
    # The words that were signed: a stranger's typing must not stand in a subject.
    title = sign_on.wording.title
    manage = reverse("signatories:manage", args=[make_token(MANAGE, sign_on.pk, sign_on.epoch)])
    context: dict[str, object] = {
        "title": title,
        "name": sign_on.listed_name,
        "person": about.contact.name,
        "sender": letter.sender,
        "contact": letter.contact,
        "letter_url": settings.PUBLIC_URL + letter.path,
        "text_number": sign_on.wording.text.number,
        "reason": sign_on.reason,
        "manage_link": settings.PUBLIC_URL + manage,
        **extra,
    }
    return render_mail(
        template,
        context,
        to=about.contact.email,
        subject=subject.format(title=title),
        sender=letter.sender,
        reply_to=letter.contact,
    )
