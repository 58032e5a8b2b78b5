"""Moving a sign-on: each move is one conditional UPDATE, refused in words for staff."""

from campaign.models import Group, Letter
from signatories.models import SignOn
from signatories.models.sign_on import Source, Status, sources_of
from signatories.services.telling import tell


class Refused(Exception):
    """A move that cannot be made; the message is for staff."""


def _gone(sign_on: SignOn) -> Refused:
    return Refused(f"“{sign_on.listed_name}” is gone: it was deleted meanwhile.")


def read_again(sign_on: SignOn) -> None:
    """Raises Refused when it was erased or purged since it was read."""
    try:
        sign_on.refresh_from_db()
    except SignOn.DoesNotExist as error:
        raise _gone(sign_on) from error


def lock(sign_on: SignOn) -> SignOn:
    """The row as it stands; whoever changes the same at this moment waits. Raises Refused."""
    there = SignOn.objects.select_for_update(of=("self",)).filter(pk=sign_on.pk).first()
    if there is None:
        raise _gone(sign_on)
    return there


def move(sign_on: SignOn, to: Status, *, by_link: bool = False, **stamps: object) -> None:
    """Put it into another state, with its moment and reason in `stamps`, and read it again.

    `by_link` says that a link in a mail is what authorises it. Raises Refused when it is not in a
    state that leads there, was deleted, or the link was replaced meanwhile.
    """
    rows = SignOn.objects.filter(pk=sign_on.pk, status__in=sources_of(to))
    if by_link:  # whose epoch was compared when the row was read, and may be another by now
        rows = rows.filter(epoch=sign_on.epoch)
    moved = rows.update(status=to, **stamps)
    read_again(sign_on)
    if not moved:
        raise Refused(
            f"“{sign_on.listed_name}” is {sign_on.get_status_display().lower()} already "
            f"or cannot become {to.label.lower()}."
            if sign_on.status != to
            else f"“{sign_on.listed_name}” is {to.label.lower()} already: somebody got there first."
        )


def check_group(group: Group, letter: Letter) -> None:
    """Raises Refused when the group is not one of the letter's."""
    if group.letter_id != letter.pk:
        raise Refused(f"The group “{group.title}” belongs to another letter.")


def tell_contacts(kind: str, sign_on: SignOn) -> None:
    """Tell the contacts, unless their address was typed into the form and never confirmed: it may
    be that of somebody who has never heard of this.
    """
    if may_be_told(sign_on):
        for contact in sign_on.contacts.all():
            tell(contact, sign_on, kind)


def may_be_told(sign_on: SignOn) -> bool:
    """Whether its contacts are known to have to do with it."""
    return sign_on.confirmed_at is not None or sign_on.source != Source.FORM
