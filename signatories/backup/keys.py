"""The keys of a restored site: in DATA_DIR/keys, unless the environment sets them."""

import os
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from campaign import env_values
from campaign.backup import BackupError
from signatories.backup.make import KEYS, PASSWORD_FILE

#: What is kept of keys that were there and that this command did not make.
ASIDE = ".before-restore"


def check(kept: Mapping[str, bytes]) -> None:
    """Raises BackupError where the environment sets another key than the backup has."""
    for variable, member in KEYS.items():
        if os.environ.get(variable) and getattr(settings, variable) != _key(kept, member):
            raise BackupError(
                f"{variable} is set to another value than the site had: set it to the one that "
                "restore FILE --keys prints, or leave it out, and it is kept in DATA_DIR/keys."
            )


def write(kept: Mapping[str, bytes]) -> list[str]:
    """Put keys where the next start finds them; returns notes for the report."""
    notes = []
    for variable, member in KEYS.items():
        if os.environ.get(variable):
            continue
        path = Path(settings.DATA_DIR) / member
        other = path.exists() and path.read_text().strip() != _key(kept, member)
        # A key that this process made when it read the settings is of no use to anybody.
        if other and path not in env_values.made_keys:
            path.rename(path.with_name(path.name + ASIDE))
            notes.append(f"another {variable} was here: it is in {path}{ASIDE}")
        _write_private(path, kept[member])
    password = Path(settings.DATA_DIR) / PASSWORD_FILE
    if PASSWORD_FILE in kept and not password.exists():
        _write_private(password, kept[PASSWORD_FILE])
    return notes


def lines(kept: Mapping[str, bytes]) -> list[str]:
    """The keys as they stand in `.env`."""
    return [f"{variable}={_key(kept, member)}" for variable, member in KEYS.items()]


def wanted(name: str) -> bool:
    """Whether a member is one that this module needs."""
    return name in {*KEYS.values(), PASSWORD_FILE}


def _key(kept: Mapping[str, bytes], member: str) -> str:
    return kept[member].decode().strip()


def _write_private(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.part")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.replace(path)
