"""docker-compose.yml and Dockerfile, without Docker: what they name exists and is set."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from click import Command
from django.core.management import get_commands

from campaign.embedded import apps, postgres, valkey
from tests.campaign.test_env import names_in_env, names_in_example

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
COMPOSE = (ROOT / "docker-compose.yml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
OURS = {name for name, service in SERVICES.items() if service["image"] == "undersigned"}
#: What an image of somebody else reads, by its own documentation.
THEIRS = {"postgres": {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_INITDB_ARGS"}}


def command_of_the_image() -> list[str]:
    found = re.search(r"^CMD (\[.*\])", DOCKERFILE.replace("\\\n", ""), re.MULTILINE)
    assert found
    command: list[str] = json.loads(found[1])
    return command


def commands_of_ours() -> list[list[str]]:
    """Each program that runs in our image, with its words."""
    commands = [command_of_the_image()]
    for name in sorted(OURS - {"web"}):
        command = SERVICES[name]["command"]
        if command[:2] == ["sh", "-c"]:
            commands += [part.split() for part in command[2].split("&&")]
        else:
            commands.append(command)
    return commands


def placeholders(*, required: bool) -> set[str]:
    names = ("Caddyfile", "headers.caddy")
    caddyfile = "".join((ROOT / "deploy" / name).read_text() for name in names)
    return set(re.findall(r"\{\$([A-Z_]+)\}" if required else r"\{\$([A-Z_]+)[:}]", caddyfile))


@pytest.mark.parametrize(
    "command",
    [
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        ["hadolint", "Dockerfile"],
    ],
    ids=lambda command: command[0],
)
def test_they_are_valid(command: list[str]) -> None:
    result = subprocess.run(
        [BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_services_are_given_settings_that_we_read(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= names_in_env()


def test_no_container_is_left_to_make_keys_or_a_database_of_its_own() -> None:
    for name in OURS:
        assert {"SECRET_KEY", "TOKEN_KEY", "DATABASE_URL"} <= set(SERVICES[name]["environment"])


@pytest.mark.parametrize("name", sorted(set(SERVICES) - OURS))
def test_other_services_are_given_what_their_image_reads(name: str) -> None:
    known = placeholders(required=False) if name == "caddy" else THEIRS.get(name, set())
    assert set(SERVICES[name].get("environment", {})) <= known


def test_the_caddyfile_has_all_that_it_needs() -> None:
    assert placeholders(required=True)
    assert placeholders(required=True) <= set(SERVICES["caddy"]["environment"])


def test_what_is_asked_of_the_operator_stands_in_the_example() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE))
    assert asked
    assert asked <= set(names_in_example())


def test_every_program_exists_and_takes_these_words() -> None:
    for command in commands_of_ours():
        program, *words = command
        assert shutil.which(program, path=str(BIN)), program
        if program == "python":
            assert words[0] == "manage.py"
            assert words[1] in get_commands()
        elif program == "granian":
            from granian.cli import cli

            assert parsed(cli, words)["app"] == "campaign.wsgi:application"
        else:
            from celery.bin.worker import worker

            assert words[:3] == ["--app", "campaign", "worker"]
            assert parsed(worker, words[3:])["concurrency"] == "2"


def parsed(command: Command, words: list[str]) -> dict[str, Any]:
    """What click makes of the words. Raises for one that it does not know."""
    parser = command.make_parser(command.context_class(command))
    values, rest, _ = parser.parse_args(list(words))
    assert rest == []
    return dict(values)


def test_they_run_what_one_machine_runs() -> None:
    assert SERVICES["worker"]["command"] == ["celery", *apps.worker(ROOT).command[3:]]
    assert SERVICES["scheduler"]["command"][1:] == ["manage.py", *apps.scheduler(ROOT).command[2:]]
    for option in ("--save", "--appendonly", "--maxmemory", "--maxmemory-policy"):
        assert value(SERVICES["valkey"]["command"], option) == value(
            valkey.service(Path("/tmp")).command, option
        )
    options = ("--interface", "--blocking-threads", "--workers-kill-timeout", "--log-level")
    for option in (*options, "--backlog", "--backpressure"):
        assert value(command_of_the_image(), option) == value(
            apps.web(ROOT, Path("/tmp/web.sock")).command, option
        )


def value(command: Sequence[str], option: str) -> str:
    return command[command.index(option) + 1]


def test_caddy_sees_files_for_readers_and_writes_none_of_them() -> None:
    mounts = [volume.split(":") for volume in SERVICES["caddy"]["volumes"]]
    read = {source for source, _, *mode in mounts if mode == ["ro"]}
    assert read == {
        "./deploy/Caddyfile",
        "./deploy/headers.caddy",
        "editions",
        "unlisted",
        "static",
    }
    assert {source for source, *_ in mounts} - read == {"caddy_data", "caddy_config"}


def test_only_caddy_can_be_reached_from_outside() -> None:
    assert {name for name, service in SERVICES.items() if service.get("ports")} == {"caddy"}


def test_no_database_writes_into_its_log_what_people_typed() -> None:
    for name in ("log_error_verbosity", "log_min_error_statement"):
        assert f"{name}={postgres.SETTINGS[name]}" in SERVICES["postgres"]["command"]


def test_the_desk_is_where_django_and_caddy_both_think_it_is() -> None:
    for name in ("ADMIN_PATH", "ADMIN_NETWORKS", "TRUSTED_PROXIES", "PUBLIC_URL"):
        for service in ("web", "caddy"):
            assert SERVICES[service]["environment"][name].startswith(f"${{{name}:")
    assert SERVICES["web"]["environment"]["CADDY_NETWORKS"]
