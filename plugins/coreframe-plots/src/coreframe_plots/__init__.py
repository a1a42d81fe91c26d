"""Curves of runs: the command `coreframe plot`, and what it draws with."""

from coreframe_plots.curves import draw_curves
from coreframe_plots.drawn_run import DrawnRun, read_runs

__all__ = ["DrawnRun", "draw_curves", "read_runs"]
