"""DrawnRun: a run as a plot shows it."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coreframe import ArgumentError
from coreframe_runs import RunMetrics, read_metrics, read_plan

__all__ = ["DrawnRun", "expect_figures", "read_runs"]


@dataclass(frozen=True)
class DrawnRun:
    """A run as a plot shows it.

    Attributes:
        label: the name of its folder, with as many folders above it as tell it from the others.
        loss: the name of its loss.
        monitor: the figure by which its best epoch is chosen; empty for the default.
        metrics: its figures.
    """

    label: str
    loss: str
    monitor: str
    metrics: RunMetrics


def read_runs(folders: Sequence[Path]) -> list[DrawnRun]:
    """Read the runs of some folders, each once.

    Raises:
        ArgumentError: if one is no folder of a run, or has no figures yet.
        RunFileError: if its run file cannot be read.
    """
    given = {folder.resolve(): folder for folder in folders}
    found: list[DrawnRun] = []
    for label, folder in zip(_labels(list(given)), given.values(), strict=True):
        metrics = read_metrics(folder)
        if not metrics.epochs:
            raise ArgumentError(f"{folder} has no figures yet: its first epoch has not ended")
        plan = read_plan(folder / "run.toml")
        loss = plan.components["loss"]["name"]
        found.append(DrawnRun(label, loss, plan.settings.monitor, metrics))
    return found


def expect_figures(runs: Sequence[DrawnRun], names: Sequence[str]) -> None:
    """Raise unless each name is that of a figure of one of the runs.

    Raises:
        ArgumentError: naming the nearest figure, or all that there are.
    """
    known = list(dict.fromkeys(name for run in runs for name in run.metrics.figures))
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)  # accuracy, too
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise ArgumentError(f"no run has a figure {name!r}; {hint}")


def _labels(paths: Sequence[Path]) -> list[str]:
    """The shortest ends of some different absolute paths that tell each from the others."""
    depths = dict.fromkeys(paths, 1)
    while True:
        labels = [Path(*path.parts[-depths[path] :]).as_posix() for path in paths]
        shared = Counter(labels)
        if shared.total() == len(shared):
            return labels
        for path, label in zip(paths, labels, strict=True):
            depths[path] += shared[label] > 1
