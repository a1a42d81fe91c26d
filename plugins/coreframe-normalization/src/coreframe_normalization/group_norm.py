"""GroupNorm: groups of channels are normalized within each sample."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor

from coreframe import ArgumentError, Example, Graph, whole_number
from coreframe_normalization.channel_axis import ChannelAxis
from coreframe_normalization.precision import widened

__all__ = ["GroupNorm"]


class GroupNorm(ChannelAxis):
    """Group normalization.

    y = w ⊙ x̂ + b,  x̂ = (x − μ) / √(σ² + ε),  μ and σ² of the channels of a group in one sample

    With g = w ⊙ dy:  dx = (g − mean g − x̂ mean(g ⊙ x̂)) / √(σ² + ε),  dw = Σ dy ⊙ x̂,  db = Σ dy

    Shapes: x (channels, …) → y (channels, …), behind replicas and batch: features (channels,) or
    images (channels, h, w). weight and bias (channels,), from 1 and 0.
    Source: Wu and He 2018, Group normalization.

    Args:
        groups: how many groups the channels are divided into; 1 is layer normalization, as many
            as channels is instance normalization.
        channels: number of channels, the first axis behind the batch.
        eps: ε, added to the variance.

    Raises:
        ArgumentError: for sizes that are not positive integers, groups that do not divide the
            channels, or ε not positive and finite.
        ShapeError: in forward, for an input of other channels.
    """

    def __init__(self, groups: int, channels: int, *, eps: float = 1e-5) -> None:
        super().__init__(channels, eps)
        self.groups = whole_number("GroupNorm: groups", groups)
        if self.channels % self.groups:
            raise ArgumentError(f"GroupNorm: {groups} groups do not divide {channels} channels")

    @classmethod
    def examples(cls) -> list[Example]:
        # pairs of variance 1 and 4, with ε = 1/2: 1 / √1.5 and 2 / √4.5
        known = [
            ([[1.0, 3.0, -2.0, 2.0]], [[-0.816496581, 0.816496581, -0.942809042, 0.942809042]])
        ]
        deviations = {"weight": 0.0, "bias": 0.0}
        return [
            Example(cls(2, 4, eps=0.5), (4,), known=known, deviations=deviations),
            Example(cls(2, 4), (4, 3, 2)),
            Example(cls(1, 3), (3, 2)),
            Example(cls(3, 3), (3, 2, 2)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        self.expect_channels(x)
        groups = self._grouped(widened(x))
        centred = groups - groups.mean(-1, keepdim=True)
        inverse = centred.square().mean(-1, keepdim=True).add_(self.eps).rsqrt_()
        x_hat = centred.mul_(inverse).reshape(x.shape)
        self.save(x_hat, inverse)
        weight = self.per_channel(self.weight.value, x_hat)
        return torch.addcmul(self.per_channel(self.bias.value, x_hat), x_hat, weight).to(x.dtype)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        x_hat, inverse = self.saved()
        wide = widened(dy)
        product, summed = wide * x_hat, self.all_but_channels(dy)
        self.weight.grad.add_(product.sum(summed))
        self.bias.grad.add_(wide.sum(summed))
        # as in layer normalization, group by group
        weight = self.per_channel(self.weight.value, wide)
        along_x_hat = self._grouped(product.mul_(weight)).mean(-1, keepdim=True)
        dx = self._grouped(wide * weight)
        dx = dx.sub_(dx.mean(-1, keepdim=True))
        dx = dx.addcmul_(self._grouped(x_hat), along_x_hat, value=-1).mul_(inverse)
        return dx.reshape(dy.shape).to(dy.dtype)

    def _grouped(self, x: Tensor) -> Tensor:
        """`(*replicas, batch, groups, numbers of a group)`."""
        leading = x.shape[: len(self.replicas) + 1]
        size = x.shape[len(leading) :].numel() // self.groups
        return x.reshape(*leading, self.groups, size)

    def export(self, graph: Graph, x: str) -> str:
        features = graph.features(x)
        groups = graph.integers(0, self.groups, prod(features) // self.groups)
        ones, zeros = graph.constant([1.0] * self.groups), graph.constant([0.0] * self.groups)
        x_hat = graph.add(
            "InstanceNormalization",
            graph.add("Reshape", x, groups),
            ones,
            zeros,
            epsilon=self.eps,
        )
        x_hat = graph.add("Reshape", x_hat, graph.integers(0, *features))
        weight, bias = (
            graph.constant(self.per_channel(held.value, torch.empty(1, *features)))
            for held in (self.weight, self.bias)
        )
        return graph.add("Add", graph.add("Mul", x_hat, weight), bias)
