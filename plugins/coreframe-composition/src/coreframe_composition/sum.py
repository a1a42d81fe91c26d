"""Sum: the outputs of layers, added up."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph, Module, Shape, ShapeError, create
from coreframe_composition.added import added
from coreframe_composition.branches import (
    backward_of_each,
    backward_parameters_of_each,
    expect_branches,
    shapes_of_each,
)
from coreframe_composition.flatten import Flatten
from coreframe_composition.identity import Identity

__all__ = ["Sum"]


class Sum(Module):
    """Layers that get the same input, and whose outputs are added up.

    y = Σᵢ fᵢ(x),  dx = Σᵢ Jᵢᵀ dy, where Jᵢ is the Jacobian of fᵢ

    `Sum(Linear(4, 8), Sequential(…))` is a residual block whose shortcut is a projection. A sum
    that would broadcast is refused.

    Shapes: x as each layer takes it → y as each layer gives it.
    Source: He et al. 2016, Deep residual learning for image recognition, eq. 2; Xie et al. 2017,
    Aggregated residual transformations, eq. 2.

    Args:
        layers: the branches, each of one input and one output; one may stand in it twice.

    Raises:
        ArgumentError: without layers, or if one is no module.
        ShapeError: in forward, if the outputs are not of one shape.
    """

    def __init__(self, *layers: Module) -> None:
        expect_branches("Sum", layers)
        self.layers = layers

    @classmethod
    def examples(cls) -> list[Example]:
        # By name, since no plugin imports the layers of another.
        perceptron = "Sequential(Linear(3, 4), Tanh, Linear(4, 2))"
        texts = (("Linear(3, 2)", perceptron), ("ReLU", "ReLU", "ReLU"), ("Linear(2, 2)",))
        two, three, one = ([create("module", text) for text in layers] for layers in texts)
        known = [([[-1.0, 2.0]], [[0.0, 6.0]])]  # three times max(0, x)
        return [
            Example(cls(*two), (3,)),
            Example(cls(*three), (2,), known=known),
            Example(cls(*one), (4, 2)),
            Example(cls(Identity(), Flatten()), (4,)),  # unlike each other for other shapes
        ]

    def children(self) -> dict[str, Module]:
        return {str(index): layer for index, layer in enumerate(self.layers)}

    def forward(self, x: Tensor) -> Tensor | None:
        outputs = [layer.forward(x) for layer in self.layers]
        shapes = [tuple(y.shape) for y in outputs]
        if len(set(shapes)) > 1:
            raise ShapeError(f"{self.described} adds up outputs of one shape, got {shapes}")
        self.save()
        return added(outputs)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor | None:
        self.saved()
        # Each term of a sum gets the sum's gradient.
        return backward_of_each(self.layers, gradwrtoutput * len(self.layers))

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        self.saved()
        backward_parameters_of_each(self.layers, gradwrtoutput * len(self.layers))

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        given = shapes_of_each(self.layers, input_shape)
        shapes = [shape for shape in given if shape is not None]
        if input_shape is not None and len(set(shapes)) > 1:
            raise ShapeError(f"{self!r} cannot add up outputs of the shapes {shapes}")
        if input_shape is None and len({shape[-1:] for shape in shapes if shape}) > 1:
            raise ShapeError(f"{self!r} cannot add up outputs whose last axes are {shapes}")
        # Of an unknown input, the longest is the one that says most.
        return max(shapes, key=len, default=None)

    def export(self, graph: Graph, x: str) -> str:
        total: str = self.layers[0].export(graph, x)
        for layer in self.layers[1:]:
            total = graph.add("Add", total, layer.export(graph, x))
        return total
