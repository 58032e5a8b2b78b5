"""A site that the public can reach: what Django itself finds, and what its cookies are."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

PRODUCTION = {
    "HOST": "0.0.0.0",
    "PUBLIC_URL": "https://letters.example.org",
    "EMAIL_URL": "smtp://localhost",
    "SECRET_KEY": "Rq7_k2vX-9sLw0PzT4mYb8HdJc3NfGa6UeKi5oQxWnB1tZyVhM",
    "TOKEN_KEY": "x8Vd-3kPq0_TzW7nRb5LmYc2HsJf9GaN4UeKi6oQwXtB1yZvhM",
    "RATE_LIMITS": "on",
    "DEBUG": "off",
}
LOOK = """
import django, json
django.setup()
from django.conf import settings
from django.test import Client
names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_PATH", "CSRF_COOKIE_PATH",
         "SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN", "SESSION_COOKIE_SECURE",
         "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "ALLOWED_HOSTS", "DEBUG")
found = {name: getattr(settings, name) for name in names}
visitor = Client(headers={"host": "letters.example.org", "x-forwarded-proto": "https"})
page = visitor.get("/admin/login/")
found["set"] = {name: dict(morsel) for name, morsel in page.cookies.items()}
found["headers"] = dict(page.headers)
found["believed"] = [
    visitor.get("/admin/login/", REMOTE_ADDR=peer).wsgi_request.is_secure()
    for peer in ("127.0.0.1", "192.0.2.1")
]
print(json.dumps(found))
"""


def run(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *words],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "campaign.settings",
            **PRODUCTION,
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def found() -> Any:
    result = run("-c", LOOK)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_django_finds_nothing_unsafe() -> None:
    result = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_each_check_that_is_silenced_has_its_reason_above_it() -> None:
    text = Path(settings.BASE_DIR / "campaign/settings.py").read_text()
    block = text.split("SILENCED_SYSTEM_CHECKS = [")[1].split("]")[0]
    assert len(settings.SILENCED_SYSTEM_CHECKS) == block.count('"security.') == 3
    assert block.lstrip().startswith("#")


def test_cookies_are_held_to_this_host_by_their_names(found: Any) -> None:
    for cookie in ("SESSION", "CSRF"):
        assert found[f"{cookie}_COOKIE_NAME"].startswith("__Host-")
        assert found[f"{cookie}_COOKIE_PATH"] == "/"
        assert found[f"{cookie}_COOKIE_DOMAIN"] is None
        assert found[f"{cookie}_COOKIE_SECURE"] is True
    assert set(found["set"]) == {"__Host-csrf"}
    csrf = found["set"]["__Host-csrf"]
    assert (csrf["path"], csrf["domain"], csrf["samesite"]) == ("/", "", "Lax")
    assert csrf["secure"] is True
    assert csrf["httponly"] is True


def test_only_our_own_proxy_is_believed_that_it_was_https(found: Any) -> None:
    assert found["believed"] == [True, False]


def test_it_says_to_stay_with_https_and_answers_to_its_name_only(found: Any) -> None:
    assert found["headers"]["Strict-Transport-Security"] == "max-age=31536000"
    assert found["ALLOWED_HOSTS"] == ["letters.example.org"]
    assert found["DEBUG"] is False


@pytest.mark.parametrize(
    ("backup_to", "warned"),
    [("", True), ("age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p", False)],
)
def test_a_site_without_backups_says_so_when_it_starts(
    tmp_path: Path, backup_to: str, *, warned: bool
) -> None:
    with socket.socket() as taken:  # so that the start ends there
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        result = run("manage.py", "up", DATA_DIR=str(tmp_path), PORT=port, BACKUP_TO=backup_to)
    assert result.returncode == 1
    assert "cannot be used" in result.stderr
    assert ("Warning: No backup is made: set BACKUP_TO" in result.stdout) is warned
