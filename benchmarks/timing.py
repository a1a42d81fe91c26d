"""Timing rivals against each other, in turn, so that a change of the machine's speed hits all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from statistics import median
from time import perf_counter

ROUNDS = 9
TURN = 0.1  # seconds: as long as it takes until what the others left in the caches is gone


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


def time_training(
    rivals: Mapping[str, Callable[[int], object]], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Seconds per epoch, each turn being the call for so many epochs that it takes a while.

    So it is the speed of a training that goes on that is compared, not that of its beginning.
    """
    epochs: dict[str, int] = {}
    for name, train in rivals.items():
        train(1)
        start = perf_counter()
        train(1)
        epochs[name] = max(1, round(TURN / (perf_counter() - start)))
    turns = {name: partial(train, epochs[name]) for name, train in rivals.items()}
    seconds = time_interleaved(turns, rounds)
    return {name: [turn / epochs[name] for turn in seconds[name]] for name in rivals}


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
