"""A Valkey of a test's own, which may be killed and stopped, and counts that begin at nothing."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from campaign.embedded import valkey
from campaign.embedded.paths import make_socket_dir
from campaign.embedded.process import Running
from campaign.limits import judge
from campaign.limits.breaker import Breaker


class Server:
    """Valkey, to be ended and started again at the same address."""

    def __init__(self, directory: Path) -> None:
        make_socket_dir(directory)
        self._directory = directory
        self.service = valkey.service(directory)
        self.start()

    def start(self) -> None:
        self.running = Running(self.service, self._directory)
        self.running.wait_ready()

    @property
    def url(self) -> str:
        return f"unix://{make_socket_dir(self._directory) / valkey.SOCKET}"


@pytest.fixture
def server(tmp_path: Path, settings: Settings, breaker: Breaker) -> Iterator[Server]:
    server = Server(tmp_path)
    settings.REDIS_URL = server.url
    yield server
    server.running.kill()


@pytest.fixture
def breaker(monkeypatch: pytest.MonkeyPatch) -> Breaker:
    """A closed one, that rests for so long that a test ends it itself."""
    breaker = Breaker(3600)
    monkeypatch.setattr(judge, "_redis", breaker)
    return breaker


@pytest.fixture(autouse=True)
def _on(settings: Settings) -> None:
    settings.RATE_LIMITS = True


@pytest.fixture
def quarter_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no test meets the turn of the hour."""
    now = time.time() // 3600 * 3600 + 900
    monkeypatch.setattr("campaign.limits.in_postgres.time.time", lambda: now)
