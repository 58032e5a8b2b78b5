"""The mails that invite to sign: one short function each, with templates of the same name.

One mail may be about several organisations that have the same contact.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.conf import settings

from campaign.mail.rendered import Gone, RenderedMail, render_mail
from campaign.models import Letter, OutgoingMail, Wording
from campaign.models.mail import Withheld
from campaign.tokens import address_key
from signatories.editions.context import moment
from signatories.editions.freeze import rfc3339
from signatories.models import Contact, Invitation
from signatories.services.invitations import Standing, invitations_of, link_of
from signatories.services.signing import Person

#: What stands in place of a link where a mail is shown before it is sent.
NO_LINK = "/invitations/…each-gets-a-link-of-their-own…/"
#: Nobody is asked once more after these.
ANSWERED = {Standing.SIGNED, Standing.DECLINED}


@dataclass(frozen=True)
class Asked:
    """One organisation that is invited, by the name that staff know, with its link."""

    organisation: str
    link: str


@dataclass(frozen=True)
class Invited:
    """What a mail that invites is rendered from."""

    letter: Letter
    wording: Wording
    person: Person
    asked: list[Asked] = field(default_factory=list)
    message: str = ""


def about_invitations(mails: Sequence[OutgoingMail]) -> dict[int, Invited | Gone]:
    """What each of these mails is about, by its id: a few queries, and one more for each letter."""
    if not mails:
        return {}
    pks = [pk for mail in mails for pk in _invitations(mail)]
    standing: dict[int, str] = {}
    for letter in Letter.objects.filter(pk__in={mail.letter_id for mail in mails}):
        rows = invitations_of(letter).filter(pk__in=pks).order_by()
        standing |= dict(rows.values_list("pk", "standing"))
    contacts = {
        contact.invitation_id: contact
        for contact in Contact.objects.filter(invitation__in=pks)
        .select_related("invitation__organisation", "invitation__batch")
        .prefetch_related("invitation__letter__current_text__wordings")
    }
    return {mail.pk: _about(mail, contacts, standing) for mail in mails}


def _invitations(mail: OutgoingMail) -> list[int]:
    found = mail.references.get("invitations", [])
    return [pk for pk in found if isinstance(pk, int)]


def _about(
    mail: OutgoingMail, contacts: dict[int | None, Contact], standing: dict[int, str]
) -> Invited | Gone:
    """Those whom the mail still has something to ask. A mail goes to no other address than it was
    queued for, as its link proves that.
    """
    asked: list[tuple[Contact, Invitation]] = []
    for pk in _invitations(mail):
        contact = contacts.get(pk)
        if contact is None or contact.invitation is None:
            continue
        same = not mail.address_key or address_key(contact.email) == mail.address_key
        if same and pk in standing and standing[pk] not in ANSWERED:
            asked.append((contact, contact.invitation))
    if not asked:
        return Gone("the invitation is answered, taken back, or for another address by now")
    contact, invitation = asked[0]
    letter = invitation.letter
    if letter.paused_at is not None and mail.kind in settings.MAIL_JOINS:
        return Gone("", Withheld.PAUSE)  # it was being sent as the pause began
    text = letter.current_text
    if not letter.accepts_sign_ons() or text is None:
        return Gone("the letter takes no sign-ons by now")
    return Invited(
        letter=letter,
        wording=next(one for one in text.wordings.all() if one.language == letter.language),
        person=Person(contact.name, contact.title, contact.email),
        asked=[
            Asked(one.organisation.display_name, settings.PUBLIC_URL + link_of(one))
            for _, one in asked
        ],
        message=invitation.batch.message,
    )


def invite(about: Invited) -> RenderedMail:
    return _render("invitation_invite", "Will you sign: {title}", [about])


def reminder(about: Invited) -> RenderedMail:
    return _render("invitation_reminder", "Reminder, will you sign: {title}", [about])


def passed_on(about: Invited) -> RenderedMail:
    return passed_on_several([about])


def passed_on_several(abouts: Sequence[Invited]) -> RenderedMail:
    """One mail in place of several to the same address, perhaps about several letters."""
    return _render("invitation_passed_on", "Passed on to you: {title}", abouts)


def preview(
    *, letter: Letter, wording: Wording, message: str, organisation: str, person: Person
) -> RenderedMail:
    """The mail that invites, as it will look, before there is an invitation."""
    asked = [Asked(organisation, settings.PUBLIC_URL + NO_LINK)]
    return invite(Invited(letter, wording, person, asked, message.strip()))


def _render(template: str, subject: str, abouts: Sequence[Invited]) -> RenderedMail:
    first = abouts[0]
    letter = first.letter
    closes = moment(rfc3339(letter.closes), letter.time_zone)
    context: dict[str, object] = {
        "title": first.wording.title,
        "person": first.person.name,
        "sender": letter.sender,
        "contact": letter.contact,
        "letter_url": settings.PUBLIC_URL + letter.path,
        "closes": closes["local"] if closes else "",
        "message": first.message,
        "several_letters": len({about.letter.pk for about in abouts}) > 1,
        "asked": [
            {"title": about.wording.title, "organisation": one.organisation, "link": one.link}
            for about in abouts
            for one in about.asked
        ],
    }
    return render_mail(
        template,
        context,
        to=first.person.email,
        subject=subject.format(title=first.wording.title),
        sender=letter.sender,
        reply_to=letter.contact,
    )
