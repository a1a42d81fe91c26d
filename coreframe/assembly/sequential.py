"""Sequential: layers one after the other."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from coreframe.assembly.create import create
from coreframe.errors import ArgumentError, ShapeError
from coreframe.interfaces.example import Example
from coreframe.interfaces.graph import Graph
from coreframe.interfaces.module import Module, Shape

__all__ = ["Sequential"]


class Sequential(Module):
    """A chain of layers.

    y = fₙ(… f₂(f₁(x))),  dx = J₁ᵀ J₂ᵀ … Jₙᵀ dy, where Jᵢ is the Jacobian of fᵢ

    Shapes: x as the first layer takes it → y as the last one gives it.
    Source: the chain rule; the report, §II.A.3.

    Args:
        layers: the modules, first to last; one may stand in it twice.

    Raises:
        ArgumentError: if a layer is no module.
    """

    def __init__(self, *layers: Module) -> None:
        for index, layer in enumerate(layers):
            if not isinstance(layer, Module):
                raise ArgumentError(
                    f"Sequential: layer {index} must be a module, got {layer!r}; "
                    "assemble([…]) takes specs, and Sequential(*layers) a list of modules"
                )
        self.layers = layers  # a tuple: its repr would not follow a change

    @classmethod
    def examples(cls) -> list[Example]:
        # By name, since the core has no layers of its own.
        texts = (
            "Linear(4, 3), Tanh, Linear(3, 2)",
            "Linear(4, 4)",
            "Sequential(Tanh), Linear(4, 1)",
        )
        return [Example(create("module", f"Sequential({text})"), (4,)) for text in texts]

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

    def export(self, graph: Graph, x: str) -> str:
        for layer in self.layers:
            x = layer.export(graph, x)
        return x
