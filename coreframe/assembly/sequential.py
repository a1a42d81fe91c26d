"""Sequential: layers one after the other."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from coreframe.errors import ShapeError
from coreframe.interfaces.module import Module, Shape

__all__ = ["Sequential"]


class Sequential(Module):
    """A chain of layers.

    y = fₙ(… f₂(f₁(x))),  dx = J₁ᵀ J₂ᵀ … Jₙᵀ dy, where Jᵢ is the Jacobian of fᵢ

    Shapes: x as the first layer takes it → y as the last one gives it.
    Source: the chain rule; the report, §II.A.3.

    Args:
        layers: the modules, first to last; one may stand in it twice.
    """

    def __init__(self, *layers: Module) -> None:
        self.layers = layers  # a tuple: its repr would not follow a change

    def children(self) -> dict[str, Module]:
        return {str(index): layer for index, layer in enumerate(self.layers)}

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        (dy,) = gradwrtoutput
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        return dy

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        (dy,) = gradwrtoutput
        for layer in reversed(self.layers[1:]):
            dy = layer.backward(dy)
        for layer in self.layers[:1]:
            layer.backward_parameters(dy)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        shape = input_shape
        for index, layer in enumerate(self.layers):
            try:
                shape = layer.output_shape(shape)
            except ShapeError as error:
                before = f" after {self.layers[index - 1]!r}" if index else ""
                raise ShapeError(f"layer {index}{before}: {error}") from None
        return shape
