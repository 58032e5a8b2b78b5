"""Typed settings from the environment.

Every variable that Undersigned reads is read here, once, and is listed in `.env.example`.
A value that cannot be used raises `ConfigurationError` with one line that names the variable.
"""

import ipaddress
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import environs

LEAST_SECRET = 32  # characters
LOOPBACK_NAMES = {"localhost", "127.0.0.1", "::1"}
#: Bits. fc00::/7 is the widest network that somebody owns (RFC 4193); more is the whole world.
LEAST_PREFIX = 7

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConfigurationError(Exception):
    """A setting is missing or cannot be used; the message is one line for the operator."""


@dataclass(frozen=True)
class Environment:
    """What the environment says. Paths are absolute; URLs have no trailing slash."""

    base_dir: Path
    data_dir: Path
    database_url: str
    redis_url: str
    email_url: str
    mail_from: str
    secret_key: str
    token_key: str
    public_url: str
    host: str
    port: int
    editions_dir: Path
    private_dir: Path
    trusted_proxies: tuple[Network, ...]
    #: Where our own Caddy asks from, beside this machine.
    caddy_networks: tuple[Network, ...]
    rate_limits: bool
    debug: bool
    behind_pooler: bool
    #: Connections that this process keeps; 0 for one a thread, as commands and workers have it.
    database_pool: int
    #: Of Django; 0 for as many as suit the machine.
    web_processes: int

    @property
    def public_host(self) -> str:
        return public_host_of(self.public_url)

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def loopback(self) -> bool:
        """Whether everything is on this machine, as in a trial: no mail may leave it."""
        return is_loopback(self.host) and is_loopback(self.public_host)

    @property
    def embedded_postgres(self) -> bool:
        return not self.database_url

    @property
    def embedded_valkey(self) -> bool:
        return not self.redis_url


def public_host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def _mail_domain(host: str) -> str:
    """The host, or localhost for an address, which is no domain (RFC 5321 section 4.1.2)."""
    return host if not host.replace(".", "").isdigit() and ":" not in host else "localhost"


def is_loopback(host: str) -> bool:
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read(base_dir: Path) -> Environment:
    """Read and check the environment, `base_dir/.env` included (real variables win).

    Raises ConfigurationError, naming the variable.
    """
    env = environs.Env()
    env.read_env(base_dir / ".env", recurse=False)

    host = env.str("HOST", "127.0.0.1")
    port = _number(env, "PORT", 8000, least=1, most=65535)
    if not host:
        raise ConfigurationError("HOST must be an address to listen on, such as 127.0.0.1.")
    public_url = env.str("PUBLIC_URL", "") or f"http://{_url_host(host)}:{port}"
    public_url = public_url.rstrip("/")
    parts = _parts("PUBLIC_URL", public_url, "https://letters.example.org")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise ConfigurationError(
            f"PUBLIC_URL must look like https://letters.example.org, not {public_url!r}."
        )
    data_dir = Path(env.str("DATA_DIR", "var"))
    data_dir = data_dir if data_dir.is_absolute() else base_dir / data_dir

    environment = Environment(
        base_dir=base_dir,
        data_dir=data_dir,
        database_url=_url(
            env, "DATABASE_URL", {"postgres", "postgresql"}, "postgres://user:password@host/name"
        ),
        redis_url=_url(env, "REDIS_URL", {"redis", "rediss", "unix"}, "redis://host:6379/0"),
        email_url=_url(
            env, "EMAIL_URL", {"smtp", "smtps", "smtp+tls"}, "smtp://user:password@host:port"
        ),
        mail_from=env.str("MAIL_FROM", "") or f"letters@{_mail_domain(parts.hostname)}",
        secret_key=_secret(env, "SECRET_KEY", data_dir),
        token_key=_secret(env, "TOKEN_KEY", data_dir),
        public_url=public_url,
        host=host,
        port=port,
        editions_dir=_directory(env.str("EDITIONS_URL", ""), data_dir / "editions", "EDITIONS_URL"),
        private_dir=_directory(
            env.str("PRIVATE_FILES_URL", ""), data_dir / "private", "PRIVATE_FILES_URL"
        ),
        trusted_proxies=_networks(env, "TRUSTED_PROXIES", least=LEAST_PREFIX),
        caddy_networks=_networks(env, "CADDY_NETWORKS", least=LEAST_PREFIX),
        rate_limits=_switch(env, "RATE_LIMITS", default=True),
        debug=_switch(env, "DEBUG", default=False),
        behind_pooler=_switch(env, "BEHIND_POOLER", default=False),
        database_pool=_number(env, "DATABASE_POOL", 0, least=0, most=100),
        web_processes=_number(env, "WEB_PROCESSES", 0, least=0, most=64),
    )
    _refuse_unsafe(environment)
    return environment


