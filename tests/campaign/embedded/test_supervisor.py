"""The supervisor's patience, with processes that fail on purpose."""

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from campaign.embedded import process, pulse, supervisor
from campaign.embedded.errors import CannotStartError
from campaign.embedded.process import Running, Service
from campaign.embedded.supervisor import Supervisor
from tests.site import eventually

pytestmark = pytest.mark.processes
PARENT = (
    "import subprocess, time\n"
    "subprocess.Popen(['sleep', '300'], start_new_session=True)\n"
    "print('ready', flush=True)\n"
    "time.sleep(300)\n"
)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def everything(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    everything = Supervisor(tmp_path, said.append)
    yield everything
    everything.kill()


def script(name: str, text: str, **options: object) -> Service:
    options.setdefault("ready", lambda: True)
    return Service(name=name, command=["/bin/sh", "-c", text], **options)  # type: ignore[arg-type]


def test_what_dies_before_it_is_ready_is_not_tried_again(everything: Supervisor) -> None:
    with pytest.raises(CannotStartError, match=r"odd ended with status 3: no such luck \(see .*"):
        everything.start([script("odd", "echo no such luck; exit 3", ready=lambda: False)])


def test_what_never_answers_is_named(everything: Supervisor) -> None:
    service = script("mute", "echo thinking; sleep 300", ready=lambda: False, patience=0.3)
    with pytest.raises(CannotStartError, match="mute does not answer after 0 s: thinking"):
        everything.start([service])


def test_what_cannot_be_executed_is_named(everything: Supervisor) -> None:
    service = Service(name="none", command=["/nonexistent/program"], ready=lambda: False)
    with pytest.raises(CannotStartError, match="none ended with status 1: cannot be started"):
        everything.start([service])


def test_what_fails_again_and_again_is_tried_ever_more_rarely_and_ends_nothing_else(
    everything: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.04)
    monkeypatch.setattr(supervisor, "LOOK_AROUND", 0.01)
    everything.start([script("weak", "sleep 0.05; echo out of breath; exit 1")])
    stop_after(7, everything, said, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        everything.watch()
    assert all(line.startswith("weak ended with status 1: out of breath (see ") for line in said)
    pauses = [line.rpartition(" in ")[2] for line in said]
    assert pauses == ["0.01 s.", "0.02 s.", *["0.04 s."] * 5]


def test_what_cannot_even_be_started_again_ends_nothing_else(
    everything: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(supervisor, "LOOK_AROUND", 0.01)
    starts: list[int] = []

    def prepare() -> None:
        starts.append(1)
        if len(starts) in {2, 3}:
            raise OSError(28, "No space left on device")

    everything.start([script("weak", "sleep 0.05; exit 1", prepare=prepare)])
    stop_after(4, everything, said, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        everything.watch()
    assert [("No space left" in line) for line in said] == [False, True, True, False]


def stop_after(
    lines: int, everything: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def say(line: str) -> None:
        said.append(line)
        if len(said) == lines:
            raise KeyboardInterrupt

    monkeypatch.setattr(everything, "_say", say)


def test_what_ran_for_long_starts_with_a_clean_slate(
    everything: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(supervisor, "LOOK_AROUND", 0.01)
    monkeypatch.setattr(supervisor, "STEADY", 0.02)
    everything.start([script("steady", "sleep 0.1")])

    stop_after(8, everything, said, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        everything.watch()


def test_what_ignores_sigterm_is_killed_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + PARENT
    service = Service(name="stubborn", command=[sys.executable, "-c", stubborn], ready=lambda: True)
    running = Running(service, tmp_path)
    eventually("its child", lambda: "ready" in running.log.read_text())
    family = [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]
    assert len(family) == 2
    running.stop(patience=0.2)
    assert not [member for member in family if member.is_running()]


def test_a_stop_is_asked_for_with_the_service_s_own_signal(tmp_path: Path) -> None:
    # Not SIGINT: a shell that started the tests in the background has it ignored.
    text = "trap 'echo asked; exit 0' USR1; echo ready; while :; do sleep 0.05; done"
    running = Running(script("polite", text, stop_signal=signal.SIGUSR1), tmp_path)
    eventually("ready", lambda: "ready" in running.log.read_text())
    running.stop()
    assert running.log.read_text() == "ready\nasked\n"


def test_a_log_is_moved_aside_when_it_is_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LARGEST_LOG", 10)
    log = tmp_path / "web.log"
    with log.open("ab") as writer:
        writer.write(b"more than ten bytes\n")
        writer.flush()
        process.shorten(log)
        writer.write(b"short\n")
        writer.flush()
        process.shorten(log)
    assert (tmp_path / "web.log.1").read_text() == "more than ten bytes\n"
    assert log.read_text() == "short\n"


def test_what_hangs_without_ending_is_killed_and_started_again(
    everything: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LONGEST_SILENCE", 0.2)
    monkeypatch.setattr(supervisor, "LOOK_AROUND", 0.01)
    monkeypatch.setattr(pulse, "EVERY", 0.01)
    # Each time it is started it answers once, and never again.
    answers: list[bool] = []
    service = script(
        "mute",
        "sleep 300",
        prepare=lambda: answers.append(True),
        lives=lambda: bool(answers and answers.pop()),
    )
    everything.start([service])

    stop_after(6, everything, said, monkeypatch)
    # More often than a failure would be borne.
    with pytest.raises(KeyboardInterrupt):
        everything.watch()
    assert set(said) == {"mute runs, but has not answered for 0.2 s. Killing it."}


def test_what_has_not_answered_yet_may_take_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(pulse, "EVERY", 0.01)

    def silent() -> bool:
        asked.append(1)
        return False

    heart = pulse.Pulse(silent)
    eventually("three questions", lambda: len(asked) > 3)
    assert heart.silence() == 0
    heart.stop()


def test_a_large_log_on_a_full_disk_makes_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LARGEST_LOG", 10)
    log = tmp_path / "web.log"
    log.write_bytes(b"more than ten bytes\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    process.shorten(log)
    assert log.read_text() == ""
    assert not log.with_suffix(".log.1").exists()
