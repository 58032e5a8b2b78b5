"""Approving many sign-ons at once, in a few statements for all of them.

What moderation.approve promises of one holds for each: whoever changes the same waits, links are
those of the registry, the contact is told how it is listed, the audit has an event of each. Only
what is plain is done together. The rest goes through the verb for one, whose refusals are the same
wherever one approves.
"""

from collections.abc import Collection
from datetime import timedelta

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from campaign.letters import keep_text
from campaign.models import Letter
from campaign.models.letter import State
from campaign.publication import gathered, want
from signatories.models import Contact, SignOn, SignOnOrganisation
from signatories.models.sign_on import Status
from signatories.services import moderation, reaffirming
from signatories.services.bodies import organisations_named
from signatories.services.moving import may_be_told
from signatories.services.one_by_one import Refusals, gone, locked, one_by_one
from signatories.services.telling import tell_all

log = structlog.get_logger(__name__)


def approve_many(sign_ons: Collection[int], *, mail_after: timedelta = timedelta(0)) -> Refusals:
    """List the sign-ons with these ids, in one transaction; returns why which were refused.

    However many there are, it asks for one edition of each letter. Their contacts are mailed once
    `mail_after` has passed.
    """
    with transaction.atomic(), gathered():
        for letter in Letter.objects.filter(sign_ons__in=sign_ons).order_by("pk").distinct():
            keep_text(letter)
        there = locked(sign_ons)
        # Links that are there already decide what is plain; those of the registry are found next.
        bodies = _linked(there)
        unlinked = [one for one in there if one.pk not in bodies and _can_be_approved(one)]
        bodies |= {pk: {body} for pk, body in organisations_named(unlinked).items()}
        # Who signed older words is asked instead of told.
        older = reaffirming.signed_older_words_of(there)
        plain = _plain([one for one in there if one.pk not in older], bodies)
        try:
            with transaction.atomic():
                new = {one.pk for one in unlinked}
                pairs = [(one, bodies[one.pk] if one.pk in new else set()) for one in plain]
                _approve(pairs, mail_after=mail_after)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            # Somebody else listed one of the organisations at this moment, mostly.
            log.warning("sign_ons.not_approved_together", error=type(error).__name__)
            plain = []
        done = {one.pk for one in plain}
        rest = [one for one in there if one.pk not in done]
        refused = one_by_one(rest, lambda one: moderation.approve(sign_on=one))
        return refused | gone(sign_ons, there)


def _can_be_approved(sign_on: SignOn) -> bool:
    return sign_on.status == Status.PENDING and sign_on.letter.state != State.ARCHIVED


def _linked(sign_ons: Collection[SignOn]) -> dict[int, set[int]]:
    linked: dict[int, set[int]] = {}
    links = SignOnOrganisation.objects.filter(sign_on__in=sign_ons)
    for sign_on, body in links.values_list("sign_on", "organisation"):
        linked.setdefault(sign_on, set()).add(body)
    return linked


def _plain(sign_ons: Collection[SignOn], bodies: dict[int, set[int]]) -> list[SignOn]:
    """Those that nothing stands against: waiting, of bodies that are not on their letter yet."""
    listed = set(
        SignOnOrganisation.objects.filter(
            approved=True,
            letter__in={one.letter_id for one in sign_ons},
            organisation__in=set().union(*bodies.values()),
        ).values_list("letter", "organisation")
    )
    plain = []
    for one in sign_ons:
        theirs = {(one.letter_id, body) for body in bodies.get(one.pk, ())}
        if theirs and not theirs & listed and _can_be_approved(one):
            plain.append(one)
            listed |= theirs
    return plain


def _approve(sign_ons: Collection[tuple[SignOn, set[int]]], *, mail_after: timedelta) -> None:
    """Approve these, and link them to the bodies that are given with each.

    Raises IntegrityError when one of the bodies was listed on the letter meanwhile.
    """
    of_id = {one.pk: one for one, _ in sign_ons}
    if not of_id:
        return
    SignOn.objects.filter(pk__in=list(of_id), status=Status.PENDING).update(
        status=Status.APPROVED, approved_at=timezone.now()
    )
    # A link that is made after its sign-on is approved needs no event more for that.
    SignOnOrganisation.objects.bulk_create(
        SignOnOrganisation(sign_on=one, organisation_id=body)
        for one, theirs in sorted(sign_ons, key=lambda pair: min(pair[1], default=0))
        for body in sorted(theirs)
    )
    told = [pk for pk, one in of_id.items() if may_be_told(one)]
    contacts = Contact.objects.filter(sign_on__in=told)
    told_of = [(one, of_id[one.sign_on_id]) for one in contacts if one.sign_on_id]
    tell_all("sign_on.listed", told_of, after=mail_after)
    for letter in {one.letter_id: one.letter for one in of_id.values()}.values():
        want(letter)
