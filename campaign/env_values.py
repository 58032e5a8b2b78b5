"""Reading single values from the environment, each with one line for what cannot be used."""

import ipaddress
import re
import secrets
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import environs

LEAST_SECRET = 32  # characters
LOOPBACK_NAMES = {"localhost", "127.0.0.1", "::1"}
#: Keys that this process has made, because there were none: `restore` replaces them.
made_keys: set[Path] = set()
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConfigurationError(Exception):
    """A setting is missing or cannot be used; the message is one line for the operator."""


def is_loopback(host: str) -> bool:
    if host in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_number(env: environs.Env, name: str, default: int, *, least: int, most: int) -> int:
    value = env.str(name, "").strip() or str(default)
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise ConfigurationError(f"{name} must be a number from {least} to {most}, not {value!r}.")
    return int(value)


def read_networks(env: environs.Env, name: str, *, least: int) -> tuple[Network, ...]:
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


def read_parts(name: str, url: str, example: str) -> SplitResult:
    """The parts of an address, its port checked. The error does not repeat a password."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError
    except ValueError as error:
        raise ConfigurationError(f"{name} must look like {example}.") from error
    return parts


def read_url(env: environs.Env, name: str, schemes: set[str], example: str) -> str:
    value: str = env.str(name, "")
    parts = read_parts(name, value, example)
    place = parts.path if parts.scheme == "unix" else parts.hostname or parts.query
    if value and (parts.scheme not in schemes or not place):
        raise ConfigurationError(f"{name} must look like {example}.")
    return value


def read_secret(env: environs.Env, name: str, data_dir: Path) -> str:
    value: str = env.str(name, "")
    if not value:
        return kept_secret(data_dir, name.lower().replace("_", "-"))
    if len(value) < LEAST_SECRET:
        raise ConfigurationError(f"{name} must have at least {LEAST_SECRET} characters.")
    return value


def read_switch(env: environs.Env, name: str, *, default: bool) -> bool:
    value = env.str(name, "").strip().lower()
    if not value:
        return default
    if value in {"on", "1", "true", "yes"}:
        return True
    if value in {"off", "0", "false", "no"}:
        return False
    raise ConfigurationError(f"{name} must be on or off, not {value!r}.")


def read_directory(url: str, default: Path, name: str) -> Path:
    """The directory that a file:// URL names. Raises ConfigurationError for another scheme."""
    if not url:
        return default
    parts = read_parts(name, url, "file:///srv/undersigned")
    if parts.scheme != "file" or parts.netloc or not parts.path.startswith("/"):
        raise ConfigurationError(f"{name} must look like file:///srv/undersigned, not {url!r}.")
    return Path(unquote(parts.path))


def kept_secret(data_dir: Path, name: str) -> str:
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
                made_keys.add(path)
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
