"""Concatenate: the outputs of layers, joined along the last axis."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import Example, Graph, Module, Shape, ShapeError, create
from coreframe_composition.branches import (
    backward_of_each,
    backward_parameters_of_each,
    expect_branches,
    shapes_of_each,
)
from coreframe_composition.flatten import Flatten
from coreframe_composition.identity import Identity
from coreframe_composition.outline import outline

__all__ = ["Concatenate"]


class Concatenate(Module):
    """Layers that get the same input, and whose outputs are joined along the last axis.

    y = [f₁(x), f₂(x), …],  dx = Σᵢ Jᵢᵀ dyᵢ, where dyᵢ is the i-th part of dy and Jᵢ the Jacobian
    of fᵢ

    `Concatenate(Identity, f)` keeps the input beside what is made of it, as DenseNet does.

    Shapes: x as each layer takes it → y (*, n₁ + n₂ + …) of outputs (*, n₁), (*, n₂), …
    Source: Huang et al. 2017, Densely connected convolutional networks, eq. 2; ONNX operator
    Concat, axis −1.

    Args:
        layers: the branches, each of one input and one output; one may stand in it twice.

    Raises:
        ArgumentError: without layers, or if one is no module.
        ShapeError: in forward, if an output has no features, or the outputs differ in more than
            the last axis; in backward, if the gradient is not of the output's shape.
    """

    def __init__(self, *layers: Module) -> None:
        expect_branches("Concatenate", layers)
        self.layers = layers

    @classmethod
    def examples(cls) -> list[Example]:
        # By name, since no plugin imports the layers of another.
        perceptron = "Sequential(Linear(3, 4), Tanh)"
        texts = (("Linear(3, 2)", perceptron), ("ReLU",), ("Linear(2, 1)", "ReLU", "Linear(2, 3)"))
        two, relu, three = ([create("module", text) for text in layers] for layers in texts)
        known = [([[-1.0, 2.0]], [[-1.0, 2.0, 0.0, 2.0]])]
        return [
            Example(cls(*two), (3,)),
            Example(cls(Identity(), *relu), (2,), known=known),
            Example(cls(*three), (4, 2)),
            Example(cls(Identity(), Flatten()), (4,)),  # unlike each other for other shapes
        ]

    def children(self) -> dict[str, Module]:
        return {str(index): layer for index, layer in enumerate(self.layers)}

    def forward(self, x: Tensor) -> Tensor:
        outputs = [layer.forward(x) for layer in self.layers]
        shapes = [tuple(y.shape) for y in outputs]
        axes = len(self.replicas) + 1
        if len({shape[:-1] for shape in shapes}) > 1 or len(shapes[0]) <= axes:
            raise ShapeError(
                f"{self.described} joins outputs (*replicas, batch, …, features) that differ in "
                f"the last axis only, got {shapes}"
            )
        y = torch.cat(outputs, -1)
        self.save(outline(y), *[outline(part) for part in outputs])
        return y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor | None:
        return backward_of_each(self.layers, self._parts(*gradwrtoutput))

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        backward_parameters_of_each(self.layers, self._parts(*gradwrtoutput))

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        given = shapes_of_each(self.layers, input_shape)
        shapes = [shape for shape in given if shape is not None]
        if input_shape is not None and (
            len({shape[:-1] for shape in shapes}) > 1 or not all(shapes)
        ):
            raise ShapeError(f"{self!r} cannot join outputs of the shapes {shapes}")
        if len(shapes) < len(given) or not all(shapes):
            return None
        size = sum(shape[-1] for shape in shapes)
        return (size,) if input_shape is None else (*shapes[0][:-1], size)

    def export(self, graph: Graph, x: str) -> str:
        outputs = [layer.export(graph, x) for layer in self.layers]
        return graph.add("Concat", *outputs, axis=-1)

    def _parts(self, dy: Tensor) -> tuple[Tensor, ...]:
        """The gradient of each layer's output: the numbers that stand where it stood."""
        y, *parts = self.saved()
        if dy.shape != y.shape:
            raise ShapeError(
                f"{self.described} got the gradient {tuple(dy.shape)} for outputs {tuple(y.shape)}"
            )
        return torch.split_with_sizes(dy, [part.shape[-1] for part in parts], -1)
