"""Who comes to the site: nobody in particular, and staff by their role."""

from django.test import Client

from tests.factories import StaffFactory

#: In the order of the columns of the matrix, with the name of the group that a migration has made.
ROLES: dict[str, str] = {
    "nobody": "",
    "viewer": "Viewer",
    "moderator": "Moderator",
    "editor": "Editor",
    "administrator": "",
}
SEES_CONTACTS = {"moderator", "administrator"}


def client_of(role: str, *, csrf: bool = False) -> Client:
    """A browser in which this role is signed in."""
    client = Client(enforce_csrf_checks=csrf)
    if role != "nobody":
        client.force_login(StaffFactory(role=ROLES[role]))
    return client
