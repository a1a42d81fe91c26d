"""Measure: what a check measured, beside the most that it allows."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Measure"]


class Measure(NamedTuple):
    """A figure and its bound; a check without a bound reports the figure only."""

    figure: float
    bound: float | None = None
    unit: str = ""
