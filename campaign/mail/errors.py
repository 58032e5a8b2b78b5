"""What an error says: of this mail, for good or for a time, or of the server as a whole."""

import re
import smtplib
from dataclasses import dataclass
from enum import Enum

from urllib3.exceptions import MaxRetryError

#: Replies for a time that are about us, not about this mail: RFC 5321 section 4.2.3, and
#: "policy" statuses of RFC 3463 section 3.8.
THROTTLED = {450, 451, 452, 454}
POLICY = re.compile(r"\b4\.7\.\d{1,3}\b")
#: Greylisting is of one recipient, and is said with the same codes.
GREYLISTED = re.compile(r"gr[ea]y-?list", re.IGNORECASE)
#: HTTP answers of a mail provider that are not about this mail: who we are, and how often we ask.
PROVIDER_AWAY = {401, 402, 403, 408, 425, 429}


class Unanswered(smtplib.SMTPServerDisconnected):
    """The server was given the whole mail, and has not said whether it takes it."""


class Verdict(Enum):
    FINAL = "final"
    LATER = "later"
    #: All mails share it: the server is away, throttles us, or does not know us.
    AWAY = "away"


@dataclass(frozen=True)
class Failure:
    verdict: Verdict
    #: The error's class and code: a server's own words may repeat the address.
    problem: str
    #: Whether the server had the whole mail, and may have taken it all the same.
    unsure: bool = False


def judge(error: Exception, *, handed_over: bool) -> Failure:
    """What an error means; `handed_over` if it came after the server was given the mail."""
    # Before it was given the mail, a server can only have said something of itself or of us.
    of_server = not handed_over and isinstance(error, OSError)
    verdict = Verdict.AWAY if of_server else _verdict(error)
    unsure = isinstance(error, Unanswered) or _provider_may_have_it(error)
    return Failure(verdict, _describe(error), unsure)


def _verdict(error: Exception) -> Verdict:
    if isinstance(error, smtplib.SMTPException):
        return _of_smtp(error)
    if _is_of_provider(error):
        return _of_provider(error)
    if isinstance(error, UnicodeError | ValueError):
        return Verdict.FINAL
    return Verdict.AWAY if isinstance(error, OSError) else Verdict.LATER


def _of_smtp(error: smtplib.SMTPException) -> Verdict:
    """5xx is final (RFC 5321 section 4.2.1), but for the sender's address, which says nothing of
    this mail, and which the operator can mend.
    """
    replies = _replies(error)
    if not replies:
        # Disconnected; or an address beyond ASCII that this server does not take.
        return Verdict.FINAL if isinstance(error, smtplib.SMTPNotSupportedError) else Verdict.AWAY
    if any(_throttles(code, words) for code, words in replies):
        return Verdict.AWAY
    if all(code >= 500 for code, _ in replies):
        mendable = isinstance(error, smtplib.SMTPSenderRefused) and error.smtp_code != 552
        return Verdict.AWAY if mendable else Verdict.FINAL
    return Verdict.LATER


def _replies(error: smtplib.SMTPException) -> list[tuple[int, str]]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [(code, _text(words)) for code, words in error.recipients.values()]
    if isinstance(error, smtplib.SMTPResponseException):
        return [(error.smtp_code, _text(error.smtp_error))]
    return []


def _text(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else words


def _throttles(code: int, words: str) -> bool:
    if code == 421:
        return True
    return code in THROTTLED and bool(POLICY.search(words)) and not GREYLISTED.search(words)


def _of_provider(error: Exception) -> Verdict:
    """Of an error of django-anymail: no answer, an HTTP status, or a mail that it cannot send."""
    status = getattr(error, "status_code", None)
    if status is None:
        return Verdict.AWAY if isinstance(error, OSError) else Verdict.FINAL
    return Verdict.AWAY if status in PROVIDER_AWAY or status >= 500 else Verdict.FINAL


def _provider_may_have_it(error: Exception) -> bool:
    """The provider was asked, and did not answer."""
    if not _is_of_provider(error) or not isinstance(error, OSError):
        return False
    if getattr(error, "status_code", None) is not None:
        return False
    cause: BaseException | None = error
    while cause is not None:
        # What urllib3 raises as there is no connection.
        if isinstance(cause, MaxRetryError):
            return False
        cause = cause.__cause__ or cause.__context__
    return True


def _is_of_provider(error: Exception) -> bool:
    return type(error).__module__.startswith("anymail.") or hasattr(error, "esp_name")


def _describe(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
        return f"recipient refused ({', '.join(map(str, codes))})"
    code = getattr(error, "smtp_code", None) or getattr(error, "status_code", None)
    return f"{type(error).__name__}{f' ({code})' if code else ''}"
