"""Measure: what a check measured, beside the most that it allows."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

__all__ = ["Finding", "Measure", "NotTried"]


class Measure(NamedTuple):
    """A figure and its bound; a check without a bound reports the figure only."""

    figure: float
    bound: float | None = None
    unit: str = ""


class NotTried(NamedTuple):
    """What a check gives where it has nothing to try, which is not the same as passing."""

    reason: str


Finding: TypeAlias = Measure | NotTried | None
"""What a check that has not failed gives; None where there is nothing to measure."""
