"""Factories of what tests need, built with the real verbs, so that no impossible row is made.

LetterFactory()                              a draft with a text and two groups
LetterFactory(open=True, public=True)        as signatories and readers meet it
SignOnFactory(letter=letter)                 waiting for staff, confirmed by its contact
SignOnFactory(letter=letter, status="approved", name="Mines Advisory Group (MAG)")
StaffFactory(), StaffFactory(role="Viewer"), StaffFactory(may=["signatories.view_signon"])
InvitationFactory(letter=letter, name="Mines Advisory Group (MAG)", pre_approved=True)
"""

import hashlib
from typing import Any

import factory
from django.apps import apps
from django.contrib.auth.models import Group as AuthGroup
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from factory.django import DjangoModelFactory

from campaign.letters import archive_letter, close_letter, make_public, open_letter
from campaign.models import Group, Letter, OutgoingMail
from campaign.names import name_key
from campaign.texts import Words, set_words
from signatories.models import Contact, Invitation, Organisation, SignOn
from signatories.models.sign_on import Status
from signatories.roles import set_roles
from signatories.services import confirming, inviting, moderation, signing
from signatories.services.invite_list import read_list
from signatories.services.signing import Person

WORDS = "ba de fi go hu ja ke li mo nu pa re si to vu wa ye zi"
SYLLABLES = WORDS.split()


def invented_name(number: int) -> str:
    """A name like no other: numbered names would all look like duplicates to trigrams."""
    digest = hashlib.sha256(str(number).encode()).digest()
    word = "".join(SYLLABLES[byte % len(SYLLABLES)] for byte in digest[:8])
    return f"{word[:8].title()} {word[8:].title()}"


class LetterFactory(DjangoModelFactory[Letter]):
    """`groups` are titles, the last is the default; `closed` and `archived` imply `open`."""

    class Meta:
        model = Letter

    slug = factory.Sequence(lambda n: f"letter-{n}")
    sender = "Coalition for Quiet Skies"
    contact = "coordinator@example.org"
    words = Words(
        title="Ban the noise now",
        addressee=["The Minister", "1 Ministry Square"],
        salutation="Dear Minister:",
        body="We ask you to act **now**.",
        closing="Regards,",
    )
    groups = ("Steering committee", "Partners")
    open = False
    closed = False
    archived = False
    public = False

    @classmethod
    def _create(cls, model_class: type[Letter], *args: Any, **values: Any) -> Letter:
        words, groups = values.pop("words"), values.pop("groups")
        archived = values.pop("archived")
        closed = values.pop("closed") or archived
        opened = values.pop("open") or closed
        public = values.pop("public")
        letter: Letter = super()._create(model_class, *args, **values)
        for position, title in enumerate(groups, 1):
            key = title.lower().replace(" ", "-")
            group = Group.objects.create(letter=letter, key=key, title=title, position=position)
            Letter.objects.filter(pk=letter.pk).update(default_group=group)
        if words is not None:
            set_words(letter, words)
        for wanted, verb in [
            (opened, open_letter),
            (public, make_public),
            (closed, close_letter),
            (archived, archive_letter),
        ]:
            if wanted:
                verb(letter)
        letter.refresh_from_db()
        return letter


class OrganisationFactory(DjangoModelFactory[Organisation]):
    class Meta:
        model = Organisation

    display_name = factory.Sequence(invented_name)
    name_key = factory.LazyAttribute(lambda made: name_key(made.display_name))


class SignOnFactory(DjangoModelFactory[SignOn]):
    """A sign-on brought to its `status` by the verbs; the mails that these queued are removed.

    `person` is its contact. `group` is the letter's default group unless it is given.
    """

    class Meta:
        model = SignOn

    letter = factory.SubFactory(LetterFactory, open=True, public=True)
    group = None
    name = factory.Sequence(invented_name)
    person = factory.Sequence(
        lambda n: Person(name=f"Jo Doe {n}", title="Director", email=f"jo{n}@example.org")
    )
    status = Status.PENDING
    website = ""
    country = ""

    @classmethod
    def _create(cls, model_class: type[SignOn], *args: Any, **values: Any) -> SignOn:
        letter: Letter = values["letter"]
        status = Status(values["status"])
        assert letter.current_text is not None
        signing.sign(
            letter=letter,
            wording=letter.current_text.wording_in(letter.language),
            group=values["group"] or letter.default_group,
            listed_name=values["name"],
            person=values["person"],
            website=values["website"],
            country=values["country"],
        )
        sign_on = SignOn.objects.latest("pk")
        if status == Status.LAPSED:
            SignOn.objects.filter(pk=sign_on.pk).update(confirm_by=timezone.now())
            confirming.lapse()
        elif status != Status.UNCONFIRMED:
            confirming.confirm(sign_on=sign_on, wording=sign_on.wording)
        if status == Status.APPROVED:
            moderation.approve(sign_on=sign_on)
        elif status == Status.REJECTED:
            moderation.reject(sign_on=sign_on, reason="A duplicate.", tell=False)
        elif status == Status.WITHDRAWN:
            moderation.withdraw(sign_on=sign_on)
        OutgoingMail.objects.filter(references__sign_on=sign_on.pk).delete()
        sign_on.refresh_from_db()
        return sign_on


class InvitationFactory(DjangoModelFactory[Invitation]):
    """One organisation that is invited, with the mail that asks it still to be sent."""

    class Meta:
        model = Invitation

    letter = factory.SubFactory(LetterFactory, open=True, public=True)
    name = factory.Sequence(invented_name)
    person = factory.Sequence(
        lambda n: Person(name=f"Ina Vited {n}", title="Director", email=f"ina{n}@example.org")
    )
    pre_approved = False
    message = ""
    authority = ""
    group = None

    @classmethod
    def _create(cls, model_class: type[Invitation], *args: Any, **values: Any) -> Invitation:
        letter, name, person = (values.pop(key) for key in ("letter", "name", "person"))
        line = "\t".join([name, person.name, person.email, person.title])
        rows = read_list(letter, line)
        assert [row.problem for row in rows] == [""]
        inviting.invite(letter=letter, rows=rows, by=StaffFactory(), **values)
        return Invitation.objects.latest("pk")


class ContactFactory(DjangoModelFactory[Contact]):
    """A further contact of a sign-on, which has one already."""

    class Meta:
        model = Contact

    sign_on = factory.SubFactory(SignOnFactory)
    name = factory.Sequence(lambda n: f"Kim Roe {n}")
    title = "Programme Officer"
    email = factory.Sequence(lambda n: f"kim{n}@example.org")


def role_group(role: str) -> AuthGroup:
    """The group that the migration has made; made anew where a test has emptied the tables."""
    if not AuthGroup.objects.filter(name=role).exists():
        set_roles(apps)
    return AuthGroup.objects.get(name=role)


class StaffFactory(DjangoModelFactory[User]):
    """A member of staff: an administrator, or one with a `role`, or with these permissions only."""

    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"staff{n}")
    is_staff = True

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **values: Any) -> User:
        role: str = values.pop("role", "")
        may: list[str] | None = values.pop("may", [] if role else None)
        user = User.objects.create_user(is_superuser=may is None, **values)
        if role:
            user.groups.add(role_group(role))
        for name in may or []:
            app, codename = name.split(".")
            user.user_permissions.add(
                Permission.objects.get(content_type__app_label=app, codename=codename)
            )
        return user
