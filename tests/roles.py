"""Who comes to the site: nobody in particular, and staff by their role."""

from django.test import Client

from signatories.roles import EDITOR, MODERATOR, VIEWER
from tests.factories import StaffFactory

#: In the order of the columns of the matrix.
ROLES: dict[str, list[str] | None] = {
    "nobody": [],
    "viewer": VIEWER,
    "moderator": MODERATOR,
    "editor": EDITOR,
    "administrator": None,
}
SEES_CONTACTS = {"moderator", "administrator"}


def client_of(role: str, *, csrf: bool = False) -> Client:
    """A browser in which this role is signed in."""
    client = Client(enforce_csrf_checks=csrf)
    if role != "nobody":
        client.force_login(StaffFactory(may=ROLES[role]))
    return client
