"""The test session's own PostgreSQL, Valkey and SMTP sink, started before Django reads settings.

A pytest plugin (`-p tests.servers` in pyproject.toml) rather than a conftest: pytest-django loads
the settings while the first conftests are loaded. DATABASE_URL and REDIS_URL name other servers.
Where tests run side by side (pytest -n), each worker is such a session, with servers of its own.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Generator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default as modern
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django.fixtures import Settings

from campaign.embedded import postgres, valkey
from campaign.embedded.paths import make_socket_dir
from campaign.embedded.process import Running

#: A test database is thrown away, so nothing waits for the disk.
HASTY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")

#: Settings whose default the tests run with.
NOT_SET = (
    *("EDITIONS_URL", "PRIVATE_FILES_URL", "TRUSTED_PROXIES", "CADDY_NETWORKS", "ADMIN_PATH"),
    *("ADMIN_NETWORKS", "MAIL_FROM", "SECURITY_CONTACT", "WEBHOOK_SECRET"),
    "REQUIRE_SECOND_FACTOR",
)


class _AnyPort(Controller):
    """A controller that lets the system choose the port, and then knows it."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Sink:
    """Takes every mail and keeps it, in `messages`, oldest first."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self._controller = _AnyPort(self, hostname="127.0.0.1", port=0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        self.messages.append(BytesParser(EmailMessage, policy=modern).parsebytes(content))
        return "250 Taken"

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._controller.port}"


class Servers:
    def __init__(self) -> None:
        self.data_dir = Path(tempfile.mkdtemp(prefix="undersigned-test-"))
        self.sink = Sink()
        self._running: list[Running] = []

    def start(self) -> None:
        atexit.register(self.stop)  # in case pytest ends before it is configured
        make_socket_dir(self.data_dir)
        (self.data_dir / "log").mkdir()
        services = []
        if not os.environ.get("DATABASE_URL"):
            services.append(postgres.service(self.data_dir, HASTY))
        if not os.environ.get("REDIS_URL"):
            services.append(valkey.service(self.data_dir))
        self._running = [Running(service, self.data_dir / "log") for service in services]
        for running in self._running:
            running.wait_ready()
        self.sink.start()
        self._set_environment()

    def _set_environment(self) -> None:
        """Everything is set, so that a developer's `.env` changes no test."""
        os.environ.setdefault("DATABASE_URL", "")
        os.environ.setdefault("REDIS_URL", "")
        for name in NOT_SET:
            os.environ[name] = ""
        os.environ.update(
            DATA_DIR=str(self.data_dir),
            SECRET_KEY="a secret of the tests only, 48 characters long..",
            TOKEN_KEY="a token key of the tests only, 48 characters....",
            EMAIL_URL=self.sink.url,
            HOST="127.0.0.1",
            PORT="8000",
            PUBLIC_URL="http://127.0.0.1:8000",
            RATE_LIMITS="off",
            DEBUG="off",
            BEHIND_POOLER="off",
        )

    def stop(self) -> None:
        atexit.unregister(self.stop)
        for running in reversed(self._running):
            running.stop()
        self._running = []
        if self.data_dir.exists():
            self.sink.stop()
        shutil.rmtree(self.data_dir, ignore_errors=True)


_servers: Servers | None = None


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    """A wrapper, because wrappers come before pytest-django's own hook of this name."""
    global _servers
    _servers = Servers()
    _servers.start()
    return (yield)


def pytest_unconfigure() -> None:
    if _servers:
        _servers.stop()


@pytest.fixture(scope="session")
def servers() -> Servers:
    assert _servers
    return _servers


@pytest.fixture
def smtp_sink(servers: Servers, settings: Settings) -> Sink:
    """The session's SMTP sink, empty. EMAIL_URL names it; pytest-django would keep mails away."""
    settings.EMAIL_BACKEND = "campaign.mail.smtp.EmailBackend"
    servers.sink.messages.clear()
    return servers.sink
