"""Softplus: a smooth rectified linear unit."""

from __future__ import annotations

from math import isfinite

import torch
from torch import Tensor

from coreframe import ArgumentError, Example, Graph
from coreframe_activations.elementwise import Elementwise

__all__ = ["Softplus"]


class Softplus(Elementwise):
    """Softplus, elementwise.

    y = log(1 + e^(β x)) / β,  dx = dy · σ(β x), where σ(z) = 1 / (1 + e⁻ᶻ)

    Where β x is above the threshold, y = x and dx = dy.

    Shapes: x (*, features) → y (*, features).
    Source: Dugas et al. 2000, Incorporating second-order functional knowledge for better option
    pricing; the threshold is torch's.

    Args:
        beta: β, how sharply it bends; positive.
        threshold: of β x, above which it is the line y = x; at least 0.

    Raises:
        ArgumentError: if β is not positive and finite, or the threshold is negative or not finite.
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        if not (isfinite(beta) and beta > 0):
            raise ArgumentError(f"Softplus: beta must be positive and finite, got {beta}")
        if not (isfinite(threshold) and threshold >= 0):
            raise ArgumentError(f"Softplus: threshold must be finite, at least 0, got {threshold}")
        self.beta, self.threshold = beta, threshold

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[-1.0, 0.0, 30.0]], [[0.313261688, 0.693147181, 30.0]])]
        bent = [([[[-1.0, 0.0]]], [[[0.0634640056, 0.346573590]]])]
        return [
            Example(cls(), (3,), known=known),
            Example(cls(beta=2.0), (2, 5), known=bent),
            Example(cls(beta=0.5, threshold=0.25), ()),
        ]

    def function(self, x: Tensor) -> Tensor:
        z = x * self.beta
        line = self._on_line(z)
        # log(1 + eᶻ) = max(z, 0) + log(1 + e^(−|z|)), without overflow; on the line the second
        # term is left out.
        bend = z.abs_().neg_().exp_().log1p_().mul_(1 - line)
        return bend.div_(self.beta).add_(x.clamp(min=0))

    def slope(self, kept: Tensor) -> Tensor:
        z = kept * self.beta
        line = self._on_line(z)
        return torch.maximum(z.sigmoid_(), line)

    def _on_line(self, z: Tensor) -> Tensor:
        """1 where z is above the threshold, else 0, in the dtype of z."""
        return (z - self.threshold).sign_().clamp_(min=0)

    def export(self, graph: Graph, x: str) -> str:
        beta = graph.constant(self.beta)
        z = graph.add("Mul", x, beta)
        bend = graph.add("Div", graph.add("Softplus", z), beta)
        on_line = graph.add("Greater", z, graph.constant(self.threshold))
        return graph.add("Where", on_line, x, bend)
