"""deploy/Caddyfile, in a real Caddy, in front of a small upstream."""

import http.client
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.conf import settings

from campaign import headers
from campaign.embedded import caddy
from campaign.embedded.process import Running
from campaign.env import read
from signatories.editions.store import COMPLETE, Store, Version
from tests.site import free_port

pytestmark = pytest.mark.processes

LETTER = "/letters/ours/"
UNLISTED = "/unlisted/a-key-nobody-guesses/"
PAGE = b"<!DOCTYPE html><title>Ours</title>" + b"<p>Please act now.</p>" * 40
FILES = {
    "index.html": PAGE,
    "sign/index.html": b"<!DOCTYPE html><form method=post></form>",
    "check-email/index.html": b"<!DOCTYPE html><p>One step left",
    "signatories.json": b'{"count": 0}',
    "signatories.csv": b"group,organisation\n",
    "letter.json": b"{}",
    "text.md": "Act — now".encode(),
    "letter.pdf": b"%PDF-1.7",
    "manifest.json": b"{}",
}
SITE = {
    "index.html": b"<!DOCTYPE html><h1>Open letters</h1>",
    "404.html": b"<!DOCTYPE html><h1>Not found</h1>",
    "paused.html": b"<!DOCTYPE html><h1>Signing is paused</h1>",
    "robots.txt": b"User-agent: *\n",
    "manifest.json": b"{}",
    ".well-known/security.txt": b"Contact: mailto:security@example.org\n",
    **{f"{status}.html": f"<h1>{status}".encode() for status in (400, 405, 413, 414)},
}
#: What an upstream may say of itself.
SPOKEN = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "none",
}


class Upstream(BaseHTTPRequestHandler):
    """Says 404 for what begins with /missing, and otherwise what it was asked."""

    protocol_version = "HTTP/1.1"
    seen: list[dict[str, str]] = []

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        body = f"upstream {self.command} {self.path}".encode()
        self.send_response(404 if self.path.startswith("/missing") else 200)
        self.send_header("Content-Length", str(len(body)))
        for name, value in SPOKEN.items() if self.path == "/spoken" else ():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_POST = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        return


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass
class Front:
    port: int
    store: Store
    unlisted: Store
    upstream: ThreadingHTTPServer
    log: Path
    requests: list[dict[str, str]] = field(default_factory=list)

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, names)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


@contextmanager
def running_front(directory: Path, **environment: str) -> Iterator[Front]:
    with pytest.MonkeyPatch.context() as patch:
        values = {"DATA_DIR": str(directory), "PORT": str(free_port()), **environment}
        values.setdefault("PUBLIC_URL", f"http://127.0.0.1:{values['PORT']}")
        for name, value in values.items():
            patch.setenv(name, value)
        settings_read = read(settings.BASE_DIR)
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    Upstream.seen = []
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    static = directory / "static"
    (static / "css").mkdir(parents=True)
    (static / "css" / "site.css").write_text("p {}")
    (static / "css" / "site.0123456789ab.css").write_text("p {}")
    (directory / "log").mkdir()
    service = caddy.service(
        settings_read, static_dir=static, upstream=f"127.0.0.1:{upstream.server_port}"
    )
    running = Running(service, directory / "log")
    try:
        running.wait_ready()
        yield Front(
            port=settings_read.port,
            store=Store(settings_read.editions_dir),
            unlisted=Store(settings_read.private_dir / "unlisted"),
            upstream=upstream,
            log=running.log,
        )
    finally:
        running.stop()
        upstream.shutdown()
        upstream.server_close()


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running_front(tmp_path_factory.mktemp("front")) as front:
        front.store.publish("letters/ours", Version(1, COMPLETE), FILES)
        front.store.publish("site", Version(1, COMPLETE), SITE)
        front.unlisted.publish("a-key-nobody-guesses", Version(1, COMPLETE), FILES)
        yield front


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        (LETTER, "text/html; charset=utf-8"),
        (f"{LETTER}sign/", "text/html; charset=utf-8"),
        (f"{LETTER}check-email/", "text/html; charset=utf-8"),
        (f"{LETTER}signatories.json", "application/json"),
        (f"{LETTER}signatories.csv", "text/csv; charset=utf-8"),
        (f"{LETTER}letter.json", "application/json"),
        (f"{LETTER}text.md", "text/markdown; charset=utf-8"),
        (f"{LETTER}letter.pdf", "application/pdf"),
        (f"{LETTER}manifest.json", "application/json"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/", "text/html; charset=utf-8"),
        (UNLISTED, "text/html; charset=utf-8"),
        (f"{UNLISTED}letter.pdf", "application/pdf"),
    ],
)
def test_files_come_from_the_edition_with_their_type(
    front: Front, path: str, content_type: str
) -> None:
    for method in ("GET", "HEAD"):
        answer = front.ask(path, method)
        assert answer.status == 200
        assert answer.headers["Content-Type"] == content_type
        assert b"upstream" not in answer.body
        assert "max-age=0, must-revalidate" in answer.headers["Cache-Control"]


