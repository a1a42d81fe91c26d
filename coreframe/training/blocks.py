"""Blocks: a population cut into parts that train fastest, and that fit into memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from statistics import median
from time import perf_counter
from typing import NamedTuple, TypeAlias

from coreframe.errors import ArgumentError
from coreframe.interfaces.dataset import Dataset
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.interfaces.whole_number import whole_number
from coreframe.registry.hookspecs import hookimpl
from coreframe.training.memory import estimate_memory
from coreframe.training.run import Run
from coreframe.training.train import train_model

__all__ = ["Build", "Population", "choose_block_size", "cut_into_blocks", "measure_block_sizes"]

STEPS = 40  # of each size, of which the median counts
SECONDS = 0.5  # at most for each size, once there are a few steps
FEW = 5
WORSE = 1.25  # beyond the size from which on time grows by this, larger ones are not tried


class Population(NamedTuple):
    """What is trained together."""

    model: Module
    data: Dataset
    loss: Loss
    optimizer: Optimizer


Build: TypeAlias = Callable[[range], Population]
"""Makes the population of these replicas of the whole one."""


def cut_into_blocks(replicas: int, size: int) -> list[range]:
    """Ranges of replicas, as equal as they can be, none longer than `size`.

    Raises:
        ArgumentError: if either is below one.
    """
    replicas = whole_number("cut_into_blocks: replicas", replicas)
    count = -(-replicas // whole_number("cut_into_blocks: size", size))
    bounds = [index * replicas // count for index in range(count + 1)]
    return [range(*pair) for pair in pairwise(bounds)]


def measure_block_sizes(build: Build, sizes: Sequence[int], batch_size: int) -> dict[int, float]:
    """Seconds per step and model of populations of these sizes, on this machine now.

    Each takes a few steps of its real training, and at most about half a second, in rising order;
    sizes beyond one that is a quarter slower than the best are left out.
    """
    found: dict[int, float] = {}
    for size in sorted(sizes):
        stopwatch = Stopwatch()
        model, data, loss, optimizer = build(range(size))
        while not stopwatch.done:
            train_model(
                model, data, loss, optimizer,
                epochs=1, batch_size=batch_size, watchers=[stopwatch],
            )  # fmt: skip
        found[size] = median(stopwatch.seconds) / size
        if found[size] > WORSE * min(found.values()):
            break
    return found


def choose_block_size(
    build: Build, replicas: int, batch_size: int, *, memory: float | None = None
) -> int:
    """The block size, at most `replicas`, by which a population trains in the least time.

    It is measured, so it may differ from one call to the next: who wants the same bits again
    records it. Sizes of which one block takes more than `memory` are not considered.

    Args:
        build: makes the first `n` replicas.
        replicas: of the whole population.
        batch_size: samples per step and replica.
        memory: bytes that one block may take; None for any.

    Raises:
        ArgumentError: if not even one replica fits.
    """
    most = whole_number("choose_block_size: replicas", replicas)
    if memory is not None:
        most = min(most, _fitting(build, batch_size, memory))
    sizes = [1]
    while sizes[-1] < most:
        sizes.append(min(2 * sizes[-1], most))
    return fastest(measure_block_sizes(build, sizes, batch_size))


def fastest(seconds: Mapping[int, float]) -> int:
    """The size of the least time; of nearly equal ones the largest, which makes fewer blocks."""
    least = min(seconds.values())
    return max(size for size, time in seconds.items() if time <= 1.03 * least)


def _fitting(build: Build, batch_size: int, memory: float) -> int:
    """How many replicas take at most so much memory."""
    each = estimate_memory(*build(range(1)), batch_size=batch_size)
    if each > memory:
        raise ArgumentError(
            f"one model takes about {each / 2**20:.0f} MiB in training, and {memory / 2**20:.0f} "
            "MiB are allowed: allow more, or take a smaller batch"
        )
    return int(memory // each)


class Stopwatch:
    """Notes how long each step takes, and ends the run when it has seen enough."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self._begun = self._last = perf_counter()

    @property
    def done(self) -> bool:
        """Whether it has seen enough."""
        enough = perf_counter() - self._begun > SECONDS and len(self.seconds) >= FEW
        return enough or len(self.seconds) >= STEPS

    @hookimpl
    def coreframe_run_start(self, run: Run) -> None:  # noqa: ARG002  # the hook's
        self._last = perf_counter()

    @hookimpl
    def coreframe_run_step(self, run: Run) -> None:
        now = perf_counter()
        self.seconds.append(now - self._last)
        self._last = now
        if self.done:
            run.stop("measured")
