"""The doors of the running site: what every answer carries, what is refused, what no log holds."""

import http.client
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from campaign import headers
from tests.servers import Sink
from tests.site import Site, eventually

pytestmark = pytest.mark.processes
LETTER = "/letters/sample-letter/"
PERSON = "Planted Person Quxley"
FORM = {
    "organisation": "Planted Body Quxley",
    "contact_name": PERSON,
    "contact_title": "Director",
    "email": "planted.quxley@example.org",
    "authorised": "on",
    "text": "1",
}


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: str


def ask(
    site: Site, path: str, method: str = "GET", body: str | bytes | None = None, **more: str
) -> Answer:
    """One request, redirects not followed; words in `more` are headers."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(site.url).port, timeout=30)
    names = {name.replace("_", "-"): value for name, value in more.items()}
    if method == "POST":
        names.setdefault("Content-Type", "application/x-www-form-urlencoded")
    try:
        connection.request(method, path, body, names)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read().decode(errors="replace"))
    finally:
        connection.close()


def carries(answer: Answer, kind: str) -> None:
    for name, value in {**headers.COMMON, **headers.KINDS[kind]}.items():
        assert answer.headers.get_all(name) == [value], name
    assert answer.headers["Server"] is None


@pytest.mark.parametrize(
    ("path", "method", "status", "kind"),
    [
        ("/", "GET", 200, headers.PAGE),
        (LETTER, "GET", 200, headers.PAGE),
        (f"{LETTER}sign/", "GET", 200, headers.PAGE),
        (f"{LETTER}letter.pdf", "GET", 200, headers.VIEWER),
        (f"{LETTER}signatories.json", "GET", 200, headers.DATA),
        (f"{LETTER}text.md", "GET", 200, headers.PAGE),
        ("/robots.txt", "GET", 200, headers.PAGE),
        ("/.well-known/security.txt", "GET", 200, headers.PAGE),
        ("/static/css/site.css", "GET", 200, headers.STATIC),
        ("/static/admin/js/theme.js", "GET", 200, headers.STATIC),
        ("/static/none.css", "GET", 404, headers.PAGE),
        ("/static/css/site.css", "POST", 405, headers.PAGE),
        ("/letters/sample-letter", "GET", 308, headers.PAGE),
        ("/metrics", "GET", 404, headers.PAGE),
        ("/nowhere/", "GET", 404, headers.PAGE),
        ("/sign-ons/confirm/1-x/", "GET", 404, headers.PAGE),
        ("/sign-ons/confirm/1-x/renew/", "GET", 405, headers.PAGE),
        (f"{LETTER}sign/", "POST", 422, headers.PAGE),
        (f"{LETTER}sign/", "DELETE", 405, headers.PAGE),
        ("/health/live", "GET", 200, headers.PAGE),
        ("/health/ready", "GET", 200, headers.PAGE),
        ("/admin/", "GET", 302, headers.STAFF),
        ("/admin/login/", "GET", 200, headers.STAFF),
        ("/admin/login/", "POST", 403, headers.STAFF),
        ("/admin", "GET", 301, headers.STAFF),
    ],
)
def test_every_answer_carries_the_headers_of_its_kind(
    site: Site, path: str, method: str, status: int, kind: str
) -> None:
    if path.endswith(".pdf"):
        eventually("the PDF, which follows the page", lambda: site.status(path) == 200)
    answer = ask(site, path, method, b"" if method == "POST" else None)
    assert answer.status == status
    carries(answer, kind)
    if not path.startswith("/admin"):
        assert answer.headers["Set-Cookie"] is None


def test_what_is_too_much_is_refused_in_our_words(site: Site) -> None:
    fields = urlencode({f"f{number}": "x" for number in range(600)})
    refused = {
        "too long": ask(site, f"{LETTER}sign/", "POST", urlencode({"organisation": "x" * 150_000})),
        "address is too long": ask(site, f"/{'x' * 5000}"),
        "could not be read": ask(site, f"{LETTER}sign/", "POST", fields),
        "sent could not be read": ask(site, "/", Host="evil.example"),
    }
    assert [answer.status for answer in refused.values()] == [413, 414, 400, 400]
    for words, answer in refused.items():
        assert words in answer.body
        carries(answer, headers.PAGE)
    long = ask(site, f"{LETTER}sign/", "POST", urlencode({**FORM, "organisation": "x" * 301}))
    assert long.status == 422


def test_security_txt_says_whom_to_tell(site: Site) -> None:
    answer = ask(site, "/.well-known/security.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "Contact: mailto:letters@localhost\n" in answer.body
    assert f"Canonical: {site.url}/.well-known/security.txt\n" in answer.body


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A desk on a path of its own, for one network, behind a proxy that says who comes."""
    site = Site(
        tmp_path / "var",
        email_url="smtp://planted-user:planted-mail-password@127.0.0.1:1",
        ADMIN_PATH="our/desk",
        ADMIN_NETWORKS="192.0.2.0/24",
        TRUSTED_PROXIES="127.0.0.0/8",
    )
    site.start()
    yield site
    site.stop()


