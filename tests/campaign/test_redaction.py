"""What a log may hold: no tokens, people or secrets in messages, arguments and tracebacks."""

import logging
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.test import RequestFactory
from django.utils.log import configure_logging

from campaign.models import Letter
from campaign.redaction import (
    HIDDEN,
    LONGEST,
    Formatter,
    add_traceback,
    redact,
    redact_event,
    traceback_text,
)
from campaign.tokens import make_token
from campaign.views.reports import ReportFilter

PERSON = "Ada Lovelace"
TOKEN = make_token("confirm", 17, 3)


@pytest.mark.parametrize(
    ("line", "redacted"),
    [
        (f"GET /sign-ons/confirm/{TOKEN}/ failed", "GET /sign-ons/confirm/[hidden]/ failed"),
        (f"/sign-ons/manage/{TOKEN}/?x=1", "/sign-ons/manage/[hidden]/?x=1"),
        (f"/sign-ons/confirm/{TOKEN}/renew/", "/sign-ons/confirm/[hidden]/renew/"),
        ("/sign-ons/confirm/not-a-token", "/sign-ons/confirm/[hidden]"),
        (
            "stat /srv/private/unlisted/aB3_x-y/index.html",
            "stat /srv/private/unlisted/[hidden]/index.html",
        ),
        ("/admin/password-link/2-dilsbp-359dc4f9e80d/", "/admin/password-link/[hidden]/"),
        ("next=%2Funlisted%2FaB3_x%2F", "next=%2Funlisted%2F[hidden]"),
        (f"args ('{TOKEN}',)", "args ('[hidden]',)"),
        ("to ada.lovelace+x@example.org: refused", "to [hidden]: refused"),
        ("to <ada@bücher.example>", "to <[hidden]>"),
        ("?email=ada%40example.org&x", "?email=[hidden]&x"),
        ("postgres://someone:hunter2-x@db:5432/n", "postgres://someone:[hidden]@db:5432/n"),
        ("password=hunter2 host=db", "password=[hidden] host=db"),
        ("'csrfmiddlewaretoken': 'abc'", "'csrfmiddlewaretoken': [hidden]"),
        ("sign_on.confirmed sign_on=17", "sign_on.confirmed sign_on=17"),
        ("/letters/ours/sign/ took 17-20 ms", "/letters/ours/sign/ took 17-20 ms"),
    ],
)
def test_tokens_people_and_passwords_are_hidden(line: str, redacted: str) -> None:
    assert redact(line) == redacted


def test_our_own_keys_are_hidden_wherever_they_stand() -> None:
    line = f"{settings.SECRET_KEY!r} and {settings.TOKEN_KEY}"
    assert redact(line) == "'[hidden]' and [hidden]"


def test_a_long_line_is_cut_and_takes_no_time() -> None:
    for filling in ("a", "a.", "%40", "/unlisted", "x:/", "password "):
        assert len(redact(filling * 1_000_000)) < LONGEST * 3


class NamedError(Exception):
    pass


def fail(error: Exception) -> BaseException:
    try:
        try:
            raise error
        except Exception as cause:
            raise NamedError(PERSON) from cause
    except NamedError as wrapped:
        return wrapped


def test_a_traceback_shows_where_and_not_what_was_typed() -> None:
    text = traceback_text(fail(ValueError(f"invalid literal: {PERSON!r}")))
    assert "Ada" not in text
    assert "in fail" in text
    assert text.index("ValueError") < text.index("NamedError")


def test_what_the_machine_says_stays() -> None:
    text = traceback_text(fail(FileNotFoundError(2, "No such file", "/srv/unlisted/abc/x")))
    assert "[Errno 2] No such file: '/srv/unlisted/[hidden]/x'" in text


@pytest.mark.django_db
def test_a_row_that_the_database_refuses_is_not_quoted(letter: Letter) -> None:
    with pytest.raises(IntegrityError) as caught, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaign_group (letter_id, key, title, position) "
            "VALUES (%s, 'partners', 'Ada Lovelace', 9)",
            [letter.pk],
        )
    assert "partners" in str(caught.value)
    text = traceback_text(caught.value)
    assert "partners" not in text.replace(__file__, "").split("UniqueViolation")[1]
    assert "23505" in text
    assert "campaign_group" in text


def test_every_handler_of_every_logger_redacts() -> None:
    handlers = [
        handler
        for name in [None, *logging.root.manager.loggerDict]
        for handler in logging.getLogger(name).handlers
        if type(handler) is logging.StreamHandler
    ]
    assert handlers
    assert all(isinstance(handler.formatter, Formatter) for handler in handlers)


def test_pythons_loggers_redact_messages_arguments_and_tracebacks() -> None:
    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    formatter = next(
        h.formatter for h in logging.root.handlers if isinstance(h.formatter, Formatter)
    )
    error = fail(ValueError(PERSON))
    record = logging.LogRecord(
        "x", logging.ERROR, "f", 1, "to %s", ("ada@example.org",), (type(error), error, None)
    )
    record.exc_text = "Traceback of another handler: Ada"
    line = formatter.format(record)
    assert "Ada" not in line
    assert "example.org" not in line
    assert f"to {HIDDEN}" in line


def test_structlog_redacts_events_and_tracebacks() -> None:
    event = add_traceback(None, "error", {"event": "x", "exc_info": fail(ValueError(PERSON))})
    assert "Ada" not in event["exception"]
    assert redact_event(None, "error", f"event=x path=/unlisted/{'k' * 20}/").endswith(
        "/unlisted/[hidden]/"
    )


def test_what_nobody_caught_is_written_in_the_same_way() -> None:
    script = (
        "import threading, sys\n"
        "from campaign.redaction import redact_tracebacks\n"
        "redact_tracebacks()\n"
        "def fail(): raise ValueError('Ada Lovelace')\n"
        "thread = threading.Thread(target=fail); thread.start(); thread.join()\n"
        "fail()\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.count("ValueError\n") == 2
    assert "Lovelace" not in result.stderr.replace("raise ValueError('Ada Lovelace')", "")


def test_a_report_of_an_error_holds_nothing_that_was_posted() -> None:
    request = RequestFactory().post("/letters/ours/sign/", {"email": "ada@example.org"})
    assert ReportFilter().get_post_parameters(request) == {"email": HIDDEN}
    frame = sys._getframe()
    assert {value for _, value in ReportFilter().get_traceback_frame_variables(request, frame)} == {
        HIDDEN
    }
