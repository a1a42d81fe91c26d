"""What plugins print while a command runs their code: it goes to standard error.

Standard output holds the command's data alone, so that JSON stays JSON.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress

__all__ = ["plugin_code", "silence_stdout"]

STDOUT, STDERR = 1, 2


@contextmanager
def plugin_code() -> Iterator[None]:
    """Send to standard error what is printed inside, also by C code and child processes.

    What C code keeps in its own buffer comes out at the end, after `silence_stdout`.
    """
    if sys.stdout is None or sys.stdout is not sys.__stdout__:
        # The shell closed it, or somebody captures it, in this process only.
        with redirect_stdout(sys.stderr):
            yield
        return
    _flush()
    kept = os.dup(STDOUT)
    os.dup2(STDERR, STDOUT)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _flush()
        os.dup2(kept, STDOUT)
        os.close(kept)


def silence_stdout() -> None:
    """At the end of the process: what plugins print on leaving goes to standard error, too."""
    if sys.stdout is sys.__stdout__ and sys.stdout is not None:
        with suppress(OSError):  # a closed pipe
            _flush()
            os.dup2(STDERR, STDOUT)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
