"""Error pages speak to whom they are shown: a signer, or staff at the desk."""

import pytest
from django.db import OperationalError
from django.test import RequestFactory

from campaign.views.errors import failed, forbidden


@pytest.mark.parametrize(
    ("path", "heading", "not_said"),
    [
        ("/admin/campaign/letter/", "The database does not answer", "Signing is paused"),
        ("/sign-ons/confirm/1-x/", "Signing is paused for a moment", "The database"),
    ],
)
def test_while_the_database_is_away_nobody_looks_for_a_pause_that_nobody_pressed(
    rf: RequestFactory, path: str, heading: str, not_said: str
) -> None:
    try:
        raise OperationalError
    except OperationalError:
        response = failed(rf.post(path))
    page = response.content.decode()
    assert (response.status_code, response["Cache-Control"]) == (503, "no-store")
    assert heading in page
    assert not_said not in page


def test_who_lacks_a_right_is_not_told_of_another_site(rf: RequestFactory) -> None:
    assert "another site" not in forbidden(rf.get("/admin/")).content.decode()
    assert "another site" in forbidden(rf.post("/letters/ours/sign/")).content.decode()
