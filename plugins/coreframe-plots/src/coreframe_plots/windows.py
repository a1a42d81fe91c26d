"""Windows: long runs drawn by the mean and the range of neighbouring epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite, nan
from statistics import fmean

__all__ = ["Windows", "condense", "window_size"]

LONG, POINTS = 500, 250
"""Epochs from which on a curve is noise to the eye, and how many points it then has."""


@dataclass(frozen=True)
class Windows:
    """A curve; NaN in a window that has no finite figure.

    Attributes:
        epochs: the middle of each window.
        mean: of its finite figures.
        least, greatest: of these.
    """

    epochs: list[float]
    mean: list[float]
    least: list[float]
    greatest: list[float]


def window_size(epochs: int) -> int:
    """How many epochs make a point: one as long as the eye can tell them apart."""
    return 1 if epochs <= LONG else ceil(epochs / POINTS)


def condense(epochs: Sequence[int], values: Sequence[float], size: int) -> Windows:
    """The curve by windows of `size` epochs; the last may have fewer."""
    starts = range(0, len(epochs), size)
    parts = [[v for v in values[i : i + size] if isfinite(v)] or [nan] for i in starts]
    return Windows(
        [fmean(epochs[i : i + size]) for i in starts],
        [fmean(part) for part in parts],
        [min(part) for part in parts],
        [max(part) for part in parts],
    )
