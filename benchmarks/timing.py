"""Timing rivals against each other, in turn, so that a change of the machine's speed hits all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter

ROUNDS = 9


def time_interleaved(
    rivals: Mapping[str, Callable[[], object]], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Seconds of each rival in each of nine rounds, after one round that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for round_number in range(rounds + 1):
        for name, run in rivals.items():
            start = perf_counter()
            run()
            if round_number:
                seconds[name].append(perf_counter() - start)
    return seconds


def median_ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios, round by round."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def print_target(what: str, ratio: float, target: float) -> None:
    """A line that says whether a ratio is at most its target."""
    verdict = "met" if ratio <= target else "NOT MET"
    print(f"{what:58s} {ratio:7.4f}   target {target:7.4f}   {verdict}")


def print_measured(what: str, ratio: float) -> None:
    """A line of a ratio that has no target."""
    print(f"{what:58s} {ratio:7.4f}")
