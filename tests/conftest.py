"""Fixtures for all tests. The servers they need are started by tests/servers.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from campaign.letter_file import read_letter_file
from campaign.models import Letter
from signatories.services.loading import load
from tests.servers import Sink
from tests.site import Site

LETTER = """---
slug: ours
title: Act now
language: en-GB
sender: The Coalition
contact: coordinator@example.org
addressee: [The Minister]
salutation: "Dear Minister:"
closing: Regards,
groups:
  - {key: committee, title: The Committee}
  - {key: partners, title: Partners}
default_group: partners
---

Please act **now**.
"""
LIST = b"group,organisation\ncommittee,Alpha Aid\npartners,Beta Bridges\n"


@pytest.fixture(scope="session", autouse=True)
def _static_files() -> None:
    """Pages name the style sheet by its digest, which collectstatic gives it."""
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture(autouse=True)
def _own_stores(settings: Settings, tmp_path: Path) -> None:
    """Editions and private files of one test are not those of another."""
    settings.EDITIONS_DIR = tmp_path / "editions"
    settings.PRIVATE_DIR = tmp_path / "private"


@pytest.fixture
def letter(db: None) -> Letter:
    """An open, public letter with two groups and no signatories."""
    return load(read_letter_file(LETTER.encode()), open_it=True).applied.letter


@pytest.fixture
def draft(db: None) -> Letter:
    """The same letter, as a draft."""
    return load(read_letter_file(LETTER.encode())).applied.letter


@pytest.fixture
def listed(letter: Letter) -> Letter:
    """The open letter with two signatories."""
    load(read_letter_file(LETTER.encode()), signatories=LIST)
    return letter


@pytest.fixture(scope="session")
def sink() -> Iterator[Sink]:
    """The mail server of the running site."""
    sink = Sink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture(scope="session")
def site(sink: Sink, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The whole product, running."""
    site = Site(tmp_path_factory.mktemp("site") / "var", email_url=sink.url)
    site.start()
    yield site
    site.stop()