def _refuse_unsafe(environment: Environment) -> None:
    if environment.loopback:
        return
    if not environment.email_url:
        raise ConfigurationError(
            "EMAIL_URL is missing: mails can only be kept on this machine while HOST and "
            "PUBLIC_URL are loopback. Set EMAIL_URL=smtp://user:password@host:port "
            "(see .env.example)."
        )
    if not environment.rate_limits:
        raise ConfigurationError(
            "RATE_LIMITS=off is refused: it is for trials where HOST and PUBLIC_URL are loopback."
        )
    if environment.debug:
        raise ConfigurationError(
            "DEBUG=on is refused: it is for trials where HOST and PUBLIC_URL are loopback."
        )


def _number(env: environs.Env, name: str, default: int, *, least: int, most: int) -> int:
    value = env.str(name, "").strip() or str(default)
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise ConfigurationError(f"{name} must be a number from {least} to {most}, not {value!r}.")
    return int(value)


def _networks(env: environs.Env, name: str, *, least: int) -> tuple[Network, ...]:
    """The networks, with spaces or commas between them; none narrower than `least` bits.

    A single address is a network of itself.
    """
    networks: list[Network] = []
    for word in re.findall(r"[^\s,]+", env.str(name, "")):
        try:
            network = ipaddress.ip_network(word)
        except ValueError as error:
            raise ConfigurationError(
                f"{name} must be networks such as 10.0.0.0/8, not {word!r}: {error}."
            ) from error
        if network.prefixlen < least:
            raise ConfigurationError(f"{name} is refused: {word} lets in the whole world.")
        networks.append(network)
    return tuple(networks)


def _parts(name: str, url: str, example: str) -> SplitResult:
    """The parts of an address, its port checked. The error does not repeat a password."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError
    except ValueError as error:
        raise ConfigurationError(f"{name} must look like {example}.") from error
    return parts


def _url(env: environs.Env, name: str, schemes: set[str], example: str) -> str:
    value: str = env.str(name, "")
    parts = _parts(name, value, example)
    place = parts.path if parts.scheme == "unix" else parts.hostname or parts.query
    if value and (parts.scheme not in schemes or not place):
        raise ConfigurationError(f"{name} must look like {example}.")
    return value


def _secret(env: environs.Env, name: str, data_dir: Path) -> str:
    value: str = env.str(name, "")
    if not value:
        return _kept_secret(data_dir, name.lower().replace("_", "-"))
    if len(value) < LEAST_SECRET:
        raise ConfigurationError(f"{name} must have at least {LEAST_SECRET} characters.")
    return value


def _url_host(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _switch(env: environs.Env, name: str, *, default: bool) -> bool:
    value = env.str(name, "on" if default else "off").strip().lower()
    if value in {"on", "1", "true", "yes"}:
        return True
    if value in {"off", "0", "false", "no", ""}:
        return False
    raise ConfigurationError(f"{name} must be on or off, not {value!r}.")


def _directory(url: str, default: Path, name: str) -> Path:
    """The directory that a file:// URL names. Raises ConfigurationError for another scheme."""
    if not url:
        return default
    parts = _parts(name, url, "file:///srv/undersigned")
    if parts.scheme != "file" or parts.netloc or not parts.path.startswith("/"):
        raise ConfigurationError(f"{name} must look like file:///srv/undersigned, not {url!r}.")
    return Path(unquote(parts.path))


def _kept_secret(data_dir: Path, name: str) -> str:
    """The secret kept in `data_dir/keys/NAME`, made on first use, readable by its owner only.

    Raises ConfigurationError when it can be neither read nor written.
    """
    path = data_dir / "keys" / name
    variable = name.replace("-", "_").upper()
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_name(f".{name}-{secrets.token_hex(8)}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(48))
            try:
                # A link, unlike a rename, never replaces a key that another process made meanwhile.
                path.hardlink_to(draft)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        value = path.read_text().strip()
    except OSError as error:
        raise ConfigurationError(
            f"{variable} is not set, and DATA_DIR ({data_dir}) cannot keep one: {error.strerror}."
        ) from error
    if len(value) < LEAST_SECRET:
        raise ConfigurationError(
            f"{path} is damaged: it should hold at least {LEAST_SECRET} characters."
        )
    return value
