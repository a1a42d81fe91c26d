"""Inputs to verify a graph on: samples that are given, or drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch import Generator, Tensor

import coreframe as cf

__all__ = ["Input", "draw_batches", "numbers_for"]

Input: TypeAlias = Tensor | cf.Sample | Sequence[int]
"""Samples (n, *features), or what one sample is like, in short its shape."""

SIZES = (1, 7)  # of the batches, where samples are drawn
SEED = 0
SPARSE = 8  # one in so many numbers is missing, where that is allowed


def draw_batches(inputs: Sequence[Input]) -> list[tuple[Tensor, ...]]:
    """A batch of one, and one of several; of samples that are given, all of them.

    Raises:
        ArgumentError: for different numbers of samples, or none.
    """
    counts = {len(x) for x in inputs if isinstance(x, Tensor)}
    if len(counts) > 1 or counts & {0} or not inputs:
        raise cf.ArgumentError(f"a graph is verified on samples of each input, got {counts or 0}")
    sizes = (1, max(2, *counts)) if counts else SIZES
    generator = Generator().manual_seed(SEED)
    return [tuple(_batch(x, size, generator) for x in inputs) for size in sizes]


def _batch(x: Input, size: int, generator: Generator) -> Tensor:
    if isinstance(x, Tensor):
        x = x[torch.arange(size) % len(x)].cpu()
    else:
        sample = x if isinstance(x, cf.Sample) else cf.Sample(tuple(x))
        x = sample.draw((size,), generator)
    if x.is_floating_point():
        return x.float()
    return x if x.dtype is torch.bool else x.long()


def numbers_for(before: cf.Module, inputs: Tensor) -> Tensor:
    """Numbers of which a layer makes about these inputs, some missing if it can fill them in.

    What comes before a model is affine, such as a standardization, so two trials find them.
    """
    zero = before.forward(torch.zeros_like(inputs))
    slope = before.forward(torch.ones_like(inputs)) - zero
    numbers = torch.where(slope == 0, inputs, (inputs - zero) / slope)
    gaps = torch.arange(inputs.numel()).view_as(inputs) % SPARSE == SPARSE - 1
    missing = numbers.masked_fill(gaps, torch.nan)
    return numbers if bool(before.forward(missing).isnan().any()) else missing
