"""SweepProgress: a bar on a terminal, plain lines elsewhere; on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any, Self

from optuna.trial import FrozenTrial, TrialState
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

import coreframe as cf
from coreframe_search.judge import Judge
from coreframe_search.sweep_plan import SweepPlan
from coreframe_search.trial_queue import TrialQueue

__all__ = ["SweepProgress"]

LINES = 20  # one for every twentieth of the way


class SweepProgress:
    """Shows the trials that are done, the best so far, and how long the rest may take.

    Args:
        plan: of the sweep.
        queue: where the trials are.
        quiet: show nothing.
    """

    def __init__(self, plan: SweepPlan, queue: TrialQueue, *, quiet: bool) -> None:
        self.plan, self.queue, self.quiet = plan, queue, quiet
        self._console = Console(stderr=True)
        self._bar: Progress | None = None
        self._task: Any = None
        self._line = -1

    def __enter__(self) -> Self:
        self._before = len(self.queue.results())
        self._begun = time.monotonic()
        if not self.quiet and self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[left]}"),
                console=self._console,
            )
            self._task = self._bar.add_task("", total=self.plan.trials, left="")
            self._bar.start()
        self.show()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def watcher(self, judge: Judge) -> PopulationProgress:
        """What follows the epochs of a population."""
        return PopulationProgress(self, judge)

    def show(self, under_way: float = 0.0) -> None:
        """Show how far it is.

        Args:
            under_way: how many trials' worth of epochs this worker has done of those it has.
        """
        if self.quiet:
            return
        results = self.queue.results()
        done, total = len(results), self.plan.trials
        left = self._left(done + under_way)
        told = f"{done} of {total} trials{self._best(results)}"
        if self._bar is not None:
            completed = done + under_way
            self._bar.update(  # now: short trials end between two of the bar's own looks
                self._task, completed=completed, description=told, left=left, refresh=True
            )
        elif done * LINES // total > self._line:
            self._line = done * LINES // total
            print(f"{told}{', ' * bool(left)}{left}", file=sys.stderr, flush=True)  # noqa: T201

    def _best(self, results: Sequence[FrozenTrial]) -> str:
        values = [t.values[0] for t in results if t.state == TrialState.COMPLETE]
        if not values:
            return ""
        best = max(values) if self.plan.rises else min(values)
        return f", best {self.plan.objective} {best:.4g}"

    def _left(self, done: float) -> str:
        since = time.monotonic() - self._begun
        if done <= self._before or done >= self.plan.trials:
            return ""
        return f"{_duration(since / (done - self._before) * (self.plan.trials - done))} left"


class PopulationProgress:
    """Follows the epochs of a population."""

    SECONDS = 0.5  # at least between two looks

    def __init__(self, progress: SweepProgress, judge: Judge) -> None:
        self.progress, self.judge = progress, judge
        self._shown = time.monotonic()

    @cf.hookimpl(trylast=True)
    def coreframe_run_epoch(self, run: cf.Run) -> None:
        if time.monotonic() - self._shown < self.SECONDS:
            return
        running = sum(trial.is_running for trial in self.judge.trials)
        self.progress.show(running * run.epoch / run.epochs)
        self._shown = time.monotonic()


def _duration(seconds: float) -> str:
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    if whole < 60:
        return f"{whole} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
