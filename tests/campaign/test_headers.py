"""Every answer of Django's has the headers of its kind; Caddy's come from the same table."""

import re
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern
from pytest_django.fixtures import Settings

from campaign import headers
from campaign.answers import answer_as, headers_middleware
from campaign.management.commands.draw_headers import snippets
from campaign.models import Letter
from tests.factories import LetterFactory, SignOnFactory

ROOT = Path(__file__).resolve().parents[2]
METHODS = ("get", "head", "post", "put", "delete", "options", "patch", "trace")
#: What stands for each kind of argument in a path; the first of each letter and sign-on exists.
VALUES = {"int": "1", "slug": "ours", "str": "1-token", "path": "1", "uuid": "1"}


def paths(patterns: list[URLPattern | URLResolver] | None = None, before: str = "/") -> list[str]:
    """Every path that Django knows, with something in the place of each argument."""
    found = []
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += paths(pattern.url_patterns, before + route)
            continue
        if isinstance(pattern.pattern, RegexPattern):  # Django's admin has two
            route = "campaign/" if "app_label" in route else "nothing/"
        found.append(before + re.sub(r"<(?:(\w+):)?\w+>", lambda m: VALUES[m[1] or "str"], route))
    return found


def carries(response: HttpResponse, kind: str) -> None:
    for name, value in {**headers.COMMON, **headers.KINDS[kind]}.items():
        assert response.headers[name] == value, name


def test_the_snippets_of_caddy_are_made_from_the_table() -> None:
    assert (ROOT / "deploy/headers.caddy").read_text() == snippets(), (
        "python manage.py draw_headers > deploy/headers.caddy"
    )


def test_no_policy_allows_what_would_undo_it() -> None:
    for kind, table in headers.KINDS.items():
        policy = table["Content-Security-Policy"]
        assert not re.search(r"unsafe|data:|blob:|https?:|\*", policy), kind
        assert "base-uri 'none'" in policy
        framed = "'self'" if table["X-Frame-Options"] == "SAMEORIGIN" else "'none'"
        assert policy.endswith(f"frame-ancestors {framed}")
        assert kind == headers.VIEWER or policy.startswith("default-src 'none'")
        assert ("script-src" in policy) == (kind in {headers.STAFF, headers.SCRIPTED})
    opened = {k for k, t in headers.KINDS.items() if "Access-Control-Allow-Origin" in t}
    assert opened == {headers.DATA}


def test_all_paths_are_walked() -> None:
    walked = paths()
    assert len(walked) > 40
    for part in ("/admin/login/", "/sign-ons/confirm/1-token/", "/letters/ours/sign/"):
        assert part in walked
    assert not [path for path in walked if re.search(r"[<>()?^$\\]", path)]


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["nobody", "staff"])
def test_every_answer_carries_its_headers(
    client: Client, admin_client: Client, letter: Letter, who: str
) -> None:
    SignOnFactory(letter=LetterFactory(open=True))
    visitor = admin_client if who == "staff" else client
    visitor.raise_request_exception = False
    seen = set()
    for path in [*paths(), "/nowhere/", "/health/live", "/health/ready", "/admin"]:
        if path.startswith("/admin/logout/"):
            continue  # the rest would be nobody's
        for method in METHODS:
            response = getattr(visitor, method)(path)
            seen.add(response.status_code)
            desk = path.startswith("/admin")
            framed = path.endswith("/typed/") and response.status_code == 200
            kind = headers.FRAMED if framed else headers.STAFF if desk else headers.PAGE
            carries(response, kind)
            keyed = desk or path.startswith(headers.KEYED_PATHS)
            assert (response.headers.get("X-Robots-Tag") is not None) == keyed, path
            assert "Strict-Transport-Security" not in response.headers
            if not desk:
                assert not response.cookies, path
    assert {200, 302, 404, 405} <= seen


@pytest.mark.django_db
def test_a_strange_host_and_a_failure_carry_them_as_well(
    client: Client, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = client.get("/", headers={"host": "evil.example"})
    assert strange.status_code == 400
    assert "What was sent could not be read" in strange.content.decode()
    carries(strange, headers.PAGE)

    def fail(**_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("signatories.views.signing._wording", fail)
    client.raise_request_exception = False
    failed = client.post("/letters/ours/sign/")
    assert failed.status_code == 500
    carries(failed, headers.PAGE)


def test_an_https_site_says_so_in_every_answer(settings: Settings, client: Client) -> None:
    from dataclasses import replace

    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, public_url="https://letters.example.org")
    for path in ("/nowhere/", "/health/live"):
        response = client.get(path)
        assert response.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_page_may_be_of_another_kind_than_its_path() -> None:
    request = RequestFactory().get("/letters/ours/sign/")
    scripted = headers_middleware(lambda _: answer_as(headers.SCRIPTED, HttpResponse()))(request)
    carries(scripted, headers.SCRIPTED)
    pdf = headers_middleware(lambda _: HttpResponse(content_type="application/pdf"))(request)
    carries(pdf, headers.VIEWER)
