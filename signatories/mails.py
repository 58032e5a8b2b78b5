"""The mails about sign-ons: one short function each, with templates of the same name."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.urls import reverse

from campaign.mail.rendered import Gone, RenderedMail, render_mail
from campaign.models import OutgoingMail, Text
from campaign.models.mail import Withheld
from campaign.tokens import address_key, make_token
from signatories.editions.context import moment
from signatories.editions.freeze import rfc3339
from signatories.models import Contact, Hold, Question, SignOn
from signatories.models.hold import HoldKind
from signatories.models.sign_on import CAME_TO_NOTHING, Status
from signatories.services import reaffirming
from signatories.services.asking import MANAGE, confirmation_token

#: What each mail tells of. Once the sign-on has moved on, it is not sent.
TELLS_OF = {
    "sign_on.confirm": Status.UNCONFIRMED,
    "sign_on.listed": Status.APPROVED,
    "sign_on.rejected": Status.REJECTED,
    "sign_on.withdrawn": Status.WITHDRAWN,
    "sign_on.reaffirm": Status.APPROVED,
}


@dataclass(frozen=True)
class About:
    """What a mail about a sign-on is rendered from."""

    sign_on: SignOn
    contact: Contact
    #: What staff ask, in that mail.
    question: str = ""
    #: For who is asked to re-affirm: the Texts since the one that was signed, oldest first.
    newer: Sequence[Text] = ()


def about(mails: Sequence[OutgoingMail]) -> dict[int, About | Gone]:
    """What each of these mails is about, by its id, in four queries; in one more with a question,
    and in two more, if any asks whether an organisation still signs.
    """
    # Letters and wordings are few and large: each is read once, not with every contact.
    contacts = (
        Contact.objects.select_related("sign_on")
        .prefetch_related("sign_on__letter", "sign_on__wording__text")
        .in_bulk([pk for mail in mails if isinstance(pk := mail.references.get("contact"), int)])
    )
    asked = [pk for mail in mails if isinstance(pk := mail.references.get("question"), int)]
    questions = dict(Question.objects.filter(pk__in=asked).values_list("pk", "text"))
    abouts: dict[int, About | Gone] = {mail.pk: _about(mail, contacts, questions) for mail in mails}
    return abouts | _asked([mail for mail in mails if mail.kind == reaffirming.KIND], abouts)


def _asked(
    mails: Sequence[OutgoingMail], abouts: dict[int, About | Gone]
) -> dict[int, About | Gone]:
    """Mails that ask whether they still sign, with what changed; none to who has answered."""
    there = {mail.pk: one for mail in mails if isinstance(one := abouts[mail.pk], About)}
    if not there:
        return {}
    sign_ons = [one.sign_on for one in there.values()]
    held = set(
        Hold.objects.filter(
            sign_on__in=sign_ons, kind=HoldKind.REAFFIRM, lifted_at__isnull=True
        ).values_list("sign_on", flat=True)
    )
    texts = list(Text.objects.filter(letter__in={s.letter_id for s in sign_ons}).order_by("number"))
    return {pk: _with_newer(one, held, texts) for pk, one in there.items()}


def _with_newer(about: About, held: set[int], texts: Sequence[Text]) -> About | Gone:
    sign_on = about.sign_on
    if sign_on.pk not in held:
        return Gone("it was answered by now")
    newer = [
        text
        for text in texts
        if text.letter_id == sign_on.letter_id and text.number > sign_on.wording.text.number
    ]
    return replace(about, newer=newer)


def _about(
    mail: OutgoingMail, contacts: dict[int, Contact], questions: dict[int, str]
) -> About | Gone:
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
    if mail.kind != "sign_on.question":
        return About(sign_on, contact)
    if sign_on.status in CAME_TO_NOTHING:
        return Gone(f"the sign-on is {sign_on.status} by now")
    question = questions.get(mail.references.get("question", 0), "")
    return About(sign_on, contact, question) if question else Gone("the question is gone")


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


def question(about: About) -> RenderedMail:
    return _render(
        "sign_on_question",
        "A question about your organisation's sign-on: {title}",
        about,
        question=about.question,
    )


def reaffirm(about: About) -> RenderedMail:
    """Asks whether they still sign: what changed is on the sign-on's own page."""
    return _render(
        "sign_on_reaffirm",
        "Does your organisation still sign? {title}",
        about,
        newer=about.newer,
        new_number=about.newer[-1].number if about.newer else about.sign_on.wording.text.number,
    )


def _link_to_confirm(sign_on: SignOn) -> dict[str, str]:
    link = reverse("signatories:confirm", args=[confirmation_token(sign_on)])
    until = moment(rfc3339(sign_on.confirm_by), sign_on.letter.time_zone)
    return {
        "link": settings.PUBLIC_URL + link,
        "link_valid_until": until["local"] if until else "",
    }


def _render(template: str, subject: str, about: About, **extra: object) -> RenderedMail:
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
