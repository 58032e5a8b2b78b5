"""A watchdog: ends a talk with a server that takes longer than it may in all.

A socket's time-out holds for one read. A server that sends a byte now and then keeps within it
for ever, so a thread looks at the clock and shuts the connection, which ends the blocked read.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator

#: Seconds between two looks at most; a talk may last that much longer.
TICK = 0.5


class Watchdog:
    """Watches one connection at a time. `close` ends its thread."""

    def __init__(self) -> None:
        self._ends: float | None = None  # on time.monotonic's clock; read by the thread
        self._socket: socket.socket | None = None
        self._tick = TICK
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, connection: socket.socket) -> None:
        """Watch this connection from now on: a copy of it, as TLS takes the original away."""
        copy = socket.socket(fileno=os.dup(connection.fileno()))
        with self._lock:
            self._forget()
            self._socket = copy

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """The connection is shut when the block takes longer than `seconds`."""
        self._tick = min(TICK, seconds / 8)
        if self._thread is None:
            self._closed.clear()
            self._thread = threading.Thread(target=self._look, name="mail-watchdog", daemon=True)
            self._thread.start()
        self._ends = time.monotonic() + seconds
        try:
            yield
        finally:
            self._ends = None

    def close(self) -> None:
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        with self._lock:
            self._forget()

    def _look(self) -> None:
        while not self._closed.wait(self._tick):
            ends = self._ends
            if ends is not None and time.monotonic() >= ends:
                self._shut()

    def _shut(self) -> None:
        with self._lock, contextlib.suppress(OSError):
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)

    def _forget(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
