"""Residual: a layer beside a shortcut."""

from __future__ import annotations

from torch import Tensor

from coreframe import ArgumentError, Example, Graph, Module, Shape, ShapeError, create
from coreframe_composition.added import added
from coreframe_composition.flatten import Flatten

__all__ = ["Residual"]


class Residual(Module):
    """A layer whose input is added to its output.

    y = x + f(x),  dx = dy + Jᵀ dy, where J is the Jacobian of f

    The layer must keep the shape; a sum that would broadcast is refused. For a shortcut with a
    layer of its own write `Sum(shortcut, layer)`.

    Shapes: x (*, features) → y (*, features).
    Source: He et al. 2016, Deep residual learning for image recognition, eq. 1.

    Args:
        layer: f, of one input and one output.

    Raises:
        ArgumentError: if the layer is no module.
        ShapeError: in forward, if the layer's output is not of the input's shape.
    """

    def __init__(self, layer: Module) -> None:
        if not isinstance(layer, Module):
            raise ArgumentError(f"Residual: the layer must be a module, got {layer!r}")
        self.layer = layer

    @classmethod
    def examples(cls) -> list[Example]:
        # By name, since no plugin imports the layers of another.
        texts = ("Sequential(Linear(3, 5), Tanh, Linear(5, 3))", "ReLU", "Linear(2, 2)")
        perceptron, relu, linear = (create("module", text) for text in texts)
        known = [([[-1.0, 0.0, 2.0]], [[-1.0, 0.0, 4.0]])]  # x + max(0, x)
        return [
            Example(cls(perceptron), (3,)),
            Example(cls(relu), (3,), known=known),
            Example(cls(cls(linear)), (4, 2)),
            Example(cls(Flatten()), (4,)),  # which keeps no other shape
        ]

    def forward(self, x: Tensor) -> Tensor:
        y = self.layer.forward(x)
        if not isinstance(y, Tensor) or y.shape != x.shape:
            raise ShapeError(
                f"{self.described} adds the input {tuple(x.shape)} to what its layer gives, "
                "which must be of the same shape, not "
                + (str(tuple(y.shape)) if isinstance(y, Tensor) else f"{len(y)} outputs")
            )
        self.save()  # after the layer's own, so that a backward out of order names this one
        return x + y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor | None:
        (dy,) = gradwrtoutput
        layer = self.layer
        self.saved()
        # ∂y/∂x = 1 + J
        return added((dy, layer.backward(dy)))

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        (dy,) = gradwrtoutput
        self.saved()
        self.layer.backward_parameters(dy)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        shape = self.layer.output_shape(input_shape)
        if input_shape is not None and shape is not None and shape != input_shape:
            raise ShapeError(
                f"{self!r} adds the input {input_shape} to what its layer gives, {shape}: both "
                "must be of the same shape"
            )
        return shape if input_shape is None else input_shape

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("Add", x, self.layer.export(graph, x))
