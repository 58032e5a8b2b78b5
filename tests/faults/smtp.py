"""A mail server that can be made to fail at each step of SMTP (RFC 5321)."""

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as modern

from tests.site import free_port


class FaultySink:
    """Takes every mail and keeps it, unless `mode` says otherwise.

    well; slow: 0.3 s for each mail; stalling: accepts the connection and says nothing;
    cutting: ends the connection in the middle of a message; 421, 451: that is its answer to it;
    silent: keeps the message, and never answers it.
    """

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.mode = "well"
        #: Called with each mail before it is answered with 250, and just after.
        self.before_taking: Callable[[EmailMessage], None] = lambda _: None
        self.after_taking: Callable[[EmailMessage], None] = lambda _: None
        self._port = free_port()
        self._server: _Server | None = None
        self.open()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._port}"

    def open(self) -> None:
        self._server = _Server(self, self._port)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """From now on connections are refused, and those that are open end."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server.end_sessions()
            self._server = None

    def heal(self) -> None:
        """End what would hang for ever. A slow session goes on: it may have taken a mail, and an
        answer that never came would have it sent again.
        """
        hanging = self.mode in {"stalling", "silent"}
        self.mode = "well"
        self.before_taking = self.after_taking = lambda _: None
        if self._server is None:
            self.open()
        elif hanging:
            self._server.end_sessions()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, sink: FaultySink, port: int) -> None:
        self.sink = sink
        self.sessions: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Session)

    def end_sessions(self) -> None:
        for session in list(self.sessions):
            with contextlib.suppress(OSError):
                session.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_: object) -> None:
        """A client that was killed in the middle of a sentence is what this is for."""


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.sessions.add(self.request)

    def finish(self) -> None:
        self.server.sessions.discard(self.request)
        with contextlib.suppress(OSError):
            super().finish()

    def handle(self) -> None:
        sink = self.server.sink
        if sink.mode == "stalling":
            self.rfile.read()
            return
        self._say("220 here")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                self._say("354 go on")
                if not self._take(sink):
                    return
            elif word == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 well")

    def _take(self, sink: FaultySink) -> bool:
        content = b""
        while (line := self.rfile.readline()) != b".\r\n":
            if not line or sink.mode == "cutting":
                return False
            content += line[1:] if line.startswith(b"..") else line
        if sink.mode in {"421", "451"}:
            self._say(f"{sink.mode} come back later")
            return sink.mode == "451"
        if sink.mode == "slow":
            time.sleep(0.3)
        mail = BytesParser(EmailMessage, policy=modern).parsebytes(content)
        sink.before_taking(mail)
        sink.messages.append(mail)
        if sink.mode == "silent":
            self.rfile.read()
            return False
        self._say("250 taken")
        sink.after_taking(mail)
        return True

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
        self.wfile.flush()
