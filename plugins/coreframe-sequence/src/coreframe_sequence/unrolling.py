"""Unrolling: the products of a recurrent layer that take all steps of a sequence at once.

Inside, time is the leading axis, `(length, *replicas, batch, features)`, so that the numbers of a
step lie together; outside it stands before the features.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coreframe import Graph, Module, Parameter, Shape, ShapeError
from coreframe_sequence.projection import add_projection_gradients, project

__all__ = [
    "add_unrolled_gradients",
    "expect_sequence",
    "export_recurrent",
    "input_gradients",
    "input_products",
    "output_gradients",
    "recurrent_output_shape",
    "start",
]


def expect_sequence(layer: Module, x: Tensor, in_size: int) -> None:
    """Raise unless x is `(*replicas, batch, length, in_size)` with a step at least.

    Raises:
        ShapeError: naming the layer and both shapes.
    """
    axes = len(layer.replicas)
    alike = x.dim() == axes + 3 and x.shape[:axes] == layer.replicas
    if not alike or x.shape[-1] != in_size or not x.shape[-2]:
        raise ShapeError(
            f"{layer.described} for replicas {layer.replicas} takes "
            f"(*replicas, batch, length, {in_size}), got {tuple(x.shape)}"
        )


def recurrent_output_shape(
    layer: Module, input_shape: Shape | None, in_size: int, hidden: int, last: bool
) -> Shape:
    """The hidden states' features, for all steps or the last."""
    if input_shape is None:
        return (hidden,)
    if len(input_shape) > 2 or input_shape[-1:] != (in_size,):
        raise ShapeError(f"{layer!r} takes (length, {in_size}), got {input_shape}")
    # Behind a layer that does not know its input, the length is not known.
    return (hidden,) if last else (*input_shape[:-1], hidden)


def input_products(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x wᵀ + b of all steps in one product, time first."""
    rows = x.flatten(-3, -2)
    products = project(rows, weight, bias).view(*x.shape[:-1], weight.shape[-2])
    return products.movedim(-2, 0).contiguous()


def start(products: Tensor, hidden: int) -> Tensor:
    """Room for the states before and after each step, `(length + 1, …)`; the first is zero."""
    states = products.new_empty(products.shape[0] + 1, *products.shape[1:-1], hidden)
    states[0].zero_()
    return states


def output_gradients(dy: Tensor, length: int, *, last: bool) -> list[Tensor | None]:
    """The gradient of each step's state from outside, in their order; None for no gradient."""
    if last:
        return [*[None] * (length - 1), dy]
    return list(dy.movedim(-2, 0).contiguous().unbind(0))


def add_unrolled_gradients(
    gradients: Tensor, x: Tensor, weight: Parameter, bias: Parameter
) -> Tensor:
    """Add the gradients of an input's weights over all steps; gives that of the products as rows."""
    rows = gradients.movedim(0, -2).flatten(-3, -2)
    add_projection_gradients(rows, x.flatten(-3, -2), weight, bias)
    return rows


def input_gradients(rows: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """dx of all steps in one product."""
    return torch.matmul(rows, weight).view(x.shape)


def export_recurrent(
    graph: Graph,
    operator: str,
    x: str,
    input_weight: Tensor,
    recurrent_weight: Tensor,
    biases: Sequence[Tensor],
    *,
    last: bool,
    **attributes: int | list[str],
) -> str:
    """A recurrent operator, of gates in its own order: time first, and an axis of directions.

    Its biases are that of the input and that of the state.
    """
    held = (input_weight, recurrent_weight, torch.cat(list(biases)))
    steps, end = graph.add_several(
        2,
        operator,
        graph.add("Transpose", x, perm=[1, 0, 2]),
        *(graph.constant(tensor.unsqueeze(0)) for tensor in held),
        hidden_size=recurrent_weight.shape[-1],
        **attributes,
    )
    if last:
        return graph.add("Squeeze", end, graph.integers(0))
    states = graph.add("Squeeze", steps, graph.integers(1))
    return graph.add("Transpose", states, perm=[1, 0, 2])
