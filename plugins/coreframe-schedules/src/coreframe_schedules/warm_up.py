"""Warm-up: the factor rises in a line before a schedule begins."""

from __future__ import annotations

from collections.abc import Callable

from coreframe_schedules.span import count_steps

__all__ = ["warm_up_first"]


def warm_up_first(
    step: int, total: int, warm_up: float, course: Callable[[int, int], float]
) -> float:
    """(step + 1) / (W + 1) in the first W steps, then the course of the steps that are left.

    So no step is lost to a factor of zero, and the line meets the course, which begins at 1.
    """
    count = count_steps(warm_up, total)
    if step < count:
        return (step + 1) / (count + 1)
    return course(step - count, total - count)
