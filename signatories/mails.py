"""The mails about sign-ons: one short function each, with templates of the same name."""

from django.conf import settings
from django.urls import reverse

from campaign.mail.rendered import NothingToSend, RenderedMail, render_mail
from campaign.models import OutgoingMail
from campaign.tokens import make_token
from signatories.editions.context import moment
from signatories.editions.freeze import rfc3339
from signatories.models import Contact, SignOn
from signatories.models.sign_on import Status
from signatories.services.signing import MANAGE, confirmation_token


def confirm(mail: OutgoingMail) -> RenderedMail:
    sign_on, contact = _about(mail)
    if sign_on.status != Status.UNCONFIRMED:
        raise NothingToSend(f"the sign-on is {sign_on.status} by now")
    link = reverse("signatories:confirm", args=[confirmation_token(sign_on)])
    until = moment(rfc3339(sign_on.confirm_by), sign_on.letter.time_zone)
    return _render(
        "sign_on_confirm",
        "Confirm your organisation's sign-on: {title}",
        sign_on,
        contact,
        link=settings.PUBLIC_URL + link,
        link_valid_until=until["local"] if until else "",
    )


def listed(mail: OutgoingMail) -> RenderedMail:
    sign_on, contact = _about(mail)
    if sign_on.status != Status.APPROVED:
        raise NothingToSend(f"the sign-on is {sign_on.status} by now")
    return _render("sign_on_listed", "Your organisation is listed: {title}", sign_on, contact)


def rejected(mail: OutgoingMail) -> RenderedMail:
    sign_on, contact = _about(mail)
    if sign_on.status != Status.REJECTED:
        raise NothingToSend(f"the sign-on is {sign_on.status} by now")
    return _render(
        "sign_on_rejected", "About your organisation's sign-on: {title}", sign_on, contact
    )


def withdrawn(mail: OutgoingMail) -> RenderedMail:
    sign_on, contact = _about(mail)
    if sign_on.status != Status.WITHDRAWN:
        raise NothingToSend(f"the sign-on is {sign_on.status} by now")
    return _render(
        "sign_on_withdrawn", "Your organisation's sign-on was withdrawn: {title}", sign_on, contact
    )


def _about(mail: OutgoingMail) -> tuple[SignOn, Contact]:
    contact = (
        Contact.objects.select_related("sign_on__letter__current_text", "sign_on__wording__text")
        .filter(pk=mail.references.get("contact"), sign_on=mail.references.get("sign_on"))
        .first()
    )
    if contact is None:
        raise NothingToSend("the contact is gone")
    return contact.sign_on, contact


def _render(
    template: str, subject: str, sign_on: SignOn, contact: Contact, **extra: str
) -> RenderedMail:
    letter = sign_on.letter
    # The words that were signed: a stranger's typing must not stand in a subject.
    title = sign_on.wording.title
    manage = reverse("signatories:manage", args=[make_token(MANAGE, sign_on.pk, sign_on.epoch)])
    context: dict[str, object] = {
        "title": title,
        "name": sign_on.listed_name,
        "person": contact.name,
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
        to=contact.email,
        subject=subject.format(title=title),
        sender=letter.sender,
        reply_to=letter.contact,
    )
