"""final_report: what a run has come to."""

from __future__ import annotations

import csv

from coreframe_runs.run_folder import RunFolder

__all__ = ["final_report"]


def final_report(folder: RunFolder, reason: str) -> str:
    """A few lines: where the run is, how long it was, and the figures of its last epoch."""
    with (folder.path / "metrics.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lines = [f"{folder.path}: {len(rows)} epochs" + (f", ended since {reason}" if reason else "")]
    last = rows[-1] if rows else {}
    lines += [f"{name}  {float(v):.6g}" for name, v in last.items() if v and name != "epoch"]
    return "\n".join(lines)
