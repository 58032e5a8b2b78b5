"""SMTP under a watchdog, so that no server can hold a worker."""

import smtplib
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from django.core.mail.backends.smtp import EmailBackend as DjangosBackend

from campaign.mail.watchdog import Watchdog


class _Watched(smtplib.SMTP):
    """Shows its socket to `watch` before the first byte is read from it."""

    def __init__(self, *args: Any, watch: Callable[[socket.socket], None], **options: Any) -> None:
        self._watch = watch
        super().__init__(*args, **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # Not a public name, but the only place between connecting and reading.
        opened: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._watch(opened)
        return opened


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
