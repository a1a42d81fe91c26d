"""Tanh: the hyperbolic tangent."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Module, Shape

__all__ = ["Tanh"]


class Tanh(Module):
    """Hyperbolic tangent, elementwise.

    y = tanh(x),  dx = dy · (1 − y²)

    Shapes: x (*, features) → y (*, features).
    Source: the report, §II.B.2; LeCun et al. 1998, Efficient BackProp, §4.4.
    """

    @staticmethod
    def derivative(x: Tensor) -> Tensor:
        """d/dx tanh(x) = 1 − tanh²(x)."""
        return _slope(x.tanh())

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[-1.0, 0.0, 0.5]], [[-0.761594156, 0.0, 0.462117157]])]
        return [Example(cls(), (3,), known=known), Example(cls(), (2, 5)), Example(cls(), ())]

    def forward(self, x: Tensor) -> Tensor:
        y = x.tanh()
        self.save(y)
        return y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (y,) = self.saved()
        return dy * _slope(y)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return input_shape


def _slope(y: Tensor) -> Tensor:
    """The derivative, by the output: 1 − y²."""
    return 1 - y * y
