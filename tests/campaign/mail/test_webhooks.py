"""A provider's webhooks: only with the secret, only about mails of ours, without a cookie."""

import base64
import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from anymail.signals import EventType, RejectReason
from django.conf import settings as django_settings
from django.test import Client
from pytest_django.fixtures import Settings

from campaign.mail.tracking import bounce_of
from campaign.models import Letter, OutgoingMail, Suppression
from campaign.models.mail import Bounce, MailState
from tests.campaign.mail.servers import ask, run
from tests.servers import Sink

POSTMARK = "/mail/webhooks/postmark/tracking/"
SECRET = "provider:a-password-of-length"

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.campaign.mail.webhook_urls")]


@pytest.fixture(autouse=True)
def _secret(settings: Settings) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}


@pytest.fixture
def mail(letter: Letter, smtp_sink: Sink) -> OutgoingMail:
    ask(letter)
    run()
    OutgoingMail.objects.update(provider_id="id-1")
    return OutgoingMail.objects.get()


def tell(event: dict[str, object], *, secret: str | None = SECRET) -> int:
    """Post as the provider does, without a cookie; returns the status."""
    client = Client(enforce_csrf_checks=True)
    headers = {}
    if secret is not None:
        headers["authorization"] = "Basic " + base64.b64encode(secret.encode()).decode()
    response = client.post(
        POSTMARK, json.dumps(event), content_type="application/json", headers=headers
    )
    assert not response.cookies
    return response.status_code


def bounced(kind: str, message: str = "id-1") -> dict[str, object]:
    return {"RecordType": "Bounce", "Type": kind, "MessageID": message, "Email": "x@example.org"}


@pytest.mark.parametrize(
    ("event", "expected", "suppressed"),
    [
        (bounced("HardBounce"), Bounce.PERMANENT, True),
        (bounced("SoftBounce"), Bounce.SOFT, False),
        (bounced("Transient"), Bounce.SOFT, False),
        ({**bounced("SpamComplaint"), "RecordType": "SpamComplaint"}, Bounce.COMPLAINT, True),
        ({"RecordType": "Delivery", "MessageID": "id-1", "Recipient": "x@example.org"}, "", False),
        ({"RecordType": "Open", "MessageID": "id-1", "Recipient": "x@example.org"}, "", False),
    ],
)
def test_what_the_provider_says_is_noted_on_the_mail(
    mail: OutgoingMail, event: dict[str, object], expected: str, suppressed: bool
) -> None:
    for _ in range(2):  # providers repeat themselves
        assert tell(event) == 200
    mail.refresh_from_db()
    assert mail.bounce == expected
    assert mail.state == MailState.SENT
    assert Suppression.objects.count() == suppressed


@pytest.mark.parametrize("secret", [None, "", "provider:wrong-password-here", "other:" + SECRET])
def test_without_the_secret_nothing_is_noted(mail: OutgoingMail, secret: str | None) -> None:
    assert tell(bounced("HardBounce"), secret=secret) == 400
    mail.refresh_from_db()
    assert mail.bounce == ""
    assert not Suppression.objects.exists()


def test_an_event_about_another_sites_mail_is_taken_and_forgotten(mail: OutgoingMail) -> None:
    assert tell(bounced("HardBounce", "of-another-site")) == 200
    assert not Suppression.objects.exists()


def test_a_get_shows_nothing() -> None:
    assert Client().get(POSTMARK).status_code == 405


@pytest.mark.parametrize(
    ("kind", "reason", "raw", "expected"),
    [
        (EventType.BOUNCED, RejectReason.BOUNCED, {"event": "hard_bounce"}, Bounce.PERMANENT),
        (EventType.BOUNCED, RejectReason.BOUNCED, {"event": "soft_bounce"}, Bounce.SOFT),
        (EventType.BOUNCED, RejectReason.INVALID, {"event": "invalid_email"}, Bounce.PERMANENT),
        (EventType.BOUNCED, RejectReason.BOUNCED, {"hard_bounce": True}, Bounce.PERMANENT),
        (EventType.BOUNCED, RejectReason.BOUNCED, {"hard_bounce": False}, Bounce.SOFT),
        (EventType.BOUNCED, RejectReason.BOUNCED, {"bounce_class": "30"}, Bounce.PERMANENT),
        (EventType.BOUNCED, RejectReason.BOUNCED, {"bounce_class": "22"}, Bounce.SOFT),
        (EventType.BOUNCED, RejectReason.BLOCKED, {"bounce_class": "50"}, Bounce.SOFT),
        (EventType.BOUNCED, None, {"event": "bounce", "type": "bounce"}, Bounce.PERMANENT),
        (EventType.BOUNCED, None, {"event": "bounce", "type": "blocked"}, Bounce.SOFT),
        (
            EventType.BOUNCED,
            RejectReason.BOUNCED,
            {"type": "email.bounced", "data": {"bounce": {"type": "Transient"}}},
            Bounce.SOFT,
        ),
        (
            EventType.BOUNCED,
            RejectReason.BOUNCED,
            {"type": "email.bounced", "data": {"bounce": {"type": "Permanent"}}},
            Bounce.PERMANENT,
        ),
        (EventType.REJECTED, RejectReason.BOUNCED, {"event": "dropped"}, Bounce.PERMANENT),
        (EventType.REJECTED, RejectReason.SPAM, {"event": "dropped"}, Bounce.COMPLAINT),
        (EventType.REJECTED, None, {"event": "dropped"}, Bounce.SOFT),
        (EventType.DEFERRED, None, {}, Bounce.SOFT),
        (EventType.UNSUBSCRIBED, None, {}, Bounce.COMPLAINT),
        (EventType.DELIVERED, None, {}, None),
        (EventType.CLICKED, None, {}, None),
    ],
)
def test_soft_and_hard_are_told_apart_by_the_providers_own_words(
    kind: str, reason: str | None, raw: dict[str, Any], expected: Bounce | None
) -> None:
    event = SimpleNamespace(event_type=kind, reject_reason=reason, esp_event=raw)
    assert bounce_of(event) == expected


RESOLVES = """
import django
django.setup()
from django.urls import Resolver404, resolve
for name in ("postmark", "mailgun"):
    try:
        resolve(f"/mail/webhooks/{name}/tracking/")
        print(name)
    except Resolver404:
        pass
"""


@pytest.mark.parametrize(
    ("email_url", "expected"), [("postmark://TOKEN@", ["postmark"]), ("smtp://localhost", [])]
)
def test_a_webhook_exists_for_the_provider_in_use_only(email_url: str, expected: list[str]) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "campaign.settings",
        "EMAIL_URL": email_url,
        "WEBHOOK_SECRET": SECRET,
    }
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", RESOLVES],
        cwd=django_settings.BASE_DIR,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.stdout.split() == expected
