"""What a child process is before it becomes its program: whom it dies with, and who it is.

This file is also the launcher that does it and then executes the program: code between fork and
exec is not safe once the parent has threads. So it needs nothing but the standard library.
Linux only; the constants are from linux/prctl.h and linux/capability.h.
"""

import contextlib
import ctypes
import os
import signal
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 4
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
LINUX_CAPABILITY_VERSION_3 = 0x20080522

#: Set in the environment of every process that a supervisor starts, with its DATA_DIR.
MARK = "UNDERSIGNED_UP"

_libc = ctypes.CDLL(None, use_errno=True)


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Data(ctypes.Structure):
    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


@dataclass(frozen=True)
class Identity:
    """Another user for a child of root, with at most one capability kept."""

    uid: int
    gid: int
    capability: int | None = None


def launched(
    command: Sequence[str],
    *,
    orphan_signal: int = signal.SIGKILL,
    niceness: int = 0,
    identity: Identity | None = None,
) -> list[str]:
    """The command line that starts `command` as `identity`, to die with this process.

    With a `niceness` above 0 others go first where they want the processor as well.
    """
    numbers: list[int] = [orphan_signal, os.getpid(), niceness]
    if identity:
        numbers += [identity.uid, identity.gid]
        numbers += [] if identity.capability is None else [identity.capability]
    launcher = [sys.executable, "-I", "-S", __file__]
    return [*launcher, *(str(int(number)) for number in numbers), "--", *command]


def _launch(words: list[str]) -> None:
    end = words.index("--")
    orphan_signal, parent, niceness, *identity = map(int, words[:end])
    if niceness:
        stand_behind(niceness)
    if identity:
        become(Identity(*identity))
    # After `become`, because the kernel forgets it when the user changes.
    die_with_parent(orphan_signal, parent)
    command = words[end + 1 :]
    os.execv(command[0], command)  # noqa: S606 - the commands are our own


def stand_behind(niceness: int) -> None:
    """Let others go first. Linux shares the processor out between sessions, before processes."""
    os.nice(niceness)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(niceness))


def die_with_parent(number: int = signal.SIGKILL, parent: int | None = None) -> None:
    """Ask the kernel to send this process a signal when the thread that forked it is gone."""
    if not sys.platform.startswith("linux"):
        return
    parent = parent or os.getppid()
    _check(_libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0))
    # The parent may have died before the call above; nobody would tell us any more.
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


def die_with_supervised_parent() -> None:
    """For the processes that a supervised program forks: without it, they would outlive it.

    Call it in their main thread. Elsewhere, as under systemd or in a container, it does nothing.
    """
    if MARK in os.environ:
        die_with_parent()


def become(identity: Identity) -> None:
    """Give up root for `identity`, for this process and all that it executes.

    The capability goes into the ambient set, which survives exec without any file being marked.
    """
    if identity.capability is not None:
        _check(_libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
        # Or else access(2), by which PostgreSQL looks for its programs, would leave out what was
        # kept. Where a container forbids it, they may still be in a place that is open anyway.
        _libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)
    if identity.capability is not None:
        mask = 1 << identity.capability
        data = (_Data * 2)(_Data(mask, mask, mask), _Data(0, 0, 0))
        header = _Header(LINUX_CAPABILITY_VERSION_3, 0)
        _check(_libc.capset(ctypes.byref(header), data))
        _check(_libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, identity.capability, 0, 0))


def reaching(uid: int, *directories: Path) -> Identity:
    """The identity of `uid` that can enter these directories, loosening none of them.

    Below a directory closed to others (a checkout in /root) it keeps the capability to search,
    or where a container has taken that away, the wider one that covers it.
    """
    if all(_open_to_others(directory) for directory in directories):
        return Identity(uid, uid)
    held = _held_capabilities()
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if held >> capability & 1:
            return Identity(uid, uid, capability)
    return Identity(uid, uid)


def _open_to_others(directory: Path) -> bool:
    chain = [directory, *directory.resolve().parents]
    return all(path.stat().st_mode & stat.S_IXOTH for path in chain)


def _held_capabilities() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)
    return 0


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    try:
        _launch(sys.argv[1:])
    except OSError as failure:
        sys.exit(f"cannot be started: {failure}")
