"""A process that takes part in a sweep: `python -m coreframe_search.worker FOLDER`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import torch

import coreframe as cf
from coreframe_search.sweep import work
from coreframe_search.sweep_folder import SweepFolder
from coreframe_search.sweep_plan import read_sweep

__all__ = ["main"]


def main() -> None:
    """Work on the sweep of a folder until it is done, or whoever started this has gone."""
    folder = SweepFolder(Path(sys.argv[1]))
    torch.set_num_threads(1)
    threading.Thread(target=_watch_parent, daemon=True).start()
    try:
        work(read_sweep(folder.plan), folder, quiet=True)
    except cf.CoreframeError as error:
        print(f"a worker has ended: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


def _watch_parent() -> None:
    """Ask for an end as Ctrl-C does once standard input is closed."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    main()
