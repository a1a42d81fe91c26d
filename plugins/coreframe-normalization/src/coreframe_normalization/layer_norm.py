"""LayerNorm: each sample is normalized by its own mean and variance."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coreframe import Constant, Example, Graph, Parameter
from coreframe_normalization.precision import widened
from coreframe_normalization.trailing_axes import TrailingAxes

__all__ = ["LayerNorm"]


class LayerNorm(TrailingAxes):
    """Layer normalization over the last axes.

    y = w ⊙ x̂ + b,  x̂ = (x − μ) / √(σ² + ε),  μ and σ² the mean and variance of the axes

    With g = w ⊙ dy:  dx = (g − mean g − x̂ mean(g ⊙ x̂)) / √(σ² + ε),  dw = Σ dy ⊙ x̂,  db = Σ dy

    Shapes: x (*, size) → y (*, size); weight and bias (size,), from 1 and 0.
    Source: Ba et al. 2016, Layer normalization.

    Args:
        size: the last axis, or the last axes as a list.
        eps: ε, added to the variance.

    Raises:
        ArgumentError: for a size that is not positive integers, or ε not positive and finite.
        ShapeError: in forward, for an input of other features.
    """

    def __init__(self, size: int | Sequence[int], *, eps: float = 1e-5) -> None:
        super().__init__(size, eps)
        self.bias = Parameter(self.shape, Constant(0.0))

    @classmethod
    def examples(cls) -> list[Example]:
        # mean 3, variance 14 / 3, and 1 / √(14/3 + 1/3) = 1 / √5
        known = [([[1.0, 2.0, 6.0]], [[-0.894427191, -0.447213595, 1.341640786]])]
        deviations = {"weight": 0.0, "bias": 0.0}
        return [
            Example(cls(3, eps=1 / 3), (3,), known=known, deviations=deviations),
            Example(cls(4), (2, 4)),
            Example(cls([2, 3]), (2, 2, 3)),
            Example(cls(1), (1,)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        self.expect_features(x)
        x_hat, inverse = self.normalized(x)
        self.save(x_hat, inverse)
        weight, bias = self.along(self.weight, x_hat), self.along(self.bias, x_hat)
        return torch.addcmul(bias, x_hat, weight).to(x.dtype)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        dx = super().backward(dy)
        self.add_to(self.bias, widened(dy))
        return dx

    def export(self, graph: Graph, x: str) -> str:
        weight, bias = graph.constant(self.weight), graph.constant(self.bias)
        axis = -len(self.shape)
        return graph.add("LayerNormalization", x, weight, bias, axis=axis, epsilon=self.eps)
