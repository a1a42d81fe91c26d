"""RunMetrics: the figures of a run, read back from its folder."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path

import coreframe as cf
from coreframe_runs.run_folder import RunFolder

__all__ = ["RunMetrics", "read_metrics"]


@dataclass(frozen=True)
class RunMetrics:
    """The figures of a run, epoch by epoch.

    Attributes:
        epochs: their numbers, from 1; empty before the first has ended.
        figures: each figure by its name, one number per epoch; NaN where it was not finite.
    """

    epochs: list[int]
    figures: dict[str, list[float]]

    def best(self, monitor: str = "") -> int | None:
        """The index of the epoch whose checkpoint is kept as the best; None if none is finite.

        Args:
            monitor: the figure, as `[run]` of the run file names it; empty for the default.
        """
        name = monitor or ("validation_loss" if "validation_loss" in self.figures else "loss")
        sign = 1 if name.endswith("accuracy") else -1
        scores = [sign * value for value in self.figures.get(name, ())]
        finite = [index for index, score in enumerate(scores) if isfinite(score)]
        return max(finite, key=scores.__getitem__, default=None)  # of equal ones the first


def read_metrics(folder: Path) -> RunMetrics:
    """Read the figures of a run, also while it is trained.

    Args:
        folder: the folder that the run leaves.

    Raises:
        ArgumentError: if it is no folder of a run, or for a line that is no row of figures.
    """
    if not RunFolder(folder).plan.is_file():
        raise cf.ArgumentError(f"{folder} is no folder of a run: it has no run.toml")
    path = folder / "metrics.csv"
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    except (OSError, ValueError) as error:
        raise cf.ArgumentError(f"{path} cannot be read: {error}") from error
    whole = text[: text.rfind("\n") + 1]  # the run may be in the midst of its newest row
    try:
        header, *rows = csv.reader(whole.splitlines()) if whole else [["epoch"]]
    except csv.Error as error:
        raise cf.ArgumentError(f"{path} cannot be read: {error}") from error
    columns: list[list[float]] = [[] for _ in header]
    for line, row in enumerate(rows, start=2):
        try:
            for column, cell in zip(columns, row, strict=True):
                column.append(float(cell or nan))
        except ValueError:
            raise cf.ArgumentError(
                f"{path}: line {line} is not one number for each of {', '.join(header)}; "
                f"coreframe train --resume {folder} writes the file anew"
            ) from None
    figures = dict(zip(header, columns, strict=True))
    try:
        epochs = [int(epoch) for epoch in figures.pop("epoch")]
    except (KeyError, ValueError) as error:
        raise cf.ArgumentError(f"{path} has no column of epochs") from error
    return RunMetrics(epochs, figures)