def test_an_unchanged_file_is_not_sent_again(front: Front) -> None:
    for encoding in ("identity", "br", "gzip"):
        first = front.ask(LETTER, Accept_Encoding=encoding)
        tag = first.headers["ETag"]
        assert tag
        again = front.ask(LETTER, Accept_Encoding=encoding, If_None_Match=tag)
        assert (again.status, again.body) == (304, b"")


def test_the_compressed_form_is_sent_to_those_who_take_it(front: Front) -> None:
    compressed = front.ask(LETTER, Accept_Encoding="gzip, br")
    assert compressed.headers["Content-Encoding"] == "br"
    assert "Accept-Encoding" in compressed.headers["Vary"]
    assert brotli.decompress(compressed.body) == PAGE
    assert front.ask(LETTER, Accept_Encoding="gzip").headers["Content-Encoding"] == "gzip"
    plain = front.ask(LETTER)
    assert plain.headers["Content-Encoding"] is None
    assert plain.body == PAGE


def test_a_letter_without_its_slash_is_redirected(front: Front) -> None:
    answer = front.ask("/letters/ours?from=mail")
    assert answer.status == 308
    assert answer.headers["Location"] == "/letters/ours/?from=mail"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", [f"{LETTER}sign/", f"{UNLISTED}sign/", "/"])
def test_what_does_not_read_goes_to_django(front: Front, method: str, path: str) -> None:
    answer = front.ask(path, method, b"organisation=Ours")
    assert answer.body == f"upstream {method} {path}".encode()


@pytest.mark.parametrize(
    "path",
    [
        "/letters/",
        "/letters/other/",
        f"{LETTER}nothing.json",
        "/unlisted/",
        "/unlisted/a-key/",
        "/admin/",
        "/404.html",
        "/paused.html",
        "/manifest.json",
        # Neither listed nor served: versions, drafts, compressed forms under their own names.
        "/.versions/letters/ours/1-complete/index.html",
        "/letters/.draft/index.html",
        "/letters/../.versions/letters/ours/1-complete/index.html",
        "/unlisted/.versions/a-key-nobody-guesses/1-complete/index.html",
        "/letters/%2eversions/index.html",
        f"{LETTER}index.html.br",
        f"{LETTER}index.html.gz",
        f"{LETTER}index.html.etag",
    ],
)
def test_what_is_no_public_file_goes_to_django(front: Front, path: str) -> None:
    assert front.ask(path).body.startswith(b"upstream GET ")


def test_a_404_of_django_passes_as_it_is(front: Front) -> None:
    answer = front.ask("/missing")
    assert (answer.status, answer.body) == (404, b"upstream GET /missing")


def test_metrics_are_not_public(front: Front) -> None:
    for path in ("/metrics", "/metrics/"):
        answer = front.ask(path)
        assert answer.status == 404
        assert b"Not found" in answer.body
        assert answer.headers["Cache-Control"] == "no-store"


def test_static_files_with_a_digest_are_kept_for_ever(front: Front) -> None:
    digested = front.ask("/static/css/site.0123456789ab.css")
    assert digested.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert front.ask("/static/css/site.css").headers["Cache-Control"] == "public, max-age=300"
    missing = front.ask("/static/css/none.0123456789ab.css")
    assert missing.status == 404
    assert missing.headers["Cache-Control"] == "no-store"
    assert front.ask("/static/css/").status == 404


