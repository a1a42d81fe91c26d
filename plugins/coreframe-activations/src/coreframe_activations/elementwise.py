"""Elementwise: what activation functions of one number have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from torch import Tensor

from coreframe import Module, Shape

__all__ = ["Elementwise"]


class Elementwise(Module):
    """y = f(x),  dx = dy · f′(x), for each element alone.

    A subclass gives f and f′. One tensor is kept for backward: the input, or the output where
    the derivative is simpler in it.
    """

    elementwise = True

    slope_of_output: ClassVar[bool] = False
    """True where `slope` is computed from y, False where from x."""

    @abstractmethod
    def function(self, x: Tensor) -> Tensor:
        """f(x)."""

    @abstractmethod
    def slope(self, kept: Tensor) -> Tensor:
        """f′ by what was kept, as a tensor of its own: backward writes into it."""

    def forward(self, x: Tensor) -> Tensor:
        y = self.function(x)
        self.save(y if self.slope_of_output else x)
        return y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (kept,) = self.saved()
        return self.slope(kept).mul_(dy)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return input_shape
