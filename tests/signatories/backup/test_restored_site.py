"""A site lost and restored, as an operator does it: by the commands, on real processes."""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyrage
import pytest
from django.conf import settings

from tests.faults.test_processes import FORM, LETTER, post
from tests.servers import Sink
from tests.signatories.confirm_page import fields_in
from tests.site import Site, eventually

pytestmark = pytest.mark.processes
FILES = ["", "sign/", "signatories.json", "signatories.csv", "letter.pdf", "letter.json", "text.md"]
#: The verbs of staff, run beside the site.
VERB = (
    "from signatories.models import SignOn; from signatories.services import moderation; "
    "moderation.{verb}(sign_on=SignOn.objects.get(listed_name='{name}'))"
)


@dataclass
class Keys:
    private: Path
    public: str


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    identity = pyrage.x25519.Identity.generate()
    path = tmp_path_factory.mktemp("keys") / "backup-key.txt"
    path.write_text(f"{identity}\n")
    return Keys(path, str(identity.to_public()))


@pytest.fixture
def own_sink() -> Iterator[Sink]:
    """A mail server of its own: links of another site in mails about the same names are others."""
    sink = Sink()
    sink.start()
    yield sink
    sink.stop()


@pytest.fixture
def lost(tmp_path: Path, own_sink: Sink) -> Iterator[Site]:
    """A site of its own, with sign-ons in several states and several editions."""
    site = Site(tmp_path / "lost" / "var", email_url=own_sink.url)
    site.data_dir.parent.mkdir()
    site.start()
    for name in ("Quiet Skies", "Loud Bells", "Late Comers"):
        confirmed(site, own_sink, name)
    decide(site, "approve", "Quiet Skies")
    decide(site, "approve", "Loud Bells")
    eventually("both are listed", lambda: {"Quiet Skies", "Loud Bells"} <= listed(site))
    decide(site, "withdraw", "Loud Bells")
    eventually("one is not listed", lambda: "Loud Bells" not in listed(site))
    assert post(site, "Waiting Body") == 302
    settled(site)
    yield site
    site.stop()


def listed(site: Site) -> set[str]:
    return set(site.names("sample-letter"))


def decide(site: Site, verb: str, name: str) -> None:
    site.manage("shell", "--verbosity=0", "--command", VERB.format(verb=verb, name=name))


def mailed_links(sink: Sink, name: str) -> dict[str, str]:
    """The paths behind the links in the mails that name an organisation, by what they do."""
    found: dict[str, str] = {}
    for message in list(sink.messages):
        body = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        if name in body:
            found |= {do: path for path, do in re.findall(r"(/sign-ons/(\w+)/\S+/)", body)}
    return found


def confirmed(site: Site, sink: Sink, name: str) -> None:
    assert site.post(f"{LETTER}sign/", {**FORM, "organisation": name}) == 302
    eventually(f"the mail to {name}", lambda: "confirm" in mailed_links(sink, name))
    link = mailed_links(sink, name)["confirm"]
    assert site.post(link, fields_in(site.get(link).decode())) in {200, 302}
    status = "SELECT status FROM signatories_signon WHERE listed_name = %s"
    assert site.query(status, name) == [("pending",)]


def settled(site: Site) -> None:
    """Wait until readers have all that was wanted, the PDF included."""
    behind = "SELECT count(*) FROM campaign_publication WHERE published < wanted"
    eventually("nothing is left to publish", lambda: site.query(behind) == [(0,)])
    assert site.json(f"{LETTER}manifest.json")["complete"]


def served(site: Site) -> dict[str, str]:
    paths = [*(LETTER + file for file in [*FILES, "manifest.json"]), "/"]
    return {path: hashlib.sha256(site.get(path)).hexdigest() for path in paths}


def edition(site: Site) -> int:
    return int(site.json(f"{LETTER}manifest.json")["edition"])


def restore(site: Site, path: Path, keys: Keys) -> str:
    result = subprocess.run(
        [sys.executable, "manage.py", "restore", path, "--identity", keys.private],
        cwd=settings.BASE_DIR,
        env=site.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr + result.stdout
    return result.stdout


def test_a_second_empty_place_serves_the_same_editions_digest_by_digest(
    lost: Site, own_sink: Sink, keys: Keys, tmp_path: Path
) -> None:
    before, number = served(lost), edition(lost)
    assert number > 2
    lost.manage("backup", str(tmp_path / "site.age"), "--to", keys.public)
    lost.stop()
    # While it is stopped, too: before an upgrade, say.
    lost.manage("backup", str(tmp_path / "stopped.age"), "--to", keys.public)
    assert (tmp_path / "stopped.age").stat().st_size > 100_000

    # Another machine under the same name, in a place that is closed to others.
    place = tmp_path / "second" / "var"
    place.parent.mkdir(mode=0o700)
    second = Site(place, email_url=own_sink.url, PUBLIC_URL=lost.url)
    report = restore(second, tmp_path / "site.age", keys)
    assert "DIFFERS" not in report
    assert f"letters/sample-letter: edition {number}, 8 files, digest by digest" in report
    try:
        second.start()
        settled(second)
        assert served(second) == before
        assert edition(second) == number

        # Links of before work, for who is listed and for who has not confirmed yet.
        manage = mailed_links(own_sink, "Quiet Skies")["manage"]
        assert second.status(manage) == 200
        waiting = mailed_links(own_sink, "Waiting Body")["confirm"]
        fields = fields_in(second.get(waiting).decode())
        assert second.post(waiting, fields) in {200, 302}
        statuses = dict(second.query("SELECT listed_name, status FROM signatories_signon"))
        assert statuses["Waiting Body"] == "pending"
        assert statuses["Loud Bells"] == "withdrawn"
        assert "Waiting Body" not in listed(second)
        password = (lost.data_dir / "admin-password").read_text()
        assert (second.data_dir / "admin-password").read_text() == password

        # And life goes on, with the next number.
        decide(second, "approve", "Late Comers")
        eventually("it is listed", lambda: "Late Comers" in listed(second))
        assert edition(second) == number + 1
    finally:
        second.stop()


def test_after_the_loss_of_the_database_numbers_go_on_above_what_was_public(
    lost: Site, keys: Keys, tmp_path: Path
) -> None:
    number = edition(lost)
    lost.manage("backup", str(tmp_path / "site.age"), "--to", keys.public)
    decide(lost, "approve", "Late Comers")
    eventually("it is listed", lambda: "Late Comers" in listed(lost))
    settled(lost)
    lost.stop()
    shutil.rmtree(lost.data_dir / "postgres")

    report = restore(lost, tmp_path / "site.age", keys)
    assert f"letters/sample-letter: numbers {number + 1} were published" in report
    kept = (lost.data_dir / "backups" / "public-before-restore").glob("*/letters-sample-letter")
    assert "Late Comers" in (next(kept) / "signatories.csv").read_text()
    lost.start()
    eventually("the next edition", lambda: edition(lost) == number + 2)
    assert "Late Comers" not in listed(lost)
    assert "Quiet Skies" in listed(lost)


def test_while_the_site_runs_a_restore_is_refused(site: Site, keys: Keys, tmp_path: Path) -> None:
    site.manage("backup", str(tmp_path / "site.age"), "--to", keys.public)
    command = site.start_command(
        "restore", str(tmp_path / "site.age"), "--identity", str(keys.private)
    )
    _, errors = command.communicate()
    assert command.returncode != 0
    assert errors.startswith("CommandError: it is already running with DATA_DIR")
    assert len(errors.strip().splitlines()) == 1
    assert site.status(LETTER) == 200