def test_data_may_be_read_from_other_sites_and_pages_may_not(front: Front) -> None:
    for name in ("signatories.json", "signatories.csv", "letter.json"):
        assert front.ask(LETTER + name).headers["Access-Control-Allow-Origin"] == "*"
    assert front.ask(LETTER).headers["Access-Control-Allow-Origin"] is None


def test_unlisted_letters_say_that_they_are_not_to_be_found(front: Front) -> None:
    for method in ("GET", "POST"):
        answer = front.ask(f"{UNLISTED}sign/", method, b"")
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "same-origin"
    assert front.ask(UNLISTED).headers["Cache-Control"].startswith("private")
    assert front.ask(LETTER).headers["X-Robots-Tag"] is None


def carries(answer: Answer, kind: str) -> None:
    """The answer has what the table says for its kind, each once, and says nothing of Caddy."""
    for name, value in {**headers.COMMON, **headers.KINDS[kind]}.items():
        assert answer.headers.get_all(name) == [value], name
    for name in ("Server", "Via", "X-Powered-By"):
        assert answer.headers[name] is None


@pytest.mark.parametrize(
    ("path", "kind", "status"),
    [
        ("/", headers.PAGE, 200),
        ("/robots.txt", headers.PAGE, 200),
        ("/.well-known/security.txt", headers.PAGE, 200),
        (LETTER, headers.PAGE, 200),
        (f"{LETTER}sign/", headers.PAGE, 200),
        (f"{LETTER}text.md", headers.PAGE, 200),
        (f"{LETTER}signatories.json", headers.DATA, 200),
        (f"{LETTER}signatories.csv", headers.DATA, 200),
        (f"{LETTER}letter.json", headers.DATA, 200),
        (f"{LETTER}letter.pdf", headers.VIEWER, 200),
        (UNLISTED, headers.PAGE, 200),
        (f"{UNLISTED}letter.pdf", headers.VIEWER, 200),
        ("/static/css/site.css", headers.STATIC, 200),
        ("/letters/ours", headers.PAGE, 308),
        ("/metrics", headers.PAGE, 404),
        ("/static/css/none.css", headers.PAGE, 404),
        (f"/{'x' * 5000}", headers.PAGE, 414),
        # An upstream that says nothing itself.
        ("/missing", headers.PAGE, 404),
        ("/admin/", headers.PAGE, 200),
        ("/admin/letter.pdf", headers.PAGE, 200),
    ],
)
def test_every_kind_of_answer_carries_its_headers(
    front: Front, path: str, kind: str, status: int
) -> None:
    for method in ("GET", "HEAD"):
        answer = front.ask(path, method)
        assert answer.status == status
        carries(answer, kind)
        # Over http it would be ignored, or worse, believed.
        assert answer.headers["Strict-Transport-Security"] is None


def test_what_is_refused_carries_them_too(front: Front) -> None:
    answers = {
        400: front.ask("/", Host="evil.example"),
        405: front.ask("/static/css/site.css", "DELETE"),
        413: front.ask(f"{LETTER}sign/", "POST", b"x" * 150_000),
    }
    for status, answer in answers.items():
        assert answer.status == status
        carries(answer, headers.PAGE)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.body == SITE[f"{status}.html"]


def test_what_django_says_of_itself_stands(front: Front) -> None:
    answer = front.ask("/spoken")
    for name, value in SPOKEN.items():
        assert answer.headers.get_all(name) == [value]


def test_every_answer_of_an_https_site_says_to_stay_there(tmp_path: Path) -> None:
    """Also where a proxy of the operator's ends TLS, and Caddy speaks http."""
    https = {
        "PUBLIC_URL": "https://letters.example.org",
        "EMAIL_URL": "smtp://localhost",
        "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
        "TOKEN_KEY": "zyxwvutsrqponmlkjihgfedcba9876543210",
        "RATE_LIMITS": "on",
    }
    with running_front(tmp_path, **https) as front:
        front.store.publish("site", Version(1, COMPLETE), SITE)
        for path in ("/", "/missing", "/metrics", "/static/css/site.css"):
            answer = front.ask(path, Host="letters.example.org")
            assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]


