"""Sigmoid: the logistic function."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Module, Shape

__all__ = ["Sigmoid"]


class Sigmoid(Module):
    """Logistic function, elementwise.

    y = S(x) = 1 / (1 + e⁻ˣ),  dx = dy · y · (1 − y)

    Shapes: x (*, features) → y (*, features).
    Source: the report, §II.B.3; LeCun et al. 1998, Efficient BackProp, §4.4.
    """

    @staticmethod
    def sigmoid(x: Tensor) -> Tensor:
        """S(x) = 1 / (1 + e⁻ˣ), without overflow for large −x."""
        return x.sigmoid()

    @staticmethod
    def derivative(x: Tensor) -> Tensor:
        """d/dx S(x) = S(x) · (1 − S(x))."""
        return _slope(x.sigmoid())

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[-1.0, 0.0, 2.0]], [[0.268941421, 0.5, 0.880797078]])]
        return [Example(cls(), (3,), known=known), Example(cls(), (2, 5)), Example(cls(), ())]

    def forward(self, x: Tensor) -> Tensor:
        y = self.sigmoid(x)
        self.save(y)
        return y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (y,) = self.saved()
        return dy * _slope(y)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return input_shape


def _slope(y: Tensor) -> Tensor:
    """The derivative, by the output: y · (1 − y)."""
    return y * (1 - y)
