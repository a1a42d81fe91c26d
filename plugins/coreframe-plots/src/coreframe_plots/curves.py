"""Curves: the figures of runs, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isfinite
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from coreframe import ArgumentError
from coreframe_plots.curve import draw_curve
from coreframe_plots.drawn_run import DrawnRun, expect_figures
from coreframe_plots.palette import COLOURS, MARKERS, split_of
from coreframe_plots.windows import window_size

__all__ = ["draw_curves"]

WIDTH, HEIGHT = 4.6, 3.8
"""Of a panel, in inches."""


def draw_curves(
    runs: Sequence[DrawnRun], figures: Sequence[str] = (), *, log_scale: bool = False
) -> Figure:
    """A panel of losses and one of accuracies, as far as there are any.

    One run has a colour for each split, and its best epoch is marked. Of many, each has a colour,
    beyond seven with a marker, and each split a line style. Beyond 500 epochs a point is the mean
    of neighbouring epochs, in a band from their least to their greatest.

    Args:
        runs: at least one, each of at least one epoch.
        figures: the names of those to draw; all if none is given.
        log_scale: whether losses have a logarithmic axis, on which what is not above 0 is a gap.

    Raises:
        ArgumentError: for a name that no run has, or if there is no loss for a logarithmic axis.
    """
    expect_figures(runs, figures)
    panels = _panels(runs, figures)
    if log_scale:
        _expect_positive(runs, panels.get("loss", []))
    page = Figure(figsize=(WIDTH * len(panels), HEIGHT), layout="constrained")
    axes = dict(zip(panels, page.subplots(1, len(panels), squeeze=False)[0], strict=True))
    for kind, panel in axes.items():
        _prepare(panel, kind, runs)
        if kind == "loss" and log_scale:
            panel.set_yscale("log", nonpositive="mask")
    if len(runs) == 1:
        _draw_one(page, runs[0], axes, panels)
    else:
        _draw_many(page, runs, axes, panels)
    return page


def _panels(runs: Sequence[DrawnRun], figures: Sequence[str]) -> dict[str, list[str]]:
    """The figures of each panel, in the order of the runs' files."""
    known = dict.fromkeys(name for run in runs for name in run.metrics.figures)
    panels: dict[str, list[str]] = {}
    for name in known:
        if not figures or name in figures:
            panels.setdefault(_kind(name), []).append(name)
    return panels


def _kind(figure: str) -> str:
    return figure.rpartition("_")[2]


def _expect_positive(runs: Sequence[DrawnRun], losses: Sequence[str]) -> None:
    if not any(
        isfinite(value) and value > 0
        for run in runs
        for name in losses
        for value in run.metrics.figures.get(name, ())
    ):
        raise ArgumentError("no loss is above 0, as a logarithmic axis asks: leave out --log-scale")


def _prepare(panel: Axes, kind: str, runs: Sequence[DrawnRun]) -> None:
    losses = {run.loss for run in runs}
    loss = f"Loss ({losses.pop()})" if len(losses) == 1 else "Loss"
    panel.set_ylabel("Accuracy (%)" if kind == "accuracy" else loss, parse_math=False)
    panel.set_xlabel("Epoch" + _told({window_size(len(run.metrics.epochs)) for run in runs}))
    panel.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    if all(run.metrics.epochs == [1] for run in runs):
        panel.set_xlim(0, 2)
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)


def _told(sizes: set[int]) -> str:
    if sizes == {1}:
        return ""
    every = "every" if len(sizes) == 1 else "up to"
    return f" (mean and range of {every} {max(sizes)})"


def _draw_one(
    page: Figure, run: DrawnRun, axes: dict[str, Axes], panels: dict[str, list[str]]
) -> None:
    best = run.metrics.best(run.monitor)
    for kind, panel in axes.items():
        for name in panels[kind]:
            split = split_of(name)
            draw_curve(panel, run, name, color=split.colour, label=split.label)
        if best is not None:
            epoch = run.metrics.epochs[best]
            panel.axvline(
                epoch, color="0.35", linestyle=":", zorder=1, label=f"best epoch: {epoch}"
            )
        panel.legend(fontsize=9)
    page.suptitle(run.label, fontsize=11, parse_math=False)


def _draw_many(
    page: Figure,
    runs: Sequence[DrawnRun],
    axes: dict[str, Axes],
    panels: dict[str, list[str]],
) -> None:
    for kind, panel in axes.items():
        *others, main = panels[kind]  # validation, if there is any
        for index, run in enumerate(runs):
            look = _look(index, len(run.metrics.epochs))
            for name in others:
                faint = {**look, "marker": "", "linewidth": 0.9, "alpha": 0.7}
                draw_curve(panel, run, name, linestyle=split_of(name).dashes, **faint)
            draw_curve(panel, run, main, linestyle=split_of(main).dashes, **look)
        splits = [split_of(name) for name in panels[kind]]
        styles = [Line2D([], [], color="0.35", linestyle=split.dashes) for split in splits]
        panel.legend(styles, [split.label for split in splits], fontsize=9, handlelength=3)
    _add_names(page, runs)


def _look(index: int, epochs: int) -> dict[str, Any]:
    """The colour and, beyond as many runs as there are colours, the marker of a run."""
    every = max(epochs // window_size(epochs) // 8, 1)
    return {
        "color": COLOURS[index % len(COLOURS)],
        "marker": MARKERS[index // len(COLOURS) % len(MARKERS)],
        "markevery": (index * every // len(COLOURS) % every, every),  # not all at the same epochs
        "markersize": 4,
    }


def _add_names(page: Figure, runs: Sequence[DrawnRun]) -> None:
    """The legend of the runs, below the panels, which keep their size."""
    width, height = page.get_size_inches()
    longest = max(len(run.label) for run in runs)
    columns = max(1, min(5, len(runs), int(width * 13 / (longest + 7))))  # characters in an inch
    page.set_size_inches(width, height + 0.25 + 0.19 * ceil(len(runs) / columns))
    legend = page.legend(
        [Line2D([], [], **_look(index, 1)) for index in range(len(runs))],
        [run.label for run in runs],
        loc="outside lower center",
        ncols=columns,
        fontsize=9,
        frameon=False,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)  # a folder's name may have a dollar
