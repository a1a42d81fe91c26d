"""Span: a length of time in a run, as a fraction of it or in steps."""

from __future__ import annotations

__all__ = ["SHORTEST", "count_steps", "span_in_steps"]

SHORTEST = 1e-9
"""The least length that is one."""


def span_in_steps(length: float, total: int) -> float:
    """A length below 1 is a fraction of the run of `total` steps, another one counts steps."""
    return length * total if length < 1 else length


def count_steps(length: float, total: int) -> int:
    """The same in whole steps, so that no rounding error moves a border; at least one if > 0."""
    return max(1, round(span_in_steps(length, total))) if length else 0