def test_a_strange_host_is_refused_but_for_health(front: Front) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "evil.example:80", "[::2]"):
        assert front.ask("/", Host=host).status == 400
        assert front.ask("/admin/", Host=host).status == 400
        assert front.ask("/health/live", Host=host).status == 200
    for host in ("localhost", "LOCALHOST", f"127.0.0.1:{front.port}", "[::1]:80", "127.0.0.1"):
        assert front.ask("/", Host=host).status == 200


#: What a client may send to pass for another, or for one that came by https.
CLAIMS = {
    "X_Forwarded_For": "6.6.6.6",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Host": "evil.example",
    "X_Forwarded_Port": "443",
    "X_Forwarded_Server": "evil.example",
    "X_Forwarded_Prefix": "/evil",
    "X_Real_Ip": "6.6.6.6",
    "Forwarded": "for=6.6.6.6;proto=https;host=evil.example",
}


def told() -> dict[str, str]:
    """What the upstream was told about the client in its last request."""
    last = Upstream.seen[-1]
    return {n: v for n, v in last.items() if n.startswith(("forwarded", "x-forwarded", "x-real"))}


def test_a_client_cannot_say_who_it_is(front: Front) -> None:
    front.ask("/admin/", **CLAIMS)
    assert told() == {
        "x-real-ip": "127.0.0.1",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-host": f"127.0.0.1:{front.port}",
        "x-forwarded-proto": "http",
    }


def test_a_header_with_an_underscore_does_not_reach_wsgi(front: Front) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=20)
    connection.request("GET", "/admin/", headers={"X_Forwarded_Proto": "https"})
    connection.getresponse().read()
    connection.close()
    assert not [name for name in Upstream.seen[-1] if "_" in name]


def test_a_trusted_proxy_says_who_the_client_is_and_nothing_else(tmp_path: Path) -> None:
    with running_front(tmp_path, TRUSTED_PROXIES="127.0.0.0/8,10.0.0.0/8") as front:
        front.ask("/admin/", **CLAIMS)
        assert told() == {
            "x-real-ip": "6.6.6.6",
            "x-forwarded-for": "127.0.0.1",
            "x-forwarded-host": f"127.0.0.1:{front.port}",
            "x-forwarded-proto": "https",
        }
        # The client wrote the first of these; the proxy in front only added whom it saw.
        front.ask("/admin/", X_Forwarded_For="6.6.6.6, 203.0.113.7, 10.1.2.3")
        assert told()["x-real-ip"] == "203.0.113.7"
        assert told()["x-forwarded-proto"] == "http"


def test_a_form_has_a_limit_and_the_desk_a_larger_one(front: Front) -> None:
    assert front.ask(f"{LETTER}sign/", "POST", b"x" * 90_000).status == 200
    assert front.ask(f"{LETTER}sign/", "POST", b"x" * 150_000).status == 413
    assert front.ask("/admin/upload/", "POST", b"x" * 3_500_000).status == 200
    assert front.ask("/admin/upload/", "POST", b"x" * 6_500_000).status == 413


def test_the_desk_may_be_elsewhere_and_closed_to_others(tmp_path: Path) -> None:
    elsewhere = {
        "ADMIN_PATH": "our/desk",
        "ADMIN_NETWORKS": "192.0.2.0/24",
        "TRUSTED_PROXIES": "127.0.0.0/8",
    }
    with running_front(tmp_path, **elsewhere) as front:

        def post(path: str, client: str) -> int:
            return front.ask(path, "POST", b"x" * 150_000, X_Forwarded_For=client).status

        assert post("/our/desk/upload/", "192.0.2.7") == 200
        assert post("/our/desk/upload/", "198.51.100.7") == 413
        assert post("/admin/upload/", "192.0.2.7") == 413


