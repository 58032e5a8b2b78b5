"""The lock of a DATA_DIR: one supervisor at a time, and the settings that it runs with."""

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from campaign.embedded.errors import CannotStartError
from campaign.env import Environment
from campaign.tokens import keyed_hash


def _path(environment: Environment) -> Path:
    return environment.data_dir / "run" / "up.lock"


def _told(environment: Environment) -> dict[str, str]:
    """What every process that mails or publishes must agree on, without its secrets."""
    return {
        "TOKEN_KEY": keyed_hash("TOKEN_KEY", ""),
        "PUBLIC_URL": environment.public_url,
        "EMAIL_URL": keyed_hash("EMAIL_URL", environment.email_url),
    }


@contextlib.contextmanager
def only_one(environment: Environment) -> Iterator[None]:
    """Hold the lock of DATA_DIR. The kernel lets go of it when we die, however we die.

    Raises CannotStartError when it is held.
    """
    path = _path(environment)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as lock:
        try:
            _take(lock)
        except BlockingIOError as error:
            lock.seek(0)
            where = [*map(str.strip, lock), "", ""][1]
            raise CannotStartError(
                f"it is already running with DATA_DIR {environment.data_dir}, at {where}."
            ) from error
        lock.truncate(0)
        lock.writelines(f"{value}\n" for value in _told(environment).values())
        lock.flush()
        yield


def _take(lock: TextIO) -> None:
    """Twice, as somebody may just be looking (`differing`)."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(0.1)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def differing(environment: Environment) -> list[str]:
    """The names of the settings in which this process differs from a running `up`.

    Whoever runs a command in another shell may have given `up` settings that the shell has not:
    its mails would go elsewhere, with links that lead elsewhere.
    """
    try:
        with _path(environment).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                running = [line.strip() for line in lock]
            else:  # nothing is running
                return []
    except OSError:  # nothing ran here, or nothing that is ours
        return []
    mine = _told(environment)
    # One that has just begun may not have written yet.
    different = [name for name, value in zip(mine, running, strict=False) if mine[name] != value]
    # With another key the rest looks different, too.
    return different[:1] if "TOKEN_KEY" in different else different
