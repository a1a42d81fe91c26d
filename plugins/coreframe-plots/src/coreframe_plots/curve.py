"""draw_curve: a figure of a run, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from matplotlib.axes import Axes

from coreframe_plots.drawn_run import DrawnRun
from coreframe_plots.windows import condense, window_size

__all__ = ["draw_curve"]


def draw_curve(panel: Axes, run: DrawnRun, name: str, **style: Any) -> None:
    """Draw a line with gaps where a figure is not finite, and points where no line would show it.

    Accuracies are in per cent.

    Args:
        panel: where to.
        run: whose figure it is.
        name: of the figure; one that the run does not have leaves an empty line.
        style: of the line, as `Axes.plot` takes it, with its colour.
    """
    scale = 100 if name.endswith("accuracy") else 1
    values = [scale * value for value in run.metrics.figures.get(name, ())]
    size = window_size(len(run.metrics.epochs))
    curve = condense(run.metrics.epochs[: len(values)], values, size)
    panel.plot(curve.epochs, curve.mean, **{"linewidth": 1.3, **style})
    if size > 1:
        panel.fill_between(
            curve.epochs, curve.least, curve.greatest, color=style["color"], alpha=0.2, linewidth=0
        )
    lone = [index for index in range(len(curve.mean)) if _is_lone(curve.mean, index)]
    panel.plot(
        [curve.epochs[index] for index in lone],
        [curve.mean[index] for index in lone],
        linestyle="",
        marker=style.get("marker") or ".",
        color=style["color"],
    )


def _is_lone(values: Sequence[float], index: int) -> bool:
    """Whether a figure is finite, and both neighbours are not."""
    neighbours = [*values[max(index - 1, 0) : index], *values[index + 1 : index + 2]]
    return isfinite(values[index]) and not any(map(isfinite, neighbours))
