"""A second, empty database on the same server, and the commands there."""

import io
import os
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings

from campaign.backup import postgres, sealing
from campaign.models import Letter
from tests.signatories.test_signing import confirm, sign

EMPTY = "restored"


def confirmed(letter: Letter, name: str) -> Any:
    sign_on = sign(letter, name)
    confirm(sign_on)
    return sign_on


@dataclass
class Elsewhere:
    """A second, empty database with a DATA_DIR of its own, and the commands there."""

    data_dir: Path
    parameters: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        place = "&".join(f"{key}={self.parameters[key]}" for key in ("host", "user"))
        self.environment = {
            **os.environ,
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": f"postgres:///{EMPTY}?{place}",
            "EDITIONS_URL": "",
            "PRIVATE_FILES_URL": "",
        }

    def restore(self, path: Path, key: Path, *words: str, **environment: str) -> Any:
        return subprocess.run(
            [sys.executable, "manage.py", "restore", path, "--identity", key, *words],
            cwd=settings.BASE_DIR,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def refusal(self, path: Path, key: Path, **environment: str) -> str:
        """The one line that it ends with; nothing is there then."""
        result = self.restore(path, key, **environment)
        assert result.returncode == 1
        lines = result.stderr.strip().splitlines()
        assert len(lines) == 1, result.stderr
        assert result.stdout == ""
        return str(lines[0])

    def query(self, statement: str) -> list[Any]:
        with self.connect() as opened:
            return opened.execute(statement).fetchall() if statement else []

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(**{**self.parameters, "dbname": EMPTY})

    def tables(self) -> list[tuple[str, str]]:
        with self.connect() as opened:
            return postgres.tables(opened)


def files_in(path: Path, key: Path) -> dict[str, bytes]:
    """Everything that a backup holds, as the ordinary tools would unpack it."""
    with sealing.opened(path, identity=key) as stream:
        content = stream.read()
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]


def url_of_the_test_database(more: str = "") -> str:
    parameters = postgres.database().parameters
    place = "&".join(f"{name}={parameters[name]}" for name in ("host", "user"))
    return f"postgres:///{parameters['dbname']}?{place}{more}"
