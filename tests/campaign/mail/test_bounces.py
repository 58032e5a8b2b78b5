"""Bounces and complaints: noted on the mail, and the address is left alone after a final one."""

from io import BytesIO, StringIO, TextIOWrapper

import pytest
from django.core.management import CommandError, call_command

from campaign.mail.bounces import UnknownMail, note_bounce
from campaign.mail.queue import send_despite_suppression
from campaign.models import Letter, OutgoingMail, Suppression
from campaign.models.mail import Bounce, MailState, Withheld
from campaign.tokens import address_key, mailbox_key
from tests.campaign.mail.servers import ask, run
from tests.servers import Sink

FAILED = "Final-Recipient: rfc822; ada@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n"
FULL = "Final-Recipient: rfc822; ada@example.org\r\nAction: failed\r\nStatus: 4.2.2\r\n"
DELAYED = (
    "Final-Recipient: rfc822; ada@example.org\r\nAction: delayed (for now)\r\nStatus: 4.4.1\r\n"
)
RELAYED = "Final-Recipient: rfc822; ada@example.org\r\nAction: relayed\r\nStatus: 2.1.5\r\n"
ABUSE = "Feedback-Type: abuse\r\nUser-Agent: Somebody/1\r\nVersion: 1\r\n"
GOOD_NEWS = "Feedback-Type: not-spam\r\nUser-Agent: Somebody/1\r\nVersion: 1\r\n"
STRANGER = "<00000000-0000-4000-8000-000000000000@localhost>"


def report(kind: str, machine_part: str, returned: str, *, whole_mail: bool = False) -> bytes:
    """A multipart/report as mail servers write it: for people, for machines, and what came back."""
    server = "Reporting-MTA: dns; mx.example.org\r\n\r\n" if kind == "delivery-status" else ""
    content = "message/rfc822" if whole_mail else "text/rfc822-headers"
    lines = [
        "From: MAILER-DAEMON@mx.example.org",
        "Subject: Undelivered",
        "Message-ID: <daemon@mx.example.org>",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type={kind}; boundary="=="',
        "",
        "--==",
        "Content-Type: text/plain",
        "",
        "Sorry, it did not work for ada@example.org.",
        "--==",
        f"Content-Type: message/{kind}",
        "",
        f"{server}{machine_part}",
        "--==",
        f"Content-Type: {content}",
        "",
        "Subject: Confirm",
        f"Message-ID: {returned}",
        *(["", "Hello"] if whole_mail else []),
        "--==--",
        "",
    ]
    return "\r\n".join(lines).encode()


def bounce(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> str:
    """`manage.py bounce < raw`; returns what it prints."""
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(raw)))
    said = StringIO()
    call_command("bounce", stdout=said)
    return said.getvalue()


@pytest.fixture
def mail(letter: Letter, smtp_sink: Sink) -> OutgoingMail:
    """A mail that was sent to ada@example.org."""
    ask(letter)
    run()
    return OutgoingMail.objects.get()


@pytest.mark.parametrize("whole_mail", [True, False])
@pytest.mark.parametrize(
    ("kind", "part", "expected", "suppressed"),
    [
        ("delivery-status", FAILED, Bounce.PERMANENT, True),
        ("delivery-status", FULL, Bounce.SOFT, False),
        ("delivery-status", DELAYED, Bounce.SOFT, False),
        ("delivery-status", RELAYED, "", False),
        ("feedback-report", ABUSE, Bounce.COMPLAINT, True),
        ("feedback-report", GOOD_NEWS, "", False),
    ],
)
def test_a_report_is_noted_on_its_mail_and_a_final_one_suppresses_the_address(
    mail: OutgoingMail,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    part: str,
    expected: str,
    suppressed: bool,
    whole_mail: bool,
) -> None:
    raw = report(kind, part, mail.message_id, whole_mail=whole_mail)
    for _ in range(2):  # the same again changes nothing
        assert "ada" not in bounce(raw, monkeypatch)
    mail.refresh_from_db()
    assert (mail.bounce, mail.bounced_at is not None) == (expected, bool(expected))
    found = Suppression.objects.filter(address_key=address_key("ada@example.org"))
    assert found.exists() == suppressed
    assert Suppression.objects.count() == suppressed


