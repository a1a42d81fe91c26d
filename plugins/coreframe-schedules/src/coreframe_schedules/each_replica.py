"""A formula of numbers, each of which may be one or one per replica."""

from __future__ import annotations

from collections.abc import Callable

from coreframe import ArgumentError, Setting

__all__ = ["each_replica"]


def each_replica(formula: Callable[..., float], *settings: float | tuple[float, ...]) -> Setting:
    """formula(*settings), one number, or one per replica where any setting has that many.

    Raises:
        ArgumentError: if two settings are for different counts of replicas.
    """
    counts = {len(setting) for setting in settings if isinstance(setting, tuple)}
    if not counts:
        return formula(*settings)
    if len(counts) > 1:
        first, second = sorted(counts)[:2]
        raise ArgumentError(
            f"one number of the schedule is given for {first} replicas, another for {second}"
        )
    (count,) = counts
    columns = [s if isinstance(s, tuple) else (s,) * count for s in settings]
    return [formula(*row) for row in zip(*columns, strict=True)]
