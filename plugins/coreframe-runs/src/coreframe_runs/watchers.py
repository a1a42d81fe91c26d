"""Watchers of a run: checkpoints, metrics, progress, Ctrl-C."""

from __future__ import annotations

import copy
import signal
import sys
import time
from collections.abc import Mapping
from math import isfinite, isnan
from types import FrameType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from torch import Tensor

import coreframe as cf
from coreframe_runs.run_folder import RunFolder

__all__ = ["BestCheckpoint", "Checkpoints", "Interrupts", "Metrics", "ProgressLines", "rows_of"]


class Checkpoints:
    """Saves the run so often, and at its end: the best epoch first, then where the run is.

    Args:
        folder: where to.
        seconds: how long at least between two savings.
        parts: what else is to be written then; each has a method `flush`.
    """

    def __init__(self, folder: RunFolder, seconds: float, *parts: Metrics | BestCheckpoint) -> None:
        self.folder, self.seconds, self.parts = folder, seconds, parts
        self._saved = time.monotonic()

    @cf.hookimpl
    def coreframe_run_step(self, run: cf.Run) -> None:
        if run.stopped or time.monotonic() - self._saved >= self.seconds:
            self._save(run)

    @cf.hookimpl
    def coreframe_run_end(self, run: cf.Run) -> None:
        self._save(run)

    def _save(self, run: cf.Run) -> None:
        for part in self.parts:
            part.flush(run)
        self.folder.save(run)
        self._saved = time.monotonic()


class Metrics:
    """Writes the figures of each epoch, those of short ones together."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._waiting: list[dict[str, float | None]] = []
        self._written = time.monotonic()

    @cf.hookimpl
    def coreframe_run_start(self, run: cf.Run) -> None:
        self.folder.write_metrics(rows_of(run.progress()))

    @cf.hookimpl
    def coreframe_run_epoch(self, run: cf.Run, epoch: int, figures: Mapping[str, Tensor]) -> None:
        self._waiting.append(numbers(epoch, figures))
        if time.monotonic() - self._written >= 1.0:
            self.flush(run)

    @cf.hookimpl
    def coreframe_run_failure(self, run: cf.Run) -> None:
        self.flush(run)

    def flush(self, run: cf.Run) -> None:  # noqa: ARG002  # as of all parts
        """Write what has not been written."""
        self.folder.append_metrics(self._waiting)
        self._waiting, self._written = [], time.monotonic()


class BestCheckpoint:
    """Writes the model of the best epoch, of a population each replica's own.

    Args:
        folder: where to.
        stopping: which keeps its values.
    """

    def __init__(self, folder: RunFolder, stopping: cf.EarlyStopping) -> None:
        self.folder, self.stopping = folder, stopping
        self._written: Tensor | None = None  # whose epochs have been

    @cf.hookimpl
    def coreframe_run_failure(self, run: cf.Run) -> None:
        self.flush(run)

    def flush(self, run: cf.Run) -> None:
        """Write it, if there is a better one than was written."""
        epochs, values = self.stopping.best_epoch, self.stopping.values
        if not values or (self._written is not None and self._written.equal(epochs)):
            return
        best = copy.deepcopy(run.model)
        best.load_state(values)
        cf.save_checkpoint(self.folder.best, best)
        self._written = epochs.clone()


class Interrupts:
    """Lets Ctrl-C end the run after the update that it is in; a second one ends it at once."""

    def __enter__(self) -> Self:
        self.asked = False
        self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    @cf.hookimpl(tryfirst=True)
    def coreframe_run_step(self, run: cf.Run) -> None:
        if self.asked:
            run.stop("Ctrl-C")

    def _ask(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # as signal calls it
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


class ProgressLines:
    """A bar on a terminal, plain lines elsewhere; on stderr."""

    LINES = 20  # one for every twentieth of the way

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bar: Progress | None = None
        self._task: Any = None

    @cf.hookimpl
    def coreframe_run_start(self, run: cf.Run) -> None:
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TimeRemainingColumn(),
                console=self._console,
            )
            self._task = self._bar.add_task("training", total=run.epochs, completed=run.epoch)
            self._bar.start()

    @cf.hookimpl
    def coreframe_run_epoch(self, run: cf.Run, epoch: int, figures: Mapping[str, Tensor]) -> None:
        if self._bar is not None:
            told = _told(epoch, figures)
            self._bar.update(self._task, completed=run.epoch, description=told)
        elif run.epoch * self.LINES // run.epochs > epoch * self.LINES // run.epochs:
            told = _told(epoch, figures)
            print(f"{told} of {run.epochs}", file=sys.stderr, flush=True)  # noqa: T201

    @cf.hookimpl
    def coreframe_run_end(self) -> None:
        self._stop()

    @cf.hookimpl
    def coreframe_run_failure(self) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()


def _told(epoch: int, figures: Mapping[str, Tensor]) -> str:
    return ", ".join(
        f"{name} {'not finite' if value is None else format(value, '.4g')}"
        for name, value in numbers(epoch, figures).items()
    )


def numbers(epoch: int, figures: Mapping[str, Tensor]) -> dict[str, float | None]:
    """A row of plain numbers, with the epoch counted from 1; None for what is not finite.

    In regression there is no accuracy, so it has no column. A population's is the mean over the
    replicas that have a number.
    """
    row: dict[str, float | None] = {"epoch": epoch + 1}
    for name, figure in figures.items():
        value = float(figure.double().nanmean() if figure.dim() else figure)
        if not (isnan(value) and name.endswith("accuracy")):
            row[name] = value if isfinite(value) else None
    return row


def rows_of(progress: cf.Progress) -> list[dict[str, float | None]]:
    """A row for each epoch that is done."""
    figures = progress.figures
    return [
        numbers(epoch, {name: figure[epoch] for name, figure in figures.items()})
        for epoch in range(progress.epoch)
    ]
