"""final_report: what a sweep has come to."""

from __future__ import annotations

from coreframe_search.results import SweepResults
from coreframe_search.sweep_folder import SweepFolder

__all__ = ["final_report"]

STATES = ("complete", "pruned", "diverged", "failed")


def final_report(folder: SweepFolder, results: SweepResults) -> str:
    """A few lines: how many trials there are, the best one, and where its run file is."""
    counts = [f"{n} {state}" for state in STATES if (n := results.count(state))]
    lines = [f"{folder.path}: {len(results.trials)} trials, {', '.join(counts) or 'none over'}"]
    best = results.best
    if best is not None:
        lines.append(f"best: trial {best.trial}, {results.plan.objective} {best.value:.6g}")
        width = max(map(len, best.settings))
        lines += [f"  {path:{width}}  {_told(value)}" for path, value in best.settings.items()]
        lines.append(f"train it by: coreframe train {folder.best}")
    return "\n".join(lines)


def _told(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
