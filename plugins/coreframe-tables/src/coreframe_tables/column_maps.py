"""Column maps: an affine map of its own for each column of a table.

y_c = e_c w_cᵀ + b_c,  de_c = dy_c w_c,  dw_c = dy_cᵀ e_c,  db_c = Σ dy_c

Shapes: e (*replicas, rows, columns, k) → y (*replicas, rows, columns, size); weight
(columns, size, k), bias (columns, size).
"""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import Graph, Parameter

__all__ = ["add_map_gradients", "export_columns", "input_gradient", "map_columns"]


def map_columns(e: Tensor, weight: Parameter, bias: Parameter) -> Tensor:
    """The output for e."""
    y = torch.einsum("...nck,...csk->...ncs", e, weight.value)
    return y.add_(bias.value.unsqueeze(-3))


def add_map_gradients(dy: Tensor, e: Tensor, weight: Parameter, bias: Parameter) -> None:
    """Add to the gradients of weight and bias."""
    weight.grad.add_(torch.einsum("...ncs,...nck->...csk", dy, e))
    bias.grad.add_(dy.sum(-3))


def input_gradient(dy: Tensor, weight: Parameter) -> Tensor:
    """The gradient of e."""
    return torch.einsum("...ncs,...csk->...nck", dy, weight.value)


def export_columns(graph: Graph, e: str, weight: Parameter, bias: Parameter) -> str:
    """The output for e, each column a product of matrices of one row."""
    rows = graph.add("Unsqueeze", e, graph.integers(-2))
    maps = graph.add("Transpose", graph.constant(weight), perm=[0, 2, 1])
    y = graph.add("Squeeze", graph.add("MatMul", rows, maps), graph.integers(-2))
    return graph.add("Add", y, graph.constant(bias))
