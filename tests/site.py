"""The whole product as `make run` starts it, in a directory of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psutil
import psycopg
from django.conf import settings

from campaign.embedded.paths import postgres_socket_dir

T = TypeVar("T")
#: Far more than anything takes: a test waits for a state, never measures the time.
PATIENCE = 120.0  # seconds
#: With this environment limits count, and `post` may say which client it comes from.
LIMITED = {"RATE_LIMITS": "on", "TRUSTED_PROXIES": "127.0.0.1/32"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(what: str, look: Callable[[], T], patience: float = PATIENCE) -> T:
    """The first true value that `look` gives; fails, naming `what`, when none comes."""
    deadline = time.monotonic() + patience
    while True:
        value = look()
        if value:
            return value
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.05)


class Site:
    """`manage.py up` with a DATA_DIR, a port and a mail server of its own."""

    def __init__(self, data_dir: Path, email_url: str = "", **environment: str) -> None:
        self.data_dir = data_dir
        self.url = f"http://127.0.0.1:{free_port()}"
        self.environment = {
            **os.environ,
            "SECRET_KEY": "",
            "TOKEN_KEY": "",
            "DATA_DIR": str(data_dir),
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "EMAIL_URL": email_url,
            "HOST": "127.0.0.1",
            "PORT": self.url.rpartition(":")[2],
            "PUBLIC_URL": self.url,
            "RATE_LIMITS": "off",
            **environment,
        }
        self.log = data_dir.with_suffix(".log")
        self.process: subprocess.Popen[bytes] | None = None
        #: What the command of `up` begins with, such as a program that makes a namespace.
        self.prefix: tuple[str, ...] = ()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, sys.executable, "manage.py", "up"],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            eventually("the site is ready", self._ready, patience=2 * PATIENCE)
        except BaseException:
            self.stop()  # nobody else will
            raise

    def _ready(self) -> bool:
        assert self.process
        assert self.process.poll() is None, f"up ended: {self.log.read_text()[-2000:]}"
        # The sample letter's first edition is whole only with its PDF, which comes after its page.
        manifest = "/letters/sample-letter/manifest.json"
        return (
            self.status("/health/ready") == 200
            and self.status(manifest) == 200
            and self.json(manifest)["complete"]
        )

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)

    def manage(self, *words: str, **environment: str) -> str:
        """Run a management command beside the running site; returns what it prints."""
        command = self.start_command(*words, **environment)
        output, errors = command.communicate()
        assert command.returncode == 0, errors
        return output

    def start_command(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", *words],
            cwd=settings.BASE_DIR,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def get(self, path: str, **headers: str) -> bytes:
        request = urllib.request.Request(self.url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=20) as response:
            return bytes(response.read())

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.url + path, timeout=20) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def post(self, path: str, data: dict[str, str], client: str = "") -> int:
        """The status of the answer, redirects not followed; 0 when there is none.

        `client` is the IP address that a proxy in front would name; see LIMITED.
        """
        return self.page(path, data, client)[0]

    def page(
        self, path: str, data: dict[str, str] | None = None, client: str = ""
    ) -> tuple[int, str]:
        """As `post`, with the page that is answered; without data it is a GET."""
        body = None if data is None else urllib.parse.urlencode(data).encode()
        headers = {"X-Forwarded-For": client} if client else {}
        request = urllib.request.Request(self.url + path, body, headers)
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request, timeout=20) as response:
                return int(response.status), response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except (OSError, http.client.HTTPException):
            return 0, ""

    def json(self, path: str) -> Any:
        return json.loads(self.get(path))

    def names(self, slug: str) -> list[str]:
        document = self.json(f"/letters/{slug}/signatories.json")
        return [s["name"] for group in document["groups"] for s in group["signatories"]]

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(sql, values).fetchall()  # type: ignore[arg-type]

    def execute(self, sql: str) -> None:
        """Do something to the database that gives no rows, such as breaking it."""
        with self.connect() as connection:
            connection.execute(sql)  # type: ignore[call-overload]

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        sockets = str(postgres_socket_dir(self.data_dir))
        return psycopg.connect(host=sockets, user="undersigned", dbname="undersigned")

    def processes(self) -> list[psutil.Process]:
        assert self.process
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def process_of(self, word: str) -> psutil.Process:
        """The first process of the site whose command line holds `word`."""

        return eventually(f"a process of {word}", lambda: self.processes_of(word))[0]

    def processes_of(self, word: str) -> list[psutil.Process]:
        """All processes of the site whose command line holds `word`."""
        found = []
        for process in self.processes():
            try:
                if any(word in part for part in process.cmdline()):
                    found.append(process)
            except psutil.NoSuchProcess:
                continue
        return found


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
