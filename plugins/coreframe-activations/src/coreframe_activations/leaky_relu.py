"""LeakyReLU: the rectified linear unit with a small slope below zero."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import Example, Graph, Hyperparameter, Setting
from coreframe_activations.elementwise import Elementwise

__all__ = ["LeakyReLU"]


class LeakyReLU(Elementwise):
    """Leaky rectified linear unit, elementwise.

    y = max(x, a x),  dx = dy · (1 where x > 0, else a)

    Shapes: x (*, features) → y (*, features).
    Source: Maas et al. 2013, Rectifier nonlinearities improve neural network acoustic models.

    Args:
        negative_slope: a, at least 0 and below 1; one number or one per replica.

    Raises:
        ArgumentError: if the slope is out of range.
    """

    slope_of_output = True

    negative_slope = Hyperparameter(below=1.0)

    def __init__(self, negative_slope: Setting = 0.01) -> None:
        self.negative_slope = negative_slope

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[-2.0, 0.0, 2.5]], [[-0.5, 0.0, 2.5]])]
        return [Example(cls(0.25), (3,), known=known), Example(cls(), (2, 5)), Example(cls(), ())]

    def function(self, x: Tensor) -> Tensor:
        return torch.maximum(x, x * self.expand(self.negative_slope, x))

    def slope(self, kept: Tensor) -> Tensor:
        # The sign is −1, 0 or 1, and a is below 1.
        return kept.sign().clamp_(min=self.expand(self.negative_slope, kept))

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("LeakyRelu", x, alpha=self.negative_slope)
