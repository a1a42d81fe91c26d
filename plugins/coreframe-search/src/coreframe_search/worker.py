"""A process that takes part in a sweep: `python -m coreframe_search.worker FOLDER`."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import torch

import coreframe as cf
from coreframe_runs import Interrupts
from coreframe_search.sweep import work
from coreframe_search.sweep_folder import SweepFolder
from coreframe_search.sweep_plan import read_sweep

__all__ = ["main"]

STDIN = 0


def main() -> None:
    """Work on the sweep of a folder until it is done, or standard input is closed."""
    folder = SweepFolder(Path(sys.argv[1]))
    torch.set_num_threads(1)
    with Interrupts() as interrupts:
        threading.Thread(target=_watch, args=[interrupts], daemon=True).start()
        try:
            work(read_sweep(folder.plan), folder, quiet=True, interrupts=interrupts)
        except cf.CoreframeError as error:
            print(f"a worker has ended: {error}", file=sys.stderr)  # noqa: T201
            sys.exit(1)


def _watch(interrupts: Interrupts) -> None:
    """Ask for an end, as Ctrl-C does, once whoever started this says so or has gone."""
    os.read(STDIN, 1)  # not through Python's buffer, whose lock would be held at the exit
    interrupts.asked = True


if __name__ == "__main__":
    main()
