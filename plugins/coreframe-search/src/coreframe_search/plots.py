"""draw_plots: the objective trial by trial, against each setting, and along all of them."""

from __future__ import annotations

from collections.abc import Sequence
from math import log as logarithm
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from coreframe_search.results import SweepResults, TrialResult
from coreframe_search.space import Interval
from coreframe_search.sweep_plan import SweepPlan

__all__ = ["draw_plots"]

COLORS = {"complete": "tab:blue", "pruned": "tab:orange"}
COLUMNS = 3  # of the plots against settings
MAP = "viridis"
LONGEST = 18  # letters of a label


def draw_plots(results: SweepResults, folder: Path) -> None:
    """Write `history.png`, `settings.png` and `parallel.png`.

    Raises:
        OSError: if they cannot be written.
    """
    shown = [trial for trial in results.trials if trial.value is not None]
    if not shown:
        return
    folder.mkdir(exist_ok=True)
    for name, figure in (
        ("history", _history(results, shown)),
        ("settings", _settings(results, shown)),
        ("parallel", _parallel(results, shown)),
    ):
        FigureCanvasAgg(figure)
        figure.savefig(folder / f"{name}.png", dpi=120)


def _history(results: SweepResults, shown: Sequence[TrialResult]) -> Figure:
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    _scatter(axes, shown, [float(trial.trial) for trial in shown])
    done = [trial for trial in shown if trial.state == "complete"]
    better = max if results.plan.rises else min
    best: list[float] = []
    for trial in done:
        value = trial.value or 0.0
        best.append(better(best[-1], value) if best else value)
    if best:
        places = [*(trial.trial for trial in done), shown[-1].trial]
        axes.step(places, [*best, best[-1]], where="post", color="tab:red", label="best")
    axes.set_xlabel("trial")
    axes.set_ylabel(results.plan.objective)
    axes.legend()
    return figure


def _settings(results: SweepResults, shown: Sequence[TrialResult]) -> Figure:
    paths = list(results.plan.space)
    columns = min(COLUMNS, len(paths))
    rows = -(-len(paths) // columns)
    figure = Figure(figsize=(4 * columns, 3.2 * rows), layout="constrained")
    for index, path in enumerate(paths):
        axes = figure.add_subplot(rows, columns, index + 1)
        places, ticks, log = _scale(results.plan, path, shown)
        _scatter(axes, shown, places)
        if log:
            axes.set_xscale("log")
        if ticks:
            axes.set_xticks(range(len(ticks)), ticks, rotation=30 if _are_long(ticks) else 0)
            axes.set_xlim(-0.5, len(ticks) - 0.5)
        axes.set_xlabel(path)
        axes.set_ylabel(results.plan.objective if index % columns == 0 else "")
        if index == 0:
            axes.legend()
    return figure


def _parallel(results: SweepResults, shown: Sequence[TrialResult]) -> Figure:
    """One axis for each setting and one for the objective; a line for each trial."""
    plan = results.plan
    paths = list(plan.space)
    figure = Figure(figsize=(2.2 * (len(paths) + 1) + 1, 4.5), layout="constrained")
    axes = figure.add_subplot()
    heights = [_heights(axes, plan, path, shown, place) for place, path in enumerate(paths)]
    values = [trial.value or 0.0 for trial in shown]
    norm = Normalize(min(values), max(values))
    heights.append(_spread(values))
    _ruler(axes, len(paths), [(0.0, f"{min(values):.4g}"), (1.0, f"{max(values):.4g}")])
    lines = [
        [(place, own[index]) for place, own in enumerate(heights)] for index in range(len(shown))
    ]
    # The best are drawn last, above the others.
    order = sorted(range(len(shown)), key=lambda i: values[i] if plan.rises else -values[i])
    axes.add_collection(
        LineCollection(
            [lines[i] for i in order],
            array=[values[i] for i in order],
            cmap=MAP if plan.rises else f"{MAP}_r",
            norm=norm,
            alpha=0.8,
            linewidths=1.2,
        )
    )
    axes.set_xlim(-0.2, len(paths) + 0.35)
    axes.set_ylim(-0.05, 1.05)
    axes.set_xticks(range(len(paths) + 1), [*paths, plan.objective])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    colors = ScalarMappable(norm, MAP if plan.rises else f"{MAP}_r")
    figure.colorbar(colors, ax=axes, label=plan.objective)
    return figure


def _heights(
    axes: Axes, plan: SweepPlan, path: str, shown: Sequence[TrialResult], place: int
) -> list[float]:
    """Where the trials' values stand on the axis of a setting, from 0 to 1, with its marks."""
    places, ticks, log = _scale(plan, path, shown)
    if ticks:
        most = max(1, len(ticks) - 1)
        _ruler(axes, place, [(index / most, text) for index, text in enumerate(ticks)])
        return [where / most for where in places]
    marks = [(0.0, f"{min(places):.3g}"), (1.0, f"{max(places):.3g}")]
    _ruler(axes, place, marks)
    return _spread(places, log=log)


def _ruler(axes: Axes, place: int, marks: Sequence[tuple[float, str]]) -> None:
    axes.axvline(place, color="0.4", linewidth=0.8, zorder=3)
    for height, text in marks:
        axes.annotate(
            text,
            (place, height),
            (4, 0),
            textcoords="offset points",
            fontsize=8,
            va="center",
            zorder=4,
            bbox={"boxstyle": "round,pad=0.1", "color": "white", "alpha": 0.75},
        )


def _scale(
    plan: SweepPlan, path: str, shown: Sequence[TrialResult]
) -> tuple[list[float], list[str], bool]:
    """Where each trial's value stands, the marks if they are choices, and whether it is log."""
    entry = plan.space[path]
    values = [trial.settings[path] for trial in shown]
    if isinstance(entry, Interval):
        return [float(value) for value in values], [], entry.log
    known = list(entry.values)
    return [float(known.index(value)) for value in values], [_label(v) for v in known], False


def _spread(values: Sequence[float], *, log: bool = False) -> list[float]:
    """Values as shares of their range."""
    scaled = [logarithm(value) if log else value for value in values]
    low, high = min(scaled), max(scaled)
    return [(value - low) / (high - low) if high > low else 0.5 for value in scaled]


def _scatter(axes: Axes, shown: Sequence[TrialResult], places: Sequence[float]) -> None:
    for state, color in COLORS.items():
        chosen = [i for i, trial in enumerate(shown) if trial.state == state]
        if chosen:
            axes.scatter(
                [places[i] for i in chosen],
                [shown[i].value or 0.0 for i in chosen],
                s=18,
                alpha=0.7,
                color=color,
                label=state,
            )


def _label(value: Any) -> str:
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _are_long(ticks: Sequence[str]) -> bool:
    return sum(map(len, ticks)) > 30
