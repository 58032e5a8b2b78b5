"""Keeps tokens, people and secrets out of whatever is logged.

What a process of ours writes to a log goes through `redact`: structlog's events, Python's loggers,
with those of granian and Celery, and the tracebacks of what nobody caught. What an exception says
may quote what somebody typed, or a row of the database, so in a traceback only the kinds in
HARMLESS keep their words. See docs/decisions/0019-what-logs-may-hold.md.
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator, MutableMapping
from types import TracebackType
from typing import Any
from urllib.parse import quote, unquote, urlsplit

HIDDEN = "[hidden]"
#: Characters. Nobody can fill the disk with one request, or keep the patterns busy.
LONGEST = 20_000
#: Each with what stays of it. Repetitions are bounded where they would make a long line slow.
PATTERNS = [
    # The part of a path that is a key, also where the path is quoted inside another address.
    (
        re.compile(
            r"((?:/|%2F)(?:sign-ons(?:/|%2F)\w+|unlisted|invitations|password-link)(?:/|%2F))"
            r"[\w%.~-]+",
            re.I,
        ),
        r"\1",
    ),
    # A token by itself: an id and 32 bytes in base64url, as campaign.tokens makes it.
    (re.compile(r"\b\d{1,18}-[\w-]{43}(?![\w-])"), ""),
    # The password in an address, and elsewhere by its name.
    (re.compile(r"(\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,200}:)[^\s/@]+(?=@)", re.I), r"\1"),
    (re.compile(r"((?:password|passwd|secret|token)\w*['\"]?\s*[=:]\s*)[^\s,;&]+", re.I), r"\1"),
    # An e-mail address, its @ as it is or as it stands in a query.
    (re.compile(r"[^\s<>()\[\]{},;:\"'=/&?@]{1,64}(?:@|%40)[\w.-]{0,253}\w"), ""),
]
#: Exceptions that speak of the machine or of our code, never of what was typed. Each counts for
#: itself, not for what inherits from it: smtplib's errors are OSErrors that repeat addresses.
HARMLESS = {
    *("AttributeError", "ImportError", "ModuleNotFoundError", "NameError", "MemoryError"),
    *("OSError", "FileNotFoundError", "FileExistsError", "PermissionError", "NotADirectoryError"),
    *("ConnectionError", "ConnectionRefusedError", "ConnectionResetError", "BrokenPipeError"),
    *("TimeoutError", "OperationalError", "InterfaceError", "CannotStartError"),
    *("ImproperlyConfigured", "TemplateDoesNotExist", "TemplateSyntaxError"),
}
_secrets: list[str] = []


def keep_secret(values: Iterable[str]) -> None:
    """Hide these values from now on, and of an address its password."""
    found = set(_secrets)
    for value in values:
        secret = urlsplit(value).password or "" if "://" in value else value
        found |= {secret, unquote(secret), quote(secret, safe="")}
    # A short one would hide words that mean something else.
    _secrets[:] = sorted((value for value in found if len(value) >= 6), key=len, reverse=True)


def redact(text: str) -> str:
    """The text, cut at LONGEST, with every token, e-mail address and secret replaced."""
    for secret in _secrets:
        text = text.replace(secret, HIDDEN)
    text = text[:LONGEST]
    for pattern, kept in PATTERNS:
        text = pattern.sub(kept + HIDDEN, text)
    return text


def traceback_text(error: BaseException | None) -> str:
    """The traceback with those it stems from, without what an exception says if it may quote."""
    parts = [f"{_stack(each)}{_last_line(each)}" for each in _chain(error)]
    return redact("\n\nwhile handling it:\n\n".join(parts))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error's causes, the first one first."""
    errors: list[BaseException] = []
    while error is not None and error not in errors:
        errors.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return reversed(errors)


def _stack(error: BaseException) -> str:
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"Traceback (most recent call last):\n{frames}" if frames else ""


def _last_line(error: BaseException) -> str:
    """Its class, with its words or, of a database's error, its code and what it names in ours."""
    kind = type(error).__qualname__
    if kind in HARMLESS:
        return f"{kind}: {error}"
    diagnosis = getattr(error, "diag", None)
    names = ("sqlstate", "table_name", "column_name", "constraint_name")
    known = [str(value) for name in names if (value := getattr(diagnosis, name, None))]
    return f"{kind} ({', '.join(known)})" if known else kind


def add_traceback(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A processor of structlog: `exc_info` becomes a traceback that quotes nobody."""
    given = event.pop("exc_info", None)
    if given:
        error = given if isinstance(given, BaseException) else sys.exc_info()[1]
        event["exception"] = traceback_text(error)
    return event


def redact_event(_logger: Any, _method: str, line: Any) -> str:
    """The last processor of structlog, after what renders the event as a line."""
    return redact(str(line))


class Formatter(logging.Formatter):
    """For every handler of Python's loggers."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler may have left its own there
        return redact(super().format(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        return traceback_text(ei[1])


def redact_tracebacks() -> None:
    """Have what nobody caught written like the rest; each process calls it at its start."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            sys.stderr.write(f"{traceback_text(error)}\n")

    def thread_hook(args: threading.ExceptHookArgs) -> None:
        sys.stderr.write(f"in thread {args.thread and args.thread.name}:\n")
        sys.stderr.write(f"{traceback_text(args.exc_value)}\n")

    sys.excepthook = hook
    threading.excepthook = thread_hook
