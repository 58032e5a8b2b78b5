"""Typed settings from the environment.

Every variable that Undersigned reads is read here, once, and is listed in `.env.example`.
A value that cannot be used raises `ConfigurationError` with one line that names the variable.
"""

import re
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import environs

from campaign.env_mail import (
    EXAMPLE,
    read_email_url,
    read_mail_provider,
    read_webhook_secret,
    shows_password,
)
from campaign.env_values import (
    ConfigurationError,
    Network,
    is_loopback,
    read_directory,
    read_networks,
    read_number,
    read_parts,
    read_secret,
    read_switch,
    read_url,
)
from campaign.mail.providers import Account

#: Different characters. In 32 random hexadecimal digits there are nearly always more.
LEAST_VARIETY = 8
#: How keys begin that stand in this repository or in Django's examples, or were to be changed.
EXAMPLES = (
    "made-up-for-",
    "django-insecure-",
    "change-me",
    "changeme",
    "a secret of the",
    "a token key",
)
#: Bits. fc00::/7 is the widest network that somebody owns (RFC 4193); more is the whole world.
LEAST_PREFIX = 7
#: First parts of addresses that are somebody else's already.
TAKEN_PATHS = {
    "letters",
    "unlisted",
    "sign-ons",
    "invitations",
    "static",
    "health",
    "metrics",
    "dev",
}


@dataclass(frozen=True)
class Environment:
    """What the environment says. Paths are absolute; URLs have no trailing slash."""

    base_dir: Path
    data_dir: Path
    database_url: str
    redis_url: str
    email_url: str
    #: The mail provider that `email_url` names; None for SMTP.
    mail_provider: Account | None
    webhook_secret: str
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
    #: Where the desk of the staff is, without slashes at its ends, and who may come there: anybody
    #: when there is no network.
    admin_path: str
    admin_networks: tuple[Network, ...]
    #: A URI for the `Contact` of security.txt.
    security_contact: str
    rate_limits: bool
    #: Whether staff sign in with a code of their telephone, too.
    require_second_factor: bool
    debug: bool
    behind_pooler: bool
    #: PostgreSQL itself, for backup and restore; empty where `database_url` leads there.
    backup_database_url: str
    #: Public keys: scheduled backups are encrypted to them.
    backup_to: tuple[str, ...]
    backup_passphrase_file: Path | None
    backup_dir: Path
    #: Connections that this process keeps; 0 for one a thread, as commands and workers have it.
    database_pool: int
    #: Of Django; 0 for as many as suit the machine.
    web_processes: int

    @property
    def public_host(self) -> str:
        return public_host_of(self.public_url)

    @property
    def hosts(self) -> list[str]:
        """The names that the site answers to, as they stand in a `Host`, without the port."""
        own = f"[{self.public_host}]" if ":" in self.public_host else self.public_host
        return [own, "localhost", "127.0.0.1", "[::1]"] if self.loopback else [own]

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


def read(base_dir: Path) -> Environment:
    """Read and check the environment, `base_dir/.env` included (real variables win).

    Raises ConfigurationError, naming the variable.
    """
    env = environs.Env()
    env.read_env(base_dir / ".env", recurse=False)

    host = env.str("HOST", "127.0.0.1")
    port = read_number(env, "PORT", 8000, least=1, most=65535)
    if not host:
        raise ConfigurationError("HOST must be an address to listen on, such as 127.0.0.1.")
    public_url = env.str("PUBLIC_URL", "") or f"http://{_url_host(host)}:{port}"
    public_url = public_url.rstrip("/")
    parts = read_parts("PUBLIC_URL", public_url, "https://letters.example.org")
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        raise ConfigurationError(
            f"PUBLIC_URL must look like https://letters.example.org, not {public_url!r}."
        )
    data_dir = Path(env.str("DATA_DIR", "var"))
    data_dir = data_dir if data_dir.is_absolute() else base_dir / data_dir
    mail_from = env.str("MAIL_FROM", "") or f"letters@{_mail_domain(parts.hostname)}"

    environment = Environment(
        base_dir=base_dir,
        data_dir=data_dir,
        database_url=read_url(
            env, "DATABASE_URL", {"postgres", "postgresql"}, "postgres://user:password@host/name"
        ),
        redis_url=read_url(env, "REDIS_URL", {"redis", "rediss", "unix"}, "redis://host:6379/0"),
        email_url=read_email_url(env),
        mail_provider=read_mail_provider(env),
        webhook_secret=read_webhook_secret(env),
        mail_from=mail_from,
        secret_key=read_secret(env, "SECRET_KEY", data_dir),
        token_key=read_secret(env, "TOKEN_KEY", data_dir),
        public_url=public_url,
        host=host,
        port=port,
        editions_dir=read_directory(
            env.str("EDITIONS_URL", ""), data_dir / "editions", "EDITIONS_URL"
        ),
        private_dir=read_directory(
            env.str("PRIVATE_FILES_URL", ""), data_dir / "private", "PRIVATE_FILES_URL"
        ),
        trusted_proxies=read_networks(env, "TRUSTED_PROXIES", least=LEAST_PREFIX),
        caddy_networks=read_networks(env, "CADDY_NETWORKS", least=LEAST_PREFIX),
        admin_path=_admin_path(env),
        admin_networks=read_networks(env, "ADMIN_NETWORKS", least=0),
        security_contact=_security_contact(env, mail_from),
        rate_limits=read_switch(env, "RATE_LIMITS", default=True),
        require_second_factor=read_switch(
            env,
            "REQUIRE_SECOND_FACTOR",
            # On where others can reach the desk.
            default=not (is_loopback(host) and is_loopback(parts.hostname)),
        ),
        debug=read_switch(env, "DEBUG", default=False),
        behind_pooler=read_switch(env, "BEHIND_POOLER", default=False),
        backup_database_url=read_url(
            env,
            "BACKUP_DATABASE_URL",
            {"postgres", "postgresql"},
            "postgres://user:password@host/name",
        ),
        backup_to=_public_keys(env, "BACKUP_TO"),
        backup_passphrase_file=_path(env.str("BACKUP_PASSPHRASE_FILE", ""), base_dir),
        backup_dir=_path(env.str("BACKUP_DIR", ""), base_dir) or data_dir / "backups",
        database_pool=read_number(env, "DATABASE_POOL", 0, least=0, most=100),
        web_processes=read_number(env, "WEB_PROCESSES", 0, least=0, most=64),
    )
    _refuse_unsafe(environment)
    return environment


