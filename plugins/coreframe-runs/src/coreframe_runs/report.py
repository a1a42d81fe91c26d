"""final_report: what a run has come to."""

from __future__ import annotations

from math import isfinite

from coreframe_runs.run_folder import RunFolder
from coreframe_runs.run_metrics import read_metrics

__all__ = ["final_report"]


def final_report(folder: RunFolder, reason: str) -> str:
    """A few lines: where the run is, how long it was, and the figures of its last epoch."""
    metrics = read_metrics(folder.path)
    count = len(metrics.epochs)
    lines = [f"{folder.path}: {count} epochs" + (f", ended since {reason}" if reason else "")]
    last = {name: figure[-1] for name, figure in metrics.figures.items() if figure}
    lines += [f"{name}  {value:.6g}" for name, value in last.items() if isfinite(value)]
    return "\n".join(lines)
