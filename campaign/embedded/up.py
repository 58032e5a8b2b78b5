"""Everything on one machine: what `manage.py up`, and so `make run`, does."""

import errno
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import redis
from django.conf import settings
from django.db import connections

from campaign import backup
from campaign.embedded import (
    apps,
    caddy,
    lock,
    postgres,
    preparation,
    strays,
    supervisor,
    valkey,
)
from campaign.embedded.errors import CannotStartError
from campaign.embedded.paths import make_socket_dir
from campaign.env import Environment
from campaign.models import Letter

Say = Callable[[str], None]
#: Seconds for the first editions to appear, before the addresses are printed without them.
FIRST_EDITIONS = 20.0


def run(environment: Environment, say: Say) -> None:
    """Start everything and keep it running until a signal says to stop.

    Raises CannotStartError. Must be called in the main thread.
    """
    # SIGINT too: a shell that starts us in the background has it ignored.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means what it says
        signal.signal(signal.SIGHUP, _interrupt)
    make_directories(environment)
    if problem := backup.missing():
        say(f"Warning: {problem}")
    with lock.only_one(environment):
        strays.kill_marked(environment.data_dir)
        _check_ports(environment)
        everything = supervisor.Supervisor(environment.data_dir, say)
        try:
            _start(environment, everything, say)
            everything.watch()
        except KeyboardInterrupt:
            say("Stopping")
        finally:
            _stop(everything)
    say("Stopped")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _stop(everything: supervisor.Supervisor) -> None:
    connections.close_all()
    try:
        everything.stop()
    except KeyboardInterrupt:  # asked twice
        everything.kill()


def _start(environment: Environment, everything: supervisor.Supervisor, say: Say) -> None:
    servers = []
    if environment.embedded_postgres:
        servers.append(postgres.service(environment.data_dir))
    if environment.embedded_valkey:
        servers.append(valkey.service(environment.data_dir))
    if servers:
        say("Starting " + " and ".join(service.name for service in servers))
        everything.start(servers)
    if not environment.embedded_valkey:
        _reach_broker(say)
    preparation.reach_database()
    preparation.migrate(say)
    preparation.collect_static(say)
    password_file = environment.data_dir / "admin-password"
    if environment.embedded_postgres or environment.loopback:
        preparation.make_administrator(password_file)
    # Nobody wants a made-up letter on a site that the public can reach.
    new = environment.loopback and preparation.load_sample(say)
    preparation.ask_for_editions()

    say("Starting web, worker and scheduler")
    sockets = make_socket_dir(environment.data_dir)
    web_socket = sockets / "web.sock"
    everything.start(
        [
            apps.web(environment.base_dir, web_socket, processes=environment.web_processes),
            apps.worker(environment.base_dir),
            apps.scheduler(environment.base_dir),
        ]
    )
    everything.start(
        [caddy.service(environment, static_dir=settings.STATIC_ROOT, upstream=f"unix/{web_socket}")]
    )
    _wait_for_editions(environment, say, with_letters=new)
    say(_addresses(environment, password_file))
    connections.close_all()


def make_directories(environment: Environment) -> None:
    """Raises CannotStartError for a DATA_DIR that cannot be written, naming it."""
    data_dir = environment.data_dir
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        for name in ("keys", "log", "mail", "private"):
            (data_dir / name).mkdir(mode=0o700, exist_ok=True)
        make_socket_dir(data_dir)
        trial = data_dir / f".writable-{os.getpid()}"
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise CannotStartError(f"DATA_DIR {data_dir} is not writable: {error.strerror}.") from error


def _check_ports(environment: Environment) -> None:
    host = caddy.bind_address(environment.host)
    for port in caddy.ports(environment):
        try:
            family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family, kind) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                trial.bind(address)
        except OSError as error:
            reason = {
                errno.EADDRINUSE: f"something else uses it. Stop that, or set PORT, as in "
                f"PORT={port + 1} make run",
                errno.EACCES: "this user may not listen there. Set PORT to 1024 or above",
            }.get(error.errno or 0, f"{error.strerror or error}. Check HOST")
            raise CannotStartError(f"port {port} of {host} cannot be used: {reason}.") from error


def _reach_broker(say: Say) -> None:
    """Hints may be lost, so a broker that is away stops nothing; but it should be known."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=3) as client:
            client.ping()
    except redis.RedisError as error:
        say(f"Warning: REDIS_URL does not answer ({error}). Work will take a second or two longer.")


def _wait_for_editions(environment: Environment, say: Say, *, with_letters: bool) -> None:
    """On a first start: whoever follows the addresses at once should find what they lead to."""
    pages = [environment.editions_dir / "site" / "index.html"]
    if with_letters:
        letters = environment.editions_dir / "letters"
        pages += [letters / letter.slug / "index.html" for letter in Letter.objects.public()]
    if all(page.exists() for page in pages):
        return
    say("Publishing")
    deadline = time.monotonic() + FIRST_EDITIONS
    while not all(page.exists() for page in pages) and time.monotonic() < deadline:
        time.sleep(0.1)


def _addresses(environment: Environment, password_file: Path) -> str:
    site = environment.public_url
    lines = ["", "Undersigned is ready.", "", f"  Site       {site}/"]
    letter = Letter.objects.public().order_by("pk").first()
    if letter:
        lines.append(f"  Letter     {site}/letters/{letter.slug}/")
    lines.append(f"  Admin      {site}{settings.STAFF_PREFIX}")
    if password_file.exists():
        lines.append(f"             user {preparation.ADMINISTRATOR}, password in {password_file}")
        if environment.loopback:
            lines.append(f"             it was made as: {password_file.read_text().strip()}")
    if settings.KEEP_MAIL_HERE and environment.loopback:
        lines.append(f"  Mailbox    {site}/dev/mail/ (no mail leaves this machine)")
    lines += ["", "  Ctrl-C stops it all; the data stays.", ""]
    return "\n".join(lines)
