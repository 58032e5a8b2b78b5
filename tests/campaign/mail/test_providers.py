"""Mail providers in place of SMTP: named by EMAIL_URL, asked over HTTP, judged by their answers."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core.mail import get_connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from campaign import env
from campaign.mail.providers import PROVIDERS, account_of
from campaign.models import Letter, Outbox, OutgoingMail
from campaign.models.mail import MailState
from tests.campaign.mail.servers import ask, closed_port, due_now, run

ENOUGH = {
    "WEBHOOK_SECRET": "provider:a-password-of-length",
    "SECRET_KEY": "s" * 48,
    "TOKEN_KEY": "t" * 48,
}
KEY = "a-key-that-must-not-be-shown"


class PostmarkLike(ThreadingHTTPServer):
    """Answers as Postmark would: 200 with an id, or what it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.status = 200
        self.asked: list[dict[str, object]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"


class _Answer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, PostmarkLike)
        server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        if server.status == 0:
            return  # hang up without a word
        number = len(server.asked)
        body = {
            "ErrorCode": 0,
            "Message": "OK",
            "MessageID": f"id-{number}",
            "To": "ada@example.org",
        }
        if server.status != 200:
            body = {"ErrorCode": 300, "Message": "refused: ada@example.org"}
        said = json.dumps(body).encode()
        self.send_response(server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def postmark(settings: Settings) -> Iterator[PostmarkLike]:
    server = PostmarkLike()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    account = account_of(urlsplit(f"postmark://{KEY}@?api_url={server.url}"))
    settings.EMAIL_BACKEND = account.backend
    settings.ANYMAIL = {**account.settings, "WEBHOOK_SECRET": ENOUGH["WEBHOOK_SECRET"]}
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_mail_goes_out_through_a_provider_whose_id_is_kept(
    letter: Letter, postmark: PostmarkLike
) -> None:
    ask(letter)
    run()
    row = OutgoingMail.objects.get()
    assert (row.state, row.provider_id) == (MailState.SENT, "id-1")
    headers = {each["Name"]: each["Value"] for each in postmark.asked[0]["Headers"]}  # type: ignore[attr-defined]
    assert headers["Message-ID"] == row.message_id


@pytest.mark.parametrize(
    ("status", "state", "rests", "unsure"),
    [
        (422, MailState.FAILED, False, False),
        (429, MailState.QUEUED, True, False),
        (401, MailState.QUEUED, True, False),
        (503, MailState.QUEUED, True, False),
        (0, MailState.QUEUED, True, True),
    ],
)
def test_a_providers_answer_is_of_the_mail_or_of_all_mails(
    letter: Letter,
    postmark: PostmarkLike,
    status: int,
    state: MailState,
    rests: bool,
    unsure: bool,
) -> None:
    postmark.status = status
    ask(letter)
    run()
    row = OutgoingMail.objects.get()
    assert (row.state, row.unsure) == (state, unsure)
    assert row.attempts == 1
    assert "ada" not in row.problem
    assert Outbox.objects.filter(rests_until__gt=timezone.now()).exists() == rests


def test_a_provider_that_cannot_be_reached_does_not_have_the_mail(
    letter: Letter, settings: Settings
) -> None:
    account = account_of(urlsplit(f"postmark://{KEY}@?api_url=http://127.0.0.1:{closed_port()}/"))
    settings.EMAIL_BACKEND, settings.ANYMAIL = account.backend, account.settings
    ask(letter)
    for _ in range(3):
        run()
        due_now()
    row = OutgoingMail.objects.get()
    assert (row.state, row.attempts, row.unsure) == (MailState.QUEUED, 3, False)


def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **values: str) -> env.Environment:
    for name, value in {**ENOUGH, **values}.items():
        monkeypatch.setenv(name, value)
    return env.read(tmp_path)


def url_of(provider: str) -> str:
    """The example of its entry, with a key that must not be shown."""
    example = PROVIDERS[provider].example
    return example.replace("KEY", KEY).replace("TOKEN", KEY)


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_each_provider_is_made_from_the_example_of_its_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings, provider: str
) -> None:
    environment = read(tmp_path, monkeypatch, EMAIL_URL=url_of(provider))
    assert environment.mail_provider is not None
    assert KEY not in repr(environment.mail_provider)
    settings.ANYMAIL = environment.mail_provider.settings
    settings.EMAIL_BACKEND = environment.mail_provider.backend
    assert get_connection().esp_name.lower().replace(" ", "") == provider


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("carrier-pigeon://KEY@", "postmark"),
        ("postmark://", "postmark://TOKEN@"),
        (f"postmark://{KEY}@somewhere", "postmark://TOKEN@"),
        (f"postmark://{KEY}:more@", "postmark://TOKEN@"),
        (f"postmark://{KEY}@?colour=blue", "colour"),
        (f"postmark://{KEY}@?api_url=http://example.org/", "api_url"),
        (f"postmark://{KEY}@?api_url=nonsense", "api_url"),
        (f"mailgun://{KEY}@", "mailgun://KEY@mg.example.org"),
        (f"mailjet://{KEY}@", "mailjet://KEY:SECRET@"),
        (f"mailersend://{KEY}@", "signing_secret"),
        (f"mandrill://{KEY}@", "webhook_key"),
    ],
)
def test_a_wrong_provider_is_one_line_that_says_how_it_must_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, named: str
) -> None:
    with pytest.raises(env.ConfigurationError, match=r"^EMAIL_URL ") as caught:
        read(tmp_path, monkeypatch, EMAIL_URL=url)
    assert named in str(caught.value)
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "secret", ["", "password-without-a-user-name", "user:short", ":no-user-name-here"]
)
def test_a_provider_needs_a_secret_for_its_webhooks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    with pytest.raises(env.ConfigurationError, match=r"^WEBHOOK_SECRET ") as caught:
        read(tmp_path, monkeypatch, EMAIL_URL=url_of("postmark"), WEBHOOK_SECRET=secret)
    assert not secret or secret not in str(caught.value)


def test_smtp_needs_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = read(tmp_path, monkeypatch, EMAIL_URL="smtp://localhost", WEBHOOK_SECRET="")
    assert environment.mail_provider is None
