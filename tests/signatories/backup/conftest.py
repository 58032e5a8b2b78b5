"""What backups are made of and for."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pyrage
import pytest
from django.conf import settings
from psycopg import sql

from campaign.backup import postgres
from campaign.models import Letter
from signatories.services import moderation
from tests.signatories.backup.elsewhere import EMPTY, Elsewhere, confirmed
from tests.signatories.editions.test_publisher import publish
from tests.signatories.test_signing import sign


@pytest.fixture
def key(tmp_path: Path) -> tuple[Path, str]:
    identity = pyrage.x25519.Identity.generate()
    path = tmp_path / "key.txt"
    path.write_text(f"{identity}\n")
    return path, str(identity.to_public())


@pytest.fixture
def signed(listed: Letter) -> Letter:
    """A public letter with an edition, and a sign-on of each kind."""
    approved, withdrawn = (confirmed(listed, name) for name in ("Quiet Skies", "Loud Bells"))
    moderation.approve(sign_on=approved)
    publish()
    moderation.approve(sign_on=withdrawn)
    publish()
    moderation.withdraw(sign_on=withdrawn)
    sign(listed, "Waiting Body")
    publish()
    evidence = Path(settings.PRIVATE_DIR) / "evidence" / "1" / "letter.pdf"
    evidence.parent.mkdir(parents=True)
    evidence.write_bytes(b"%PDF of the director's yes")
    return listed


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    parameters = postgres.database().parameters
    maintenance = {**parameters, "dbname": "postgres"}
    name = sql.Identifier(EMPTY)
    with psycopg.connect(**maintenance, autocommit=True) as opened:
        opened.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
        opened.execute(sql.SQL("CREATE DATABASE {}").format(name))
    yield Elsewhere(tmp_path / "elsewhere", parameters)
    with psycopg.connect(**maintenance, autocommit=True) as opened:
        opened.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
