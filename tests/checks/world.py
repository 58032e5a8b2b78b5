"""One of everything, with distinctive values wherever something is private."""

from dataclasses import dataclass, field

from django.utils import timezone

from campaign.digest.choosing import choose, stop_token
from campaign.models import (
    Digest,
    Letter,
    Outcome,
    OutgoingMail,
    Publication,
    ScheduledBackup,
    SignInAttempt,
)
from campaign.models.digest import Wanted
from campaign.people import attempts, links
from campaign.tokens import keyed_hash, make_token
from signatories.models import Bulk, ContactExport, Import, Organisation, PurgeRecord, SignOn
from signatories.models.bulk import Verb
from signatories.models.hold import HoldKind
from signatories.models.sign_on import Status
from signatories.privacy.table import CONTACTS, KEPT, NOBODY
from signatories.services import bulks, moderation
from signatories.services.asking import confirmation_token
from tests.factories import LetterFactory, StaffFactory
from tests.signatories.privacy.planted import Planted, PlantedInvitation, plant, plant_invitation

SEEN_BY = {kept.column: kept.seen_by for kept in KEPT}


@dataclass
class World:
    letter: Letter
    hidden: Letter
    draft: Letter
    invited: PlantedInvitation
    planted: dict[str, Planted] = field(default_factory=dict)

    def sign_on(self, which: str) -> SignOn:
        return self.planted[which].sign_on

    def secrets(self, *seen_by: str) -> set[str]:
        """What stands in columns that only these may see."""
        return {
            text
            for planted in (*self.planted.values(), self.invited)
            for column, text in planted.secrets.items()
            if SEEN_BY[column] in seen_by
        }

    @property
    def for_contacts(self) -> set[str]:
        return self.secrets(CONTACTS, NOBODY)

    @property
    def keys(self) -> set[str]:
        """Keyed hashes, which nobody sees."""
        return {keyed_hash("range", "attempt")} | {
            text for text in self.secrets(CONTACTS, NOBODY) if " " not in text
        } - {planted.person.email for planted in (*self.planted.values(), self.invited)}

    @property
    def not_public(self) -> dict[str, str]:
        """The names that only staff know, by what they are."""
        return {
            which: planted.sign_on.listed_name
            for which, planted in self.planted.items()
            if which != "approved"
        } | {"invited": str(self.invited.invitation.organisation)}

    def own(self, which: str) -> set[str]:
        """What the holder of a link sees of the sign-on, or the invitation, that it is about."""
        if which == "invited":
            person = self.invited.person
            # The address, too: the mail that holds the link went there.
            return {person.name, person.title, person.email, self.not_public["invited"]}
        person = self.planted[which].person
        return {self.sign_on(which).listed_name, person.name, person.title}

    def values(self) -> dict[str, str]:
        """What the matrix puts into a route."""
        return {
            "letter": str(self.letter.pk),
            "hidden": str(self.hidden.pk),
            "slug": self.letter.slug,
            "hidden_slug": self.hidden.slug,
            "draft": str(self.draft.pk),
            "key": self.letter.unlisted_key,
            "hidden_key": self.hidden.unlisted_key,
            "pending": str(self.sign_on("pending").pk),
            "evidence": str(self.sign_on("pending").evidence.get().pk),
            "approved": str(self.sign_on("approved").pk),
            "organisation": str(self.sign_on("approved").organisations.get().pk),
            "other_organisation": str(self.sign_on("hidden").organisations.get().pk),
            "mail": str(OutgoingMail.objects.latest("pk").pk),
            "publication": str(Publication.objects.get(letter=self.letter).pk),
            "backup": str(ScheduledBackup.objects.get().pk),
            "purge": str(PurgeRecord.objects.latest("pk").pk),
            "bulk": str(Bulk.objects.latest("pk").pk),
            "digest": stop_token(Digest.objects.get()),
            "attempt": str(SignInAttempt.objects.latest("pk").pk),
            "import": str(Import.objects.get(confirmed_at=None).pk),
            "imported": str(Import.objects.exclude(confirmed_at=None).get().pk),
            "taken": str(ContactExport.objects.get().pk),
            "user": str(StaffFactory(may=[]).pk),
            "link": links.path(StaffFactory(may=[])).split("/")[-2],
            "invitation": str(self.invited.invitation.pk),
            "invite": make_token(
                "invite", self.invited.invitation.pk, self.invited.invitation.epoch
            ),
            "confirm": confirmation_token(self.sign_on("unconfirmed")),
            "manage": make_token(
                "manage", self.sign_on("pending").pk, self.sign_on("pending").epoch
            ),
        }


def make_world() -> World:
    letter = LetterFactory(open=True, public=True, slug="seen")
    world = World(
        letter=letter,
        invited=plant_invitation(letter, "invited", name="Zyxbody Invited"),
        hidden=LetterFactory(open=True, slug="hidden"),
        draft=LetterFactory(slug="draft"),
    )
    for status in Status:
        name = f"Zyxbody {status.value.title()}"
        world.planted[status.value] = plant(world.letter, status, status.value, name=name)
    held = plant(world.letter, Status.APPROVED, "held", name="Zyxbody Held")
    moderation.place_hold(sign_on=held.sign_on, kind=HoldKind.CHALLENGE)
    world.planted["held"] = held
    world.planted["hidden"] = plant(
        world.hidden, Status.APPROVED, "hidden", name="Zyxbody Elsewhere"
    )
    ScheduledBackup.objects.create()
    PurgeRecord.objects.create(rule="erasure", letter=world.letter, count=1)
    everything = SignOn.objects.filter(letter=world.letter)
    bulks.begin(verb=Verb.WITHDRAW, sign_ons=everything, by=None, reason="Zyxbulk of all")
    choose(StaffFactory(), wanted=Wanted.DAILY, hour=8, time_zone="UTC")
    attempts.note(Outcome.PASSWORD, account=None, network=keyed_hash("range", "attempt"))
    Import.objects.create(
        kind="organisations",
        rows={"headings": ["organisation"], "lines": [{"number": 2, "cells": ["Zyxnew"]}],
              "warnings": []},
    )  # fmt: skip
    Import.objects.create(kind="organisations", confirmed_at=timezone.now())
    ContactExport.objects.create(count=1, file_format="csv")
    assert Organisation.objects.count() >= 3
    return world