def raw(front: Front, request: bytes) -> bytes:
    """What comes back for these bytes, until the connection is closed."""
    with socket.create_connection(("127.0.0.1", front.port), timeout=20) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def test_headers_have_a_limit_and_what_is_no_request_is_refused(front: Front) -> None:
    head = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    assert raw(front, head + b"\r\n").startswith(b"HTTP/1.1 200")
    long = head + b"X-Long: " + b"x" * 60_000 + b"\r\n\r\n"
    assert raw(front, long).startswith(b"HTTP/1.1 431")
    assert raw(front, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")
    both = head + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert not raw(front, both).startswith(b"HTTP/1.1 5")
    assert raw(front, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_while_django_is_away_letters_are_read_and_signing_is_paused(tmp_path: Path) -> None:
    with running_front(tmp_path) as front:
        front.store.publish("letters/ours", Version(1, COMPLETE), FILES)
        front.upstream.shutdown()
        front.upstream.server_close()
        without = front.ask("/sign-ons/confirm/secret-token/")
        assert (without.status, b"Signing is paused" in without.body) == (503, True)
        front.store.publish("site", Version(1, COMPLETE), SITE)

        assert front.ask(LETTER).body == PAGE
        assert front.ask(f"{LETTER}sign/").status == 200
        for method, path in (
            ("GET", "/sign-ons/confirm/secret-token/"),
            ("HEAD", "/letters/other/"),
            ("POST", f"{LETTER}sign/"),
        ):
            answer = front.ask(path, method, b"a=b" if method == "POST" else None)
            assert answer.status == 503
            assert answer.headers["Retry-After"] == "120"
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["ETag"] is None
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert method == "HEAD" or answer.body == SITE["paused.html"]
        assert "secret-token" not in front.log.read_text()


def edition(number: int) -> dict[str, bytes]:
    """An edition whose every part names its number, in a length of its own."""
    body = f"edition {number} ".encode() * (50 + number % 7 * 400)
    return {"index.html": body, "manifest.json": b"{}"}


def test_readers_never_see_two_editions_mixed_while_they_are_switched(tmp_path: Path) -> None:
    with running_front(tmp_path) as front:
        front.store.publish("letters/ours", Version(1, COMPLETE), edition(1))
        place = front.store.root / ".versions" / "letters" / "ours"
        link = front.store.root / "letters" / "ours"
        for path in link.iterdir():
            os.utime(path, (10, 10))
        done = threading.Event()
        problems: list[str] = []
        seen: list[tuple[str, int]] = []

        def read_on(encoding: str) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=20)
            while not done.is_set():
                connection.request("GET", LETTER, headers={"Accept-Encoding": encoding})
                response = connection.getresponse()
                body = response.read()
                if response.headers["Content-Encoding"] == "br":
                    body = brotli.decompress(body)
                number = int(body.split()[1]) if response.status == 200 else 0
                if body != edition(number)["index.html"]:
                    problems.append(f"{response.status} {number} {len(body)}")
                seen.append((response.headers["ETag"], number))
            connection.close()

        readers = [
            threading.Thread(target=read_on, args=[encoding])
            for encoding in ("br", "identity", "br", "identity")
        ]
        for reader in readers:
            reader.start()
        # Faster than any publisher: versions are written first, then only switched.
        for number in range(2, 400):
            directory = place / f"{number}-complete"
            directory.mkdir()
            for name, content in edition(number).items():
                (directory / name).write_bytes(content)
            (directory / "index.html.br").write_bytes(
                brotli.compress(edition(number)["index.html"], quality=1)
            )
            for path in directory.iterdir():
                os.utime(path, (number * 10, number * 10))
            draft = link.with_name(".next")
            draft.symlink_to(os.path.relpath(directory, link.parent))
            draft.replace(link)
        done.set()
        for reader in readers:
            reader.join()

    assert not problems
    assert len({number for _, number in seen}) > 20
    # Caddy's ETag begins with the time of the file. One that is newer than the content would keep
    # that content in caches until the edition after the next; one that is older only asks again.
    times = {tag: int(tag.strip('"').partition("-")[0], 36) // 10**10 for tag, _ in seen}
    assert not [(tag, number) for tag, number in seen if times[tag] > number]
