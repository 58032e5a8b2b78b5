"""Mounting where the processes of a site see it: as root, or else in a namespace of the site's own.

A site that another user starts by PREFIX lives in such a namespace (user_namespaces(7)); whoever
made it may mount there. Run as a program, this file enters the namespace and mounts.
"""

import ctypes
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.site import Site

UNSHARE = ("unshare", "--user", "--mount", "--map-current-user")
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000  # sched.h
MS_RDONLY, MS_REMOUNT, MS_BIND, MNT_DETACH = 1, 32, 4096, 2  # sys/mount.h
KINDS = {
    "tmpfs": 0,
    "bind": MS_BIND,
    "read-only": MS_REMOUNT | MS_BIND | MS_RDONLY,
    "writable": MS_REMOUNT | MS_BIND,
}


@cache
def prefix() -> tuple[str, ...]:
    """What a site's command begins with; nothing as root, or where the system allows none."""
    if os.geteuid() == 0 or not shutil.which(UNSHARE[0]):
        return ()
    trial = subprocess.run([*UNSHARE, "true"], check=False, capture_output=True)
    return UNSHARE if trial.returncode == 0 else ()


def seen_by(site: Site, path: Path) -> Path:
    """The path by which we reach what the site's processes see there."""
    assert site.process
    return Path(f"/proc/{site.process.pid}/root{path}")


def mount(site: Site, kind: str, target: Path, source: str = "", options: str = "") -> bool:
    """Mount as one of KINDS; False where the system does not allow it."""
    return _run(site, kind, str(target), source, options)


def unmount(site: Site, target: Path) -> None:
    """Whether anything is mounted there or not."""
    _run(site, "unmount", str(target), "", "")


def _run(site: Site, *words: str) -> bool:
    assert site.process
    command = [sys.executable, "-m", "tests.faults.mounts", str(site.process.pid), *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0 or "PermissionError" in done.stderr or words[0] == "unmount", (
        done.stderr
    )
    return done.returncode == 0


def _enter(pid: str) -> None:
    """Become a process of the namespaces of `pid`, with the rights of who made them."""
    for name, number in (("user", CLONE_NEWUSER), ("mnt", CLONE_NEWNS)):
        there = Path(f"/proc/{pid}/ns/{name}")
        if not there.samefile(f"/proc/self/ns/{name}"):
            with there.open() as file:
                _call("setns", file.fileno(), number)


def _call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    words = [a.encode() if isinstance(a, str) else a for a in arguments]
    if getattr(libc, name)(*words) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


def main(pid: str, kind: str, target: str, source: str, options: str) -> None:
    _enter(pid)
    if kind == "unmount":
        _call("umount2", target, MNT_DETACH)
    else:
        _call("mount", source or kind, target, kind, ctypes.c_ulong(KINDS[kind]), options or None)


if __name__ == "__main__":
    main(*sys.argv[1:])
