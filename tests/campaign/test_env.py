import ast
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from campaign import env

ROOT = Path(__file__).resolve().parents[2]
#: Read by docker-compose.yml alone.
COMPOSE_ONLY = {"POSTGRES_PASSWORD"}
KEY = "0123456789-of-a-key-that-is-long-enough"
PUBLIC = {"PUBLIC_URL": "https://letters.example.org", "EMAIL_URL": "smtp://localhost"}


def names_in_env() -> set[str]:
    """The variables that are read: the names in capitals that are passed to a reader."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / "campaign").glob("env*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    constants = [a.value for call in calls for a in call.args if isinstance(a, ast.Constant)]
    return {c for c in constants if isinstance(c, str) and re.fullmatch(r"[A-Z][A-Z_]+", c)}


def names_in_example() -> list[str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return [match[1] for line in lines if (match := re.match(r"#([A-Z][A-Z_]+)=", line))]


@pytest.fixture(autouse=True)
def environ() -> Iterator[None]:
    """No variable of ours set, and none left behind: reading a `.env` sets them."""
    with mock.patch.dict(os.environ):
        for name in names_in_env():
            os.environ.pop(name, None)
        yield


def test_the_keys_of_backups_are_split_at_commas(tmp_path: Path) -> None:
    os.environ["BACKUP_TO"] = "age1qqq, ssh-ed25519 AAAA me@home"
    read = env.read(tmp_path)
    assert read.backup_to == ("age1qqq", "ssh-ed25519 AAAA me@home")
    assert read.backup_dir == tmp_path / "var" / "backups"


@pytest.mark.parametrize("value", ["ada@example.org", "AGE-SECRET-KEY-1QQQ", "age1qqq age1www"])
def test_what_is_no_public_key_for_backups_is_refused(tmp_path: Path, value: str) -> None:
    os.environ["BACKUP_TO"] = value
    with pytest.raises(env.ConfigurationError, match="BACKUP_TO must hold public keys") as caught:
        env.read(tmp_path)
    assert value not in str(caught.value)  # it may be the private one


def test_the_example_names_every_variable_once() -> None:
    assert len(names_in_env()) > 10
    assert sorted(names_in_example()) == sorted(names_in_env() | COMPOSE_ONLY)


def test_the_example_sets_nothing_until_it_is_edited() -> None:
    assert [
        line
        for line in (ROOT / ".env.example").read_text().splitlines()
        if line and not line.startswith("#")
    ] == []


def test_each_variable_of_the_example_has_a_comment_above_it() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    for index, line in enumerate(lines):
        if re.match(r"#[A-Z][A-Z_]+=", line):
            assert lines[index - 1].startswith("#"), line


@pytest.mark.parametrize(
    ("values", "required"),
    [
        ({}, False),
        (PUBLIC, True),
        ({**PUBLIC, "REQUIRE_SECOND_FACTOR": ""}, True),
        ({**PUBLIC, "REQUIRE_SECOND_FACTOR": "off"}, False),
        ({**PUBLIC, "HOST": "0.0.0.0"}, True),
        ({"REQUIRE_SECOND_FACTOR": "on"}, True),
    ],
)
def test_a_second_factor_is_required_where_others_can_reach_the_desk(
    tmp_path: Path, values: dict[str, str], required: bool
) -> None:
    os.environ.update(values)
    assert env.read(tmp_path).require_second_factor is required


def test_nothing_set_is_a_trial_on_this_machine(tmp_path: Path) -> None:
    environment = env.read(tmp_path)
    assert environment.loopback
    assert environment.public_url == "http://127.0.0.1:8000"
    assert environment.data_dir == tmp_path / "var"
    assert environment.editions_dir == tmp_path / "var/editions"
    assert environment.private_dir == tmp_path / "var/private"
    assert environment.embedded_postgres
    assert environment.embedded_valkey
    assert environment.rate_limits


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"PORT": "eight"}, "PORT"),
        ({"PORT": "0"}, "PORT"),
        ({"PORT": "65536"}, "PORT"),
        ({"PUBLIC_URL": "letters.example.org"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "ftp://letters.example.org"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://letters.example.org/letters"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "http://["}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "https://letters.example.org?x=1"}, "PUBLIC_URL"),
        ({"HOST": ""}, "HOST"),
        ({"TRUSTED_PROXIES": "10.0.0.0/33"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "10.0.0.1/8"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "proxy.example.org"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8 0.0.0.0/0"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "::/0"}, "TRUSTED_PROXIES"),
        ({"TRUSTED_PROXIES": "0.0.0.0/1,128.0.0.0/1"}, "TRUSTED_PROXIES"),
        ({"CADDY_NETWORKS": "0.0.0.0/0"}, "CADDY_NETWORKS"),
        ({"CADDY_NETWORKS": "caddy"}, "CADDY_NETWORKS"),
        ({"ADMIN_NETWORKS": "office"}, "ADMIN_NETWORKS"),
        ({"ADMIN_PATH": "/desk/"}, "ADMIN_PATH"),
        ({"ADMIN_PATH": "Desk"}, "ADMIN_PATH"),
        ({"ADMIN_PATH": "a desk"}, "ADMIN_PATH"),
        ({"ADMIN_PATH": "letters"}, "ADMIN_PATH"),
        ({"ADMIN_PATH": "static/desk"}, "ADMIN_PATH"),
        ({"SECURITY_CONTACT": "nobody"}, "SECURITY_CONTACT"),
        ({"SECURITY_CONTACT": "http://example.org/"}, "SECURITY_CONTACT"),
        ({"SECURITY_CONTACT": "mailto:a@example.org\nX: y"}, "SECURITY_CONTACT"),
        ({**PUBLIC, "PUBLIC_URL": "http://letters.example.org"}, "PUBLIC_URL"),
        ({**PUBLIC, "PUBLIC_URL": "http://127.0.0.1:8000", "HOST": "0.0.0.0"}, "PUBLIC_URL"),
        ({**PUBLIC, "SECRET_KEY": "s" * 48}, "SECRET_KEY"),
        ({**PUBLIC, "TOKEN_KEY": "abab" * 12}, "TOKEN_KEY"),
        ({**PUBLIC, "SECRET_KEY": "made-up-for-the-build-and-used-nowhere"}, "SECRET_KEY"),
        ({**PUBLIC, "SECRET_KEY": KEY, "TOKEN_KEY": KEY}, "TOKEN_KEY"),
        ({**PUBLIC, "DATABASE_URL": "postgres://u:password@db/name"}, "DATABASE_URL"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ({"DATABASE_URL": "nonsense://x/y"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://u:p@host:abc/name"}, "DATABASE_URL"),
        ({"REDIS_URL": "localhost"}, "REDIS_URL"),
        ({"EMAIL_URL": "smtp://host:99999"}, "EMAIL_URL"),
        ({"EMAIL_URL": "smtp://user:secret#x@host:25"}, "EMAIL_URL"),
        ({"EMAIL_URL": "mail.example.org"}, "EMAIL_URL"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"TOKEN_KEY": "short"}, "TOKEN_KEY"),
        ({"DATABASE_POOL": "many"}, "DATABASE_POOL"),
        ({"EDITIONS_URL": "s3://editions"}, "EDITIONS_URL"),
        ({"EDITIONS_URL": "/srv/editions"}, "EDITIONS_URL"),
        ({"EDITIONS_URL": "file://srv/editions"}, "EDITIONS_URL"),
        ({"PRIVATE_FILES_URL": "https://example.org/private"}, "PRIVATE_FILES_URL"),
        ({"RATE_LIMITS": "sometimes"}, "RATE_LIMITS"),
        ({"REQUIRE_SECOND_FACTOR": "perhaps"}, "REQUIRE_SECOND_FACTOR"),
        ({"DEBUG": "2"}, "DEBUG"),
        ({"BEHIND_POOLER": "pgbouncer"}, "BEHIND_POOLER"),
        ({"HOST": "0.0.0.0"}, "EMAIL_URL"),
        ({"PUBLIC_URL": "https://letters.example.org"}, "EMAIL_URL"),
        ({**PUBLIC, "RATE_LIMITS": "off"}, "RATE_LIMITS"),
        ({**PUBLIC, "DEBUG": "on"}, "DEBUG"),
        ({"DATA_DIR": "/proc/none"}, "SECRET_KEY"),
        ({"DATA_DIR": "/proc/none", "SECRET_KEY": "s" * 48}, "TOKEN_KEY"),
    ],
)
def test_a_value_that_cannot_be_used_is_one_line_that_names_it(
    tmp_path: Path, values: dict[str, str], named: str
) -> None:
    os.environ.update(values)
    with pytest.raises(env.ConfigurationError) as caught:
        env.read(tmp_path)
    message = str(caught.value)
    assert message.startswith(named)
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    "url",
    [
        "smtp://user:secret@mail.example.org:25",
        "smtp://user:secret@mail.example.org",
        "smtp://user:secret@8.8.8.8:25",
        "smtp://user:secret@[2606:4700::1]:587",
    ],
)
def test_a_password_in_the_open_is_refused_where_others_can_reach_the_site(
    tmp_path: Path, url: str
) -> None:
    os.environ.update({**PUBLIC, "EMAIL_URL": url})
    with pytest.raises(
        env.ConfigurationError, match=r"^EMAIL_URL .*smtp\+tls://.*smtps://"
    ) as caught:
        env.read(tmp_path)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "smtp+tls://user:secret@mail.example.org:587",
        "smtps://user:secret@mail.example.org",
        "smtp://relay.example.org",
        "smtp://user:secret@localhost",
        "smtp://user:secret@127.0.0.1:25",
        "smtp://user:secret@[::1]:25",
        "smtp://user:secret@10.0.0.5",
        "smtp://user:secret@[fd00::5]",
        "smtp://user:secret@mail",
        "smtp://user:secret@mail.default.svc.cluster.local",
    ],
)
def test_mail_under_tls_without_a_password_or_on_a_network_of_ones_own_is_accepted(
    tmp_path: Path, url: str
) -> None:
    os.environ.update({**PUBLIC, "EMAIL_URL": url})
    assert env.read(tmp_path).email_url == url


def test_on_a_trial_any_mail_server_may_be_tried(tmp_path: Path) -> None:
    os.environ["EMAIL_URL"] = "smtp://user:secret@mail.example.org:25"
    assert env.read(tmp_path).loopback


def test_no_example_of_a_message_or_a_page_sends_a_password_in_the_open() -> None:
    files = [*ROOT.glob("docs/**/*.md"), *ROOT.glob("campaign/**/*.py"), ROOT / ".env.example",
             ROOT / "README.md", ROOT / "docker-compose.yml"]  # fmt: skip
    told = [
        path.name for path in files if re.search(r"smtp://[^\s@/]+:[^\s@/]+@", path.read_text())
    ]
    assert told == []


def test_a_secret_never_stands_in_a_message(tmp_path: Path) -> None:
    os.environ.update({**PUBLIC, "DEBUG": "on", "EMAIL_URL": "smtp://letters:hunter2@mail"})
    with pytest.raises(env.ConfigurationError) as caught:
        env.read(tmp_path)
    assert "hunter2" not in str(caught.value)


def test_a_real_variable_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=8100\nMAIL_FROM=File <file@example.org>\n")
    os.environ["PORT"] = "8200"
    environment = env.read(tmp_path)
    assert environment.port == 8200
    assert environment.mail_from == "File <file@example.org>"


def test_keys_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    first, second = env.read(tmp_path), env.read(tmp_path)
    assert (first.secret_key, first.token_key) == (second.secret_key, second.token_key)
    assert first.secret_key != first.token_key
    keys = tmp_path / "var/keys"
    assert sorted(path.name for path in keys.iterdir()) == ["secret-key", "token-key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()} == {0o600}
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700


def test_a_key_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    env.read(tmp_path)
    (tmp_path / "var/keys/token-key").write_text("")
    with pytest.raises(env.ConfigurationError, match="token-key is damaged"):
        env.read(tmp_path)


def test_networks_stand_with_spaces_or_commas_between_them(tmp_path: Path) -> None:
    os.environ["TRUSTED_PROXIES"] = "10.0.0.0/8, 192.0.2.1  2001:db8::/32"
    networks = [str(network) for network in env.read(tmp_path).trusted_proxies]
    assert networks == ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"]


def test_directories_are_taken_from_file_urls(tmp_path: Path) -> None:
    os.environ["EDITIONS_URL"] = "file:///srv/open%20letters"
    assert env.read(tmp_path).editions_dir == Path("/srv/open letters")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_a_loopback_host_is_a_trial(tmp_path: Path, host: str) -> None:
    os.environ["HOST"] = host
    environment = env.read(tmp_path)
    assert environment.loopback
    assert environment.public_host == host


def test_a_public_site_with_mail_is_accepted(tmp_path: Path) -> None:
    os.environ.update({**PUBLIC, "HOST": "0.0.0.0", "PUBLIC_URL": "https://letters.example.org/"})
    environment = env.read(tmp_path)
    assert environment.https
    assert environment.public_url == "https://letters.example.org"
    assert environment.mail_from == "letters@letters.example.org"


@pytest.mark.parametrize(
    "where", ["Dockerfile", "Makefile", ".env.example", "tests/servers.py", "docker-compose.yml"]
)
def test_no_key_of_this_repository_opens_a_public_site(tmp_path: Path, where: str) -> None:
    source = (ROOT / where).read_text()
    keys = re.findall(r"(?:SECRET|TOKEN)_KEY=[\"']?([^\s\"'$]{32,})", source)
    keys += re.findall(r"_KEY=\"([^\"]{32,})\"", source)
    for key in keys:
        os.environ.update({**PUBLIC, "SECRET_KEY": key})
        with pytest.raises(env.ConfigurationError, match="SECRET_KEY can be guessed"):
            env.read(tmp_path)


def test_the_desk_and_the_contact_have_defaults(tmp_path: Path) -> None:
    environment = env.read(tmp_path)
    assert environment.admin_path == "admin"
    assert environment.admin_networks == ()
    assert environment.security_contact == "mailto:letters@localhost"
    os.environ["MAIL_FROM"] = "The Coalition <us@example.org>"
    assert env.read(tmp_path).security_contact == "mailto:us@example.org"
    os.environ["SECURITY_CONTACT"] = "https://example.org/security"
    assert env.read(tmp_path).security_contact == "https://example.org/security"
