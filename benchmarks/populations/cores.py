"""Two cores against one: blocks of a population, spread over processes."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

from ours import Ours
from populations.blocks import our_best_size
from populations.extent import Extent
from populations.sizes import BATCH, SIZES
from timing import median_ratio, print_target
from training import Training

import coreframe as cf

CORES = 2


def compare_cores(extent: Extent) -> None:
    """Train the same blocks in one process and in two; print the ratio of the times."""
    whole = Training.drawn(SIZES, extent.samples, BATCH, replicas=extent.cores_models)
    share = whole.replicas // CORES  # so that both have equally much to do
    size = max(len(part) for part in cf.cut_into_blocks(share, our_best_size(whole.of(share))))
    tasks = [cf.Task(train_block, (block, extent.cores_epochs)) for block in whole.blocks(size)]
    trained: dict[int, list[float]] = {1: [], CORES: []}
    took: dict[int, list[float]] = {1: [], CORES: []}
    for _ in range(extent.rounds):
        for processes in (1, CORES):
            start = perf_counter()
            spans = cf.run_tasks(tasks, processes)
            took[processes].append(perf_counter() - start)
            trained[processes].append(max(e for _, e in spans) - min(s for s, _ in spans))
    print(f"2-25-25-25-2, batch {BATCH}, {whole.replicas} models in blocks of {size}")
    for processes, seconds in trained.items():
        begun = median(took[processes]) - median(seconds)
        print(
            f"  {processes} processes: {median(seconds):.2f} s, and {begun:.2f} s to begin and end"
        )
    ratio = median_ratio(trained[CORES], trained[1])
    print_target(f"time on {CORES} cores / on one", ratio, 1 / 1.7)


def train_block(block: Training, epochs: int, report: Callable[[], object]) -> tuple[float, float]:
    """When the training of a block began and ended, by the clock that all processes share."""
    ours = Ours(block)
    start = perf_counter()
    for _ in range(epochs):
        ours.train()
        report()
    return start, perf_counter()