def test_the_desk_elsewhere_and_no_log_that_tells_of_people(own_site: Site) -> None:
    site = own_site
    office, outside = {"X_Forwarded_For": "192.0.2.77"}, {"X_Forwarded_For": "198.51.100.77"}
    assert ask(site, "/our/desk/login/", **office).status == 200
    assert 'href="/our/desk/' in ask(site, "/our/desk/login/", **office).body
    assert ask(site, "/our/desk/", **office).headers["Location"].startswith("/our/desk/login/")
    nothing = ask(site, "/nowhere/", **outside)
    for path in ("/our/desk", "/our/desk/", "/our/desk/login/", "/admin/"):
        closed = ask(site, path, **outside)
        assert (closed.status, closed.body) == (404, nothing.body)
        kept = {n: v for n, v in closed.headers.items() if n != "Date"}
        assert kept == {n: v for n, v in nothing.headers.items() if n != "Date"}
    assert ask(site, "/admin/", **office).status == 404

    # What must never be logged, planted: a person, links, passwords, keys.
    assert ask(site, f"{LETTER}sign/", "POST", urlencode(FORM), **outside).status == 302
    password = (site.data_dir / "admin-password").read_text().strip()
    token, key = "17-" + "Pl4nted_" * 5 + "abc", "Pl4nted-unlisted-key"
    planted = [
        *("Quxley", "quxley", "Pl4nted", "planted-mail-password", "192.0.2.77", "198.51.100.77"),
        *(
            (site.data_dir / "keys" / name).read_text().strip()
            for name in ("secret-key", "token-key")
        ),
        "planted-try",
    ]
    links = [f"/sign-ons/confirm/{token}/", f"/sign-ons/manage/{token}/", f"/unlisted/{key}/"]

    def provoke(mark: str) -> list[int]:
        statuses = [ask(site, f"{link}?{mark}", **outside).status for link in links]
        statuses += [ask(site, link, "POST", urlencode(FORM)).status for link in links]
        statuses += [ask(site, f"{link}{'x' * 300}/").status for link in links]
        statuses.append(ask(site, f"/unlisted/{key}/{'y' * 5000}").status)
        sign_in = urlencode({"username": "admin", "password": "planted-try"})
        statuses.append(ask(site, "/our/desk/login/", "POST", sign_in, **office).status)
        statuses.append(ask(site, f"{LETTER}sign/", "POST", urlencode(FORM) + "z" * 200_000).status)
        for junk in (
            f"GET {links[0]} HTTP/9.9\r\n\r\n",
            f"{links[1]}\r\n\r\n",
            f"POST {links[0]} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nquxley@",
            f"GET {links[2]} HTTP/1.1\r\nHost: evil.example\r\n\r\n",
            f"GET {links[2]}%zz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            f"GET {links[0]} HTTP/1.1\r\nHost: 127.0.0.1\r\nX: {'q' * 60_000}\r\n\r\n",
        ):
            port = urlsplit(site.url).port or 0
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(junk.encode())
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
        return statuses

    provoke("well")
    # A table that is gone makes failures of our own: 500, with a traceback in the log.
    site.execute("ALTER TABLE signatories_signon RENAME TO gone")
    assert 500 in provoke("no-table")
    site.execute("ALTER TABLE gone RENAME TO signatories_signon")
    site.process_of("postgres").kill()
    provoke("no-database")
    web = site.process_of("granian")
    web.kill()
    provoke("no-web")
    eventually("the site", lambda: site.status("/health/ready") == 200)
    # The mail server refuses every connection: the mail waits, and the log says so.
    eventually(
        "the mail's failure",
        lambda: (
            "mail." in (site.data_dir / "log/scheduler.log").read_text()
            or "mail." in (site.data_dir / "log/worker.log").read_text()
        ),
    )
    site.stop()

    logs = {path.name: path.read_text(errors="replace") for path in site.data_dir.glob("log/*")}
    logs["up"] = site.log.read_text()
    assert len(logs) > 5
    assert "request.failed" in logs["web.log"]
    for name, text in logs.items():
        for word in planted:
            assert word not in text, (name, word, re.findall(f".*{re.escape(word)}.*", text)[:3])
        # On a trial `up` itself tells the first password, once, on purpose.
        assert text.count(password) == (1 if name == "up" else 0)


def test_a_slow_sender_keeps_nobody_waiting(site: Site, sink: Sink) -> None:
    """Caddy waits for a whole form before it asks Django, which has few threads."""
    port = urlsplit(site.url).port or 0
    head = f"POST {LETTER}sign/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\norganis"
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(64)]
    try:
        for connection in slow:
            connection.sendall(head.encode())
        assert ask(site, f"{LETTER}sign/", "POST", urlencode(FORM)).status == 302
        assert ask(site, "/admin/login/").status == 200
    finally:
        for connection in slow:
            connection.close()
