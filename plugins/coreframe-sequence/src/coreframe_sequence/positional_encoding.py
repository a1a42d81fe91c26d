"""PositionalEncoding: waves that tell the places of a sequence apart."""

from __future__ import annotations

from math import cos, log, sin

import torch
from torch import Tensor

from coreframe import Example, Graph, Module, Shape, ShapeError, whole_number

__all__ = ["PositionalEncoding"]


class PositionalEncoding(Module):
    """Sinusoids of falling frequency, added to each place of a sequence.

    y[t, 2i] = x[t, 2i] + sin(t / 10000^(2i / size)),  y[t, 2i + 1] likewise with cos;  dx = dy

    Shapes: x (*, length, size) → y (*, length, size).
    Source: Vaswani et al. 2017, Attention is all you need, §3.5.

    Args:
        size: features of each place; where it is odd, the last wave has its sine only.

    Raises:
        ArgumentError: if the size is not a positive integer.
        ShapeError: in forward, for an input without a length or with other features.
    """

    def __init__(self, size: int) -> None:
        self.size = whole_number("PositionalEncoding: size", size)

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[[0.0, 1.0], [0.0, 0.0]]], [[[0.0, 2.0], [sin(1), cos(1)]]])]
        far, slow = 2000, [10000 ** (-2 * i / 6) for i in range(3)]  # where angles are large
        places = [[wave(t * f) for f in slow for wave in (sin, cos)] for t in range(far)]
        return [
            Example(cls(2), (2, 2), known=known),
            Example(cls(6), (3, 6), known=[([[[0.0] * 6] * far], [places])]),
            Example(cls(5), (1, 5)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() < len(self.replicas) + 3 or x.shape[-1] != self.size:
            raise ShapeError(
                f"{self.described} takes (*replicas, batch, length, {self.size}), "
                f"got {tuple(x.shape)}"
            )
        self.save()
        return x + self._waves(x.shape[-2], x)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is None:
            return (self.size,)
        if input_shape[-1:] != (self.size,):  # behind an unknown layer the length is not known
            raise ShapeError(f"{self!r} takes (length, {self.size}), got {input_shape}")
        return input_shape

    def export(self, graph: Graph, x: str) -> str:
        length = graph.features(x)[-2]
        return graph.add("Add", x, graph.constant(self._waves(length, torch.empty(0))))

    def _waves(self, length: int, like: Tensor) -> Tensor:
        """`(length, size)`, in double precision until the end: angles grow with the length."""
        exponents = torch.arange(0, self.size, 2, dtype=torch.float64, device=like.device)
        frequencies = (exponents * (-log(10000.0) / self.size)).exp_()
        steps = torch.arange(length, dtype=torch.float64, device=like.device)
        angles = steps.unsqueeze(1) * frequencies
        return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, : self.size].to(like)
