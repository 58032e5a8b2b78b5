"""Standard error for the log: where it cannot be written, as on a full disk, a line is lost.

Logging must never be what fails: it stands in the middle of what mends things.
"""

import contextlib
import sys


class Stderr:
    """Writes where `sys.stderr` leads at the moment."""

    def write(self, line: str) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.write(line)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
