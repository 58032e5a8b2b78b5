"""SMTP under a watchdog, so that no server can hold a worker."""

import smtplib
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from django.core.mail.backends.smtp import EmailBackend as DjangosBackend

from campaign.mail.errors import Unanswered
from campaign.mail.watchdog import Watchdog

#: Seconds to wait for the answer to a whole mail (RFC 5321 section 4.5.3.2.6); in `within` it ends
#: sooner.
ANSWER = 600.0
#: What ends a mail: RFC 5321 section 4.1.1.4.
DOT = b"\r\n.\r\n"


class _Watched(smtplib.SMTP):
    """Shows its socket to `watch` before the first byte is read from it.

    Raises Unanswered when the server was given a whole mail and has not said what of it.
    """

    _given = False

    def __init__(self, *args: Any, watch: Callable[[socket.socket], None], **options: Any) -> None:
        self._watch = watch
        super().__init__(*args, **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # Not a public name, but the only place between connecting and reading.
        opened: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._watch(opened)
        return opened

    def data(self, msg: Any) -> tuple[int, bytes]:
        self._given = False
        usual = self.sock.gettimeout() if self.sock else None
        try:
            code, words = super().data(msg)
        except smtplib.SMTPServerDisconnected as error:
            if self._given:
                raise Unanswered(str(error)) from error
            raise
        if code == -1:
            self.close()
            raise Unanswered("it said what is no reply")
        if self.sock:
            self.sock.settimeout(usual)
        return code, words

    def send(self, s: Any) -> None:
        super().send(s)
        if isinstance(s, bytes) and s.endswith(DOT) and self.sock:
            self._given = True
            self.sock.settimeout(ANSWER)


class _WatchedTLS(smtplib.SMTP_SSL, _Watched):
    """SMTP_SSL asks the next class for the socket, and then begins TLS on it."""


class EmailBackend(DjangosBackend):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._watchdog = Watchdog()

    @property
    def connection_class(self) -> Any:
        kind = _WatchedTLS if self.use_ssl else _Watched
        return partial(kind, watch=self._watchdog.watch)

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """The connection is shut when the block takes longer than `seconds`."""
        return self._watchdog.within(seconds)

    def dismiss(self) -> None:
        """Close what is open, and the watchdog with it."""
        try:
            with self.within(5):
                self.close()
        finally:
            self._watchdog.close()
