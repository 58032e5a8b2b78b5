"""Health, as probes ask for it: by whatever address the container has."""

import pytest
from django.db import OperationalError, connection
from django.test import Client


def test_a_process_that_answers_is_live_whatever_it_is_called(client: Client) -> None:
    response = client.get("/health/live", headers={"host": "10.1.2.3:8000"})
    assert response.status_code == 200


@pytest.mark.django_db
def test_it_is_ready_while_it_reaches_the_database(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/health/ready", headers={"host": "10.1.2.3:8000"}).status_code == 200

    def away() -> None:
        raise OperationalError

    monkeypatch.setattr(connection, "cursor", away)
    assert client.get("/health/ready").status_code == 503


def test_any_other_page_is_given_under_its_own_name_only(client: Client) -> None:
    assert client.get("/nowhere/", headers={"host": "10.1.2.3:8000"}).status_code == 400
