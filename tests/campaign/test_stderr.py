"""A log that cannot be written is no error: it stands in the middle of what mends things."""

import io
import sys

import pytest
import structlog


class Full(io.StringIO):
    def write(self, line: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_line_is_lost_rather_than_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Full())
    structlog.get_logger("any").warning("mail.sent", mail=1)
    try:
        raise ZeroDivisionError
    except ZeroDivisionError:
        structlog.get_logger("any").exception("edition.failed", letter="ours")
