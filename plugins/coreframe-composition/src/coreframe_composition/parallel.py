"""Parallel: layers side by side."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph, Module, Shape, ShapeError, create
from coreframe_composition.branches import (
    backward_of_each,
    backward_parameters_of_each,
    expect_branches,
    shapes_of_each,
)
from coreframe_composition.identity import Identity

__all__ = ["Parallel"]


class Parallel(Module):
    """Layers that get the same input and each give an output: several heads on one body.

    yᵢ = fᵢ(x),  dx = Σᵢ Jᵢᵀ dyᵢ, where Jᵢ is the Jacobian of fᵢ

    The outputs are a tuple, and backward takes as many gradients. In a chain nothing can follow;
    there, `Sum` adds the outputs up and `Concatenate` joins them.

    Shapes: x as each layer takes it → y₁, y₂, … as the layers give them.
    Source: Caruana 1997, Multitask learning, §2.

    Args:
        layers: the heads, each of one input and one output; one may stand in it twice.

    Raises:
        ArgumentError: without layers, or if one is no module.
        ShapeError: in backward, for another number of gradients than of layers.
    """

    def __init__(self, *layers: Module) -> None:
        expect_branches("Parallel", layers)
        self.layers = layers

    @classmethod
    def examples(cls) -> list[Example]:
        # By name, since no plugin imports the layers of another.
        perceptron = "Sequential(Linear(3, 4), Tanh)"
        texts = (("Linear(3, 2)", perceptron), ("ReLU",), ("Linear(2, 2)", "ReLU", "Linear(2, 1)"))
        two, relu, three = ([create("module", text) for text in layers] for layers in texts)
        known = [([[-1.0, 2.0]], ([[0.0, 2.0]], [[-1.0, 2.0]]))]
        return [
            Example(cls(*two), (3,)),
            Example(cls(*relu, Identity()), (2,), known=known),
            Example(cls(*three), (4, 2)),
        ]

    def children(self) -> dict[str, Module]:
        return {str(index): layer for index, layer in enumerate(self.layers)}

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        outputs = tuple(layer.forward(x) for layer in self.layers)
        self.save()
        return outputs

    def backward(self, *gradwrtoutput: Tensor) -> Tensor | None:
        self._expect_one_each(gradwrtoutput)
        self.saved()
        return backward_of_each(self.layers, gradwrtoutput)

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        self._expect_one_each(gradwrtoutput)
        self.saved()
        backward_parameters_of_each(self.layers, gradwrtoutput)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        shapes = shapes_of_each(self.layers, input_shape)
        # Several outputs have no one shape.
        return shapes[0] if len(shapes) == 1 else None

    def export(self, graph: Graph, x: str) -> tuple[str, ...]:
        return tuple(layer.export(graph, x) for layer in self.layers)

    def _expect_one_each(self, gradients: tuple[Tensor, ...]) -> None:
        if len(gradients) != len(self.layers):
            raise ShapeError(
                f"backward of {self.described} takes the gradients of {len(self.layers)} outputs, "
                f"got {len(gradients)}"
            )