def test_a_forged_report_that_names_an_address_suppresses_nobody(
    mail: OutgoingMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    for returned in (STRANGER, "<made-up@localhost>", ""):
        with pytest.raises(CommandError):
            bounce(report("delivery-status", FAILED, returned), monkeypatch)
    assert not Suppression.objects.exists()
    mail.refresh_from_db()
    assert mail.bounce == ""


def test_the_reports_own_headers_prove_nothing(
    letter: Letter, mail: OutgoingMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = report("delivery-status", FAILED, "<made-up@localhost>")
    raw = f"X-Failed: {mail.message_id}\r\n".encode() + raw
    with pytest.raises(CommandError, match="does not return the headers"):
        bounce(raw, monkeypatch)


def test_an_old_format_is_read_too(mail: OutgoingMail, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = (
        "From: MAILER-DAEMON@mx.example.org\r\nSubject: failure notice\r\n\r\n"
        "Hi. This is the qmail-send program at mx.example.org.\r\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\r\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n"
        "<ada@example.org>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n"
        "--- Below this line is a copy of the message.\r\n\r\n"
        f"Subject: Confirm\r\nMessage-ID: {mail.message_id}\r\n\r\nHello\r\n"
    )
    bounce(raw.encode(), monkeypatch)
    mail.refresh_from_db()
    assert mail.bounce == Bounce.PERMANENT


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "there is no report"),
        (b"\xff\xfe\x00 nonsense", "neither a delivery report nor a complaint"),
        (b"Subject: I am on holiday\r\n\r\nBack on Monday.\r\n", "neither a delivery report nor"),
        (report("delivery-status", FAILED, STRANGER), "no mail that was sent from here"),
        (report("feedback-report", "", STRANGER), "no part that says what"),
        (b"x" * 5_000_001, "longer than"),
    ],
)
def test_what_cannot_be_understood_is_one_line(
    mail: OutgoingMail, monkeypatch: pytest.MonkeyPatch, raw: bytes, problem: str
) -> None:
    with pytest.raises(CommandError, match=problem) as caught:
        bounce(raw, monkeypatch)
    assert "\n" not in str(caught.value)


def test_what_weighs_less_does_not_replace_what_weighs_more(mail: OutgoingMail) -> None:
    for said, kept in [
        (Bounce.SOFT, Bounce.SOFT),
        (Bounce.COMPLAINT, Bounce.COMPLAINT),
        (Bounce.PERMANENT, Bounce.COMPLAINT),
        (Bounce.SOFT, Bounce.COMPLAINT),
    ]:
        note_bounce(said, message_id=mail.message_id)
        mail.refresh_from_db()
        assert mail.bounce == kept
    assert Suppression.objects.get().mail == mail


def test_a_mail_that_was_never_sent_cannot_come_back(letter: Letter) -> None:
    ask(letter)
    OutgoingMail.objects.update(state=MailState.WITHHELD, withheld_for=Withheld.PAUSE)
    with pytest.raises(UnknownMail):
        note_bounce(Bounce.PERMANENT, message_id=OutgoingMail.objects.get().message_id)


def test_later_mails_to_a_suppressed_address_are_withheld_until_staff_say_so(
    letter: Letter, mail: OutgoingMail, smtp_sink: Sink
) -> None:
    note_bounce(Bounce.PERMANENT, message_id=mail.message_id)
    ask(letter, "Other")
    ask(letter, "Third", "bob@example.org")
    run()
    assert [m["To"] for m in smtp_sink.messages] == ["ada@example.org", "bob@example.org"]
    held = OutgoingMail.objects.filter(withheld_for=Withheld.SUPPRESSED)
    assert held.count() == 1
    assert run() == 0
    assert send_despite_suppression(held) == 1
    assert not Suppression.objects.exists()
    run()
    assert len(smtp_sink.messages) == 3


def test_a_bounce_of_a_made_up_label_silences_nobody_else(letter: Letter, smtp_sink: Sink) -> None:
    """Not every server knows labels: there ada+nobody@ is nobody, and says nothing about ada@."""
    ask(letter, "Stranger", "ada+nobody@example.org")
    run()
    note_bounce(Bounce.PERMANENT, message_id=OutgoingMail.objects.get().message_id)
    ask(letter, "Hers")
    ask(letter, "Stranger's Other", "Ada+Nobody@Example.org")
    run()
    assert [m["To"] for m in smtp_sink.messages] == ["ada+nobody@example.org", "ada@example.org"]
    held = OutgoingMail.objects.get(withheld_for=Withheld.SUPPRESSED)
    assert send_despite_suppression(OutgoingMail.objects.filter(pk=held.pk)) == 1
    assert not Suppression.objects.exists()


def test_a_mail_of_the_release_before_silences_nobody_and_is_itself_kept_from_whom_it_was(
    letter: Letter, smtp_sink: Sink
) -> None:
    """It knows the mailbox only, which is the address where nothing is labelled."""
    ask(letter)
    run()
    OutgoingMail.objects.update(address_key="")
    note_bounce(Bounce.PERMANENT, message_id=OutgoingMail.objects.get().message_id)
    assert not Suppression.objects.exists()
    Suppression.objects.create(address_key=mailbox_key("ada@example.org"), reason="permanent")
    for slow in (False, True):
        ask(letter, f"Slow {slow}")
        OutgoingMail.objects.filter(state=MailState.QUEUED).update(address_key="", slow=slow)
        run()
    assert len(smtp_sink.messages) == 1
    assert OutgoingMail.objects.filter(withheld_for=Withheld.SUPPRESSED).count() == 2
