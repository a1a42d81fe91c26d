"""Events: what is told of a run, written for TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import coreframe as cf
from coreframe_tensorboard.scalars import scalars_of

if TYPE_CHECKING:  # hooks are looked for where nobody needs torch
    from torch import Tensor

    from coreframe_tensorboard.event_file import EventFile

__all__ = ["Events", "events"]


class Events:
    """Writes the figures of each run that keeps files into an event file in its folder.

    A run that goes on begins a file of its own. It says from which epoch on it counts, so that
    those which are done again appear once, and repeats those which were lost with a process that
    was killed before they came to the disk.
    """

    def __init__(self) -> None:
        self._files: WeakKeyDictionary[cf.Run, EventFile] = WeakKeyDictionary()

    @cf.hookimpl
    def coreframe_run_start(self, run: cf.Run) -> None:
        if run.folder is None:
            return
        # tensorboard takes a fifth of a second, which only a run that is written should spend.
        from coreframe_tensorboard.event_file import EventFile, last_step  # noqa: PLC0415

        kept = min(last_step(run.folder), run.epoch) if run.epoch else 0
        file = self._files[run] = EventFile(run.folder, kept + 1)
        figures = run.progress().figures if run.epoch > kept else {}
        rows = len(next(iter(figures.values()), ()))
        before = run.epoch - rows  # epochs of another call, whose figures are nowhere
        for row in range(max(kept - before, 0), rows):
            told = {name: figure[row] for name, figure in figures.items()}
            file.add(before + row + 1, scalars_of(told))

    @cf.hookimpl
    def coreframe_run_epoch(self, run: cf.Run, epoch: int, figures: Mapping[str, Tensor]) -> None:
        if run in self._files:
            self._files[run].add(epoch + 1, scalars_of(figures))

    @cf.hookimpl
    def coreframe_run_end(self, run: cf.Run) -> None:
        self._close(run)

    @cf.hookimpl
    def coreframe_run_failure(self, run: cf.Run) -> None:
        self._close(run)

    def _close(self, run: cf.Run) -> None:
        file = self._files.pop(run, None)
        if file is not None:
            file.close()


events = Events()
"""What the entry point names; it holds the files of the runs in progress."""
