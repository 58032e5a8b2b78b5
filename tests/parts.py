"""The site's parts, started one by one: without Redis, without a worker, with as many sweeps as
a test likes.
"""

import contextlib
from dataclasses import replace
from pathlib import Path

import psutil
from django.conf import settings

from campaign.embedded import apps, caddy, postgres
from campaign.embedded.paths import make_socket_dir
from campaign.embedded.process import Running
from campaign.env import Environment
from tests.site import Site, eventually


class Parts(Site):
    """PostgreSQL, web, Caddy and `sweeps` schedulers. Nobody brings back what dies."""

    def __init__(self, data_dir: Path, email_url: str, *, sweeps: int) -> None:
        super().__init__(data_dir, email_url, REDIS_URL="redis://127.0.0.1:1/0")
        self._sweeps = sweeps
        self._running: list[Running] = []

    def start(self) -> None:
        (self.data_dir / "log").mkdir(parents=True)
        sockets = make_socket_dir(self.data_dir)
        self._run(postgres.service(self.data_dir)).wait_ready()
        self.manage("migrate", "--verbosity=0")
        self.manage("collectstatic", "--noinput", "--verbosity=0")
        self.manage(
            *("load_letter", "sample/letter.md", "--signatories", "sample/signatories.csv"),
            "--open",
        )
        environment = self._environment()
        self._run(apps.web(settings.BASE_DIR, sockets / "web.sock")).wait_ready()
        for number in range(self._sweeps):
            self._run(replace(apps.scheduler(settings.BASE_DIR), name=f"scheduler-{number}"))
        upstream = f"unix/{sockets / 'web.sock'}"
        static = self.data_dir / "static"
        self._run(caddy.service(environment, static_dir=static, upstream=upstream)).wait_ready()
        eventually("the letter", lambda: self.status("/letters/sample-letter/") == 200)

    def _run(self, service: object) -> Running:
        environment = {**self.environment, **service.environment}  # type: ignore[attr-defined]
        running = Running(service, self.data_dir / "log", environment)  # type: ignore[arg-type]
        self._running.append(running)
        return running

    def _environment(self) -> Environment:
        return replace(
            settings.ENVIRONMENT,
            data_dir=self.data_dir,
            port=int(self.environment["PORT"]),
            public_url=self.url,
            editions_dir=self.data_dir / "editions",
            private_dir=self.data_dir / "private",
        )

    def stop(self) -> None:
        for running in reversed(self._running):
            running.stop()

    def processes(self) -> list[psutil.Process]:
        found = []
        for running in self._running:
            with contextlib.suppress(psutil.NoSuchProcess):
                parent = psutil.Process(running.pid)
                found += [parent, *parent.children(recursive=True)]
        return found
