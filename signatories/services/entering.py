"""Entering a sign-on that came by e-mail, post or telephone."""

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from campaign.models import Group, Letter
from campaign.tokens import address_key
from signatories.models import Contact, Evidence, SignOn
from signatories.models.sign_on import Source, Status
from signatories.services.moving import Refused, check_group
from signatories.services.naming import named
from signatories.services.signing import Person


@transaction.atomic
def enter(
    *,
    letter: Letter,
    group: Group,
    listed_name: str,
    evidence: str,
    added_by: User | None,
    person: Person | None = None,
    website: str = "",
    country: str = "",
) -> SignOn:
    """Enter a sign-on that came by e-mail, post or telephone, with the evidence; it is pending.

    Possible until the letter is delivered, also after closing. Raises Refused without words to
    sign, after delivery, or when the same is waiting already.
    """
    text = letter.current_text
    if text is None or text.fixed_at is None:
        raise Refused(f"“{letter.slug}” is not open yet: there is no text to sign.")
    if letter.delivered_at is not None:
        raise Refused(f"“{letter.slug}” has been delivered: its list is complete.")
    name = named(listed_name, website=website)
    check_group(group, letter)
    try:
        with transaction.atomic():
            sign_on = SignOn.objects.create(
                letter=letter,
                wording=text.wording_in(letter.language),
                group=group,
                **name,
                website=website,
                country=country,
                status=Status.PENDING,
                source=Source.STAFF,
                language=letter.language,
                email_key=address_key(person.email) if person else "",
            )
    except IntegrityError as error:
        raise Refused(f"“{name['listed_name']}” with this address is waiting already.") from error
    Evidence.objects.create(sign_on=sign_on, note=evidence, added_by=added_by)
    if person is not None:
        Contact.objects.create(
            sign_on=sign_on, name=person.name, title=person.title, email=person.email
        )
    return sign_on
