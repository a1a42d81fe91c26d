"""Seeds: a generator for each replica's samples."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Generator, Tensor

from coreframe import ArgumentError, TensorSplit

__all__ = ["Splits", "for_each_seed", "generators_of"]

Splits = dict[str, tuple[Tensor, Tensor]]
"""Inputs and targets of each split, by its name."""


def for_each_seed(
    dataset: str, seed: int | Sequence[int], make: Callable[[Generator], Splits]
) -> dict[str, TensorSplit]:
    """The splits that `make` gives for a seed, or for each of several, a replica each.

    Replica r has exactly what its seed gives alone, since each is made apart.

    Raises:
        ArgumentError: if there is no seed, or one is no integer of 64 bits.
    """
    generators, replicas = generators_of(dataset, seed)
    made = [make(generator) for generator in generators]
    if not replicas:
        return {name: TensorSplit(*pair) for name, pair in made[0].items()}
    return {name: _stacked([splits[name] for splits in made]) for name in made[0]}


def generators_of(
    dataset: str, seed: int | Sequence[int]
) -> tuple[list[Generator], tuple[int, ...]]:
    """A generator for a seed, or for each of several, and the replicas that they are for.

    Raises:
        ArgumentError: if there is no seed, or one is no integer of 64 bits.
    """
    plain = seed.tolist() if isinstance(seed, Tensor) else seed
    if not isinstance(plain, Iterable):
        return [_generator(dataset, plain)], ()
    generators = [_generator(dataset, number) for number in plain]
    if not generators:
        raise ArgumentError(f"{dataset}: seed needs at least one integer")
    return generators, (len(generators),)


def _stacked(pairs: Sequence[tuple[Tensor, Tensor]]) -> TensorSplit:
    inputs, targets = zip(*pairs, strict=True)
    return TensorSplit(torch.stack(inputs), torch.stack(targets), (len(pairs),))


def _generator(dataset: str, seed: object) -> Generator:
    wrong = ArgumentError(f"{dataset}: a seed must be an integer of 64 bits, got {seed!r}")
    if isinstance(seed, bool):
        raise wrong
    try:
        return Generator().manual_seed(operator.index(seed))  # type: ignore[arg-type]  # caught
    except (TypeError, ValueError, RuntimeError, OverflowError):  # no integer, or one of more bits
        raise wrong from None
