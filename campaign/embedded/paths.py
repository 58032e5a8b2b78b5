"""Where the embedded servers keep their sockets."""

import hashlib
import os
import tempfile
from pathlib import Path

from campaign.env_values import ConfigurationError

#: The kernel takes at most 107 bytes for the path of a socket (sun_path in unix(7)).
LONGEST_SOCKET_PATH = 107
#: The longest of our socket names, inside `socket_dir`.
LONGEST_NAME = "postgres/.s.PGSQL.5432"


def socket_dir(data_dir: Path) -> Path:
    """The directory of the sockets: `data_dir/run`, or a short one when that is too deep.

    Makes nothing; `make_socket_dir` does. Raises ConfigurationError when the short directory
    exists and belongs to somebody else, who would otherwise hear what we say.
    """
    run = data_dir / "run"
    if len(os.fsencode(run / LONGEST_NAME)) <= LONGEST_SOCKET_PATH:
        return run
    digest = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:16]
    short = Path(tempfile.gettempdir()) / f"undersigned-{os.geteuid()}-{digest}"
    if len(os.fsencode(short / LONGEST_NAME)) > LONGEST_SOCKET_PATH:
        raise ConfigurationError(f"DATA_DIR and TMPDIR are both too deep for sockets: {data_dir}")
    if os.path.lexists(short) and (short.is_symlink() or short.stat().st_uid != os.geteuid()):
        raise ConfigurationError(f"{short} should hold our sockets, but is not ours: remove it.")
    return short


def postgres_socket_dir(data_dir: Path) -> Path:
    """The directory of PostgreSQL's socket. Who may enter it may use the database."""
    return socket_dir(data_dir) / "postgres"


def make_socket_dir(data_dir: Path) -> Path:
    """Make the directory of the sockets, ours, and return it.

    Others may pass through (PostgreSQL does, under another uid), never list or write.
    """
    directory = socket_dir(data_dir)
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o711)
    return directory
