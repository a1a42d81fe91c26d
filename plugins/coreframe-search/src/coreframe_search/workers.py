"""Workers: further processes on this machine that take part in a sweep."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["further_workers"]

PATIENCE = 60  # seconds for a worker to finish its update and give its trials back


@contextmanager
def further_workers(folder: Path, count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start processes that work on the sweep of this folder, and see them end.

    Each is in a session of its own, so that Ctrl-C reaches them by this process only, once.

    Args:
        folder: of the sweep.
        count: how many.
    """
    command = [sys.executable, "-m", "coreframe_search.worker", str(folder.absolute())]
    workers = [
        subprocess.Popen(  # noqa: S603  # our own interpreter and module
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
        )
        for _ in range(count)
    ]
    try:
        yield workers
    except BaseException:
        for worker in workers:
            worker.terminate()
        raise
    finally:
        for worker in workers:
            _end(worker)


def interrupt(workers: list[subprocess.Popen[bytes]]) -> None:
    """Let them give back what they are at, and end: each watches its standard input."""
    for worker in workers:
        if worker.stdin is not None:
            worker.stdin.close()


def _end(worker: subprocess.Popen[bytes]) -> None:
    interrupt([worker])
    try:
        worker.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
