"""Contest: rivals that are timed in turn on one training."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

from rivals.rival import Timed
from timing import median_ratio, time_training


class Contest:
    """Microseconds per model and step of each rival, round by round.

    Args:
        rivals: by name.
        steps: of an epoch.
        rounds: how often each is timed.
    """

    def __init__(self, rivals: Mapping[str, Timed], steps: int, rounds: int) -> None:
        seconds = time_training({name: rival.train for name, rival in rivals.items()}, rounds)
        self.times = {
            name: [1e6 * second / steps / rivals[name].models for second in seconds[name]]
            for name in rivals
        }

    def ratio(self, name: str, other: str) -> float:
        """The median of the ratios of two rivals' times."""
        return median_ratio(self.times[name], self.times[other])

    def median(self, name: str) -> float:
        return median(self.times[name])

    def print_times(self) -> None:
        for name in self.times:
            print(f"  {name:44s} {self.median(name):9.2f} µs per model and step")
