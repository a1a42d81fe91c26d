"""Noise: random numbers of a layer, for each sample of a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import torch
from torch import Generator, Tensor

if TYPE_CHECKING:
    from coreframe.interfaces.context import ModelContext

__all__ = ["Distribution", "draw_noise"]

Distribution: TypeAlias = Literal["uniform", "normal"]


def draw_noise(context: ModelContext, like: Tensor, distribution: Distribution) -> Tensor:
    """Numbers of the shape `(*replicas, batch, *features)` of `like`, on its device.

    Each replica draws from its own stream what it would draw alone: nothing for padding, which
    gets zeros. Half precision is too coarse to compare a uniform number with a rate, so the
    numbers are then float32.
    """
    dtype = like.dtype if like.dtype in (torch.float32, torch.float64) else torch.float32
    leading = len(context.replicas)
    batch, *features = like.shape[leading:]
    generators = context.random.generators("noise")
    counts = context.padding.counts if context.padding else (batch,) * len(generators)

    def draw(count: int, generator: Generator) -> Tensor:
        shape = (count, *features)
        if distribution == "uniform":
            own = torch.rand(shape, generator=generator, dtype=dtype)
        else:
            own = torch.randn(shape, generator=generator, dtype=dtype)
        return own if count == batch else torch.cat([own, own.new_zeros(batch - count, *features)])

    drawn = [draw(*pair) for pair in zip(counts, generators, strict=True)]
    return (torch.stack(drawn) if leading else drawn[0]).to(like.device)
