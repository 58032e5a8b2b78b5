"""What a site needs before it serves: tables, static files, an administrator, a sample letter."""

import gzip
import hashlib
import io
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import brotli
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from campaign.embedded.errors import CannotStartError
from campaign.models import Letter
from campaign.publication import gathered, want

COMPRESSIBLE = {".css", ".js", ".svg", ".html", ".txt", ".json"}
ADMINISTRATOR = "admin"

Say = Callable[[str], None]


def reach_database() -> None:
    """Raises CannotStartError, with what the database said in one line."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        reason = " ".join(str(error).split())
        raise CannotStartError(f"the database does not answer: {reason}") from error


def migrate(say: Say) -> None:
    """Bring the tables up to date. Asking first saves the second start most of a second."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Making the tables")
        call_command("migrate", verbosity=0, interactive=False)


def collect_static(say: Say) -> None:
    """Collect and compress the static files, unless none has changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    print_ = _static_fingerprint()
    if stamp.exists() and stamp.read_text() == print_:
        return
    say("Collecting static files")
    # Nothing is cleared: editions refer to the styles that they were published with.
    call_command("collectstatic", verbosity=0, interactive=False)
    for path in Path(settings.STATIC_ROOT).rglob("*"):
        if path.suffix in COMPRESSIBLE and path.is_file():
            _compress(path)
    stamp.write_text(print_)


def _static_fingerprint() -> str:
    digest = hashlib.sha256()
    for line in sorted(_static_sources()):
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def _static_sources() -> Iterator[str]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            yield f"{name} {status.st_size} {status.st_mtime_ns}"


def _compress(path: Path) -> None:
    content = path.read_bytes()
    for suffix, compressed in (
        (".br", brotli.compress(content, quality=9)),
        (".gz", gzip.compress(content, 9, mtime=0)),
    ):
        path.with_name(path.name + suffix).write_bytes(compressed)


def make_administrator(password_file: Path) -> None:
    """The first administrator, when there is none; the password can be read in the file."""
    users = get_user_model()._default_manager
    if users.filter(is_superuser=True).exists():
        return
    password = secrets.token_urlsafe(12)
    # The file first: an administrator whose password nobody knows would be there for good.
    password_file.unlink(missing_ok=True)
    handle = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(f"{password}\n")
    # Stopped in between, it would leave one who can never sign in, and whom no start mends.
    with transaction.atomic():
        call_command(
            "createsuperuser", username=ADMINISTRATOR, email="", interactive=False, verbosity=0
        )
        user = users.get_by_natural_key(ADMINISTRATOR)
        user.set_password(password)
        user.save(update_fields=["password"])


def ask_for_editions() -> None:
    """Pages may look new after an upgrade; where nothing differs, nothing is published."""
    with transaction.atomic(), gathered():
        for letter in Letter.objects.all():
            want(letter)
        want(None)


def load_sample(say: Say) -> bool:
    """The sample letter, when there is no letter at all. Returns whether it was loaded."""
    if Letter.objects.exists():
        return False
    say("Loading the sample letter")
    sample = settings.BASE_DIR / "sample"
    call_command(
        "load_letter",
        str(sample / "letter.md"),
        signatories=sample / "signatories.csv",
        open=True,
        stdout=io.StringIO(),
    )
    return True
