"""Blocks: a population cut into smaller ones, which train one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import median

import torch
from ours import Ours
from rivals.rival import Rival
from timing import time_training
from torch import Tensor
from training import Training

import coreframe as cf


class Blocks:
    """A population in blocks of at most so many models.

    Args:
        training: the whole population.
        make: trains a block.
        size: models of a block.
    """

    def __init__(self, training: Training, make: Callable[[Training], Rival], size: int) -> None:
        self._parts = [make(block) for block in training.blocks(size)]
        self.models = training.replicas
        self.name = f"{self._parts[0].name}, in blocks of {size}"
        self.loss = self._parts[0].loss

    def train(self, epochs: int = 1) -> None:
        for part in self._parts:
            part.train(epochs)

    def values(self) -> list[Tensor]:
        columns = zip(*(part.values() for part in self._parts), strict=True)
        return [torch.cat(column) for column in columns]


def powers_of_two(most: int) -> list[int]:
    """Sizes of blocks to try: the powers of two up to a number, and itself."""
    return sorted({most, *(2**power for power in range(most.bit_length()) if 2**power <= most)})


def our_best_size(training: Training) -> int:
    """The size of blocks that coreframe itself chooses, by a short measurement."""

    def build(replicas: range) -> cf.Population:
        return Ours(training.of(len(replicas))).population

    return cf.choose_block_size(build, training.replicas, training.batch_size)


def best_size(
    training: Training, make: Callable[[Training], Rival], sizes: Iterable[int], rounds: int
) -> int:
    """The size of blocks by which a rival takes least time per model, by a short measurement."""
    blocks = {str(size): make(training.of(size)).train for size in sizes}
    seconds = time_training(blocks, rounds)
    return min((int(size) for size in blocks), key=lambda size: median(seconds[str(size)]) / size)