def _refuse_unsafe(environment: Environment) -> None:
    """Nothing insecure starts where others can reach it; on this machine alone all may be tried."""
    if environment.loopback:
        return
    if not environment.email_url:
        raise ConfigurationError(
            "EMAIL_URL is missing: mails can only be kept on this machine while HOST and "
            f"PUBLIC_URL are loopback. Set EMAIL_URL={EXAMPLE} (see .env.example)."
        )
    if shows_password(environment.email_url):
        raise ConfigurationError(
            "EMAIL_URL would send its password, and every link, in the open. Begin it with "
            "smtp+tls:// (STARTTLS, mostly port 587) or smtps:// (TLS from the start, 465)."
        )
    for name, on in (
        ("RATE_LIMITS=off", not environment.rate_limits),
        ("DEBUG=on", environment.debug),
    ):
        if on:
            raise ConfigurationError(
                f"{name} is refused: it is for trials where HOST and PUBLIC_URL are loopback."
            )
    if not environment.https:
        raise ConfigurationError(
            "PUBLIC_URL must begin with https:// unless HOST and PUBLIC_URL are both loopback: "
            "passwords and links that sign would travel in the open."
        )
    _refuse_guessable(environment)


def _refuse_guessable(environment: Environment) -> None:
    keys = {"SECRET_KEY": environment.secret_key, "TOKEN_KEY": environment.token_key}
    for name, key in keys.items():
        if len(set(key)) < LEAST_VARIETY or key.lower().startswith(EXAMPLES):
            raise ConfigurationError(
                f"{name} can be guessed. Make one with: openssl rand -base64 48"
            )
    if environment.secret_key == environment.token_key:
        raise ConfigurationError(
            "TOKEN_KEY must differ from SECRET_KEY: whoever learns one must not have both."
        )
    if urlsplit(environment.database_url).password == "password":  # noqa: S105 - the example's
        raise ConfigurationError("DATABASE_URL has the password of the example. Choose another.")


def _admin_path(env: environs.Env) -> str:
    value = env.str("ADMIN_PATH", "") or "admin"
    if not re.fullmatch(r"[a-z0-9_-]+(/[a-z0-9_-]+)*", value):
        raise ConfigurationError(
            f"ADMIN_PATH must look like desk, in small letters, without a / at its ends, "
            f"not {value!r}."
        )
    if value.partition("/")[0] in TAKEN_PATHS:
        raise ConfigurationError(f"ADMIN_PATH cannot be {value}: that is where other pages are.")
    return value


def _security_contact(env: environs.Env, mail_from: str) -> str:
    """An https or mailto address, as RFC 9116 section 2.5.3 asks for; by default MAIL_FROM's."""
    value = env.str("SECURITY_CONTACT", "").strip()
    value = value or f"mailto:{parseaddr(mail_from)[1]}"
    if re.fullmatch(r"(https://[^\s/]|mailto:[^\s@]+@)\S+", value):
        return value
    raise ConfigurationError(
        "SECURITY_CONTACT must look like mailto:security@example.org or "
        f"https://example.org/security, not {value!r}."
    )


def _url_host(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _path(value: str, base_dir: Path) -> Path | None:
    return base_dir / value if value else None  # an absolute path stays what it is


def _public_keys(env: environs.Env, name: str) -> tuple[str, ...]:
    """Keys of age, or of ssh, in which spaces stand: so commas separate them."""
    keys = tuple(word.strip() for word in env.str(name, "").split(",") if word.strip())
    for key in keys:
        if not re.fullmatch(r"age1[a-z0-9]+|ssh-(ed25519|rsa) \S+( .*)?", key):
            raise ConfigurationError(
                f"{name} must hold public keys, age1… or ssh-ed25519 …, with commas between them."
            )
    return keys
