"""PeriodicEmbedding: a number as waves of learned frequencies."""

from __future__ import annotations

from math import pi

import torch
from torch import Tensor

from coreframe import (
    Constant,
    Example,
    Graph,
    Hyperparameter,
    Module,
    Normal,
    Parameter,
    Setting,
    Shape,
    whole_number,
    xavier_normal,
)
from coreframe_tables.column_maps import (
    add_map_gradients,
    export_columns,
    input_gradient,
    map_columns,
)
from coreframe_tables.last_axes import (
    embedded_shape,
    expect_gradient,
    expect_last,
    expect_like,
    rows,
)

__all__ = ["PeriodicEmbedding"]


class PeriodicEmbedding(Module):
    """Cosines and sines of each column, and an affine map of its own for each.

    z_k = 2π c_k x,  e = [cos z, sin z],  y = w e + b

    de = dy w,  dz = de_sin cos z − de_cos sin z,  dx = 2π Σ_k c_k dz_k,  dc_k = 2π Σ x dz_k;
    dw = Σ dy eᵀ,  db = Σ dy

    Shapes: x (*, columns) → y (*, columns, size); frequency (columns, frequencies), weight
    (columns, size, 2 · frequencies), bias (columns, size).
    Frequencies start normal, weights normal with variance 2 / (2 · frequencies + size), biases at
    zero.
    Source: Gorishniy et al. 2022, On embeddings for numerical features in tabular deep learning,
    §3.3, where ReLU follows.

    Args:
        columns: how many numbers a sample has.
        size: numbers that each column becomes.
        frequencies: waves for each column.
        deviation: standard deviation of the first frequencies, in cycles per unit of x, one or one
            per replica. It matters most of all settings, and 0.01 to 10 are worth trying.

    Raises:
        ArgumentError: for sizes that are no positive integers, or a deviation that is negative or
            not finite; in forward, for an input of another dtype or device than
            the weights.
        ShapeError: in forward, for an input of other replicas or columns.
    """

    deviation = Hyperparameter()

    def __init__(
        self, columns: int, size: int, *, frequencies: int = 16, deviation: Setting = 0.1
    ) -> None:
        self.columns = whole_number("PeriodicEmbedding: columns", columns)
        self.size = whole_number("PeriodicEmbedding: size", size)
        count = whole_number("PeriodicEmbedding: frequencies", frequencies)
        self.deviation = deviation
        self.frequency = Parameter((self.columns, count), Normal(self.deviation))
        self.weight = Parameter(
            (self.columns, self.size, 2 * count), xavier_normal(2 * count, self.size)
        )
        self.bias = Parameter((self.columns, self.size), Constant(0.0))

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(
                cls(2, 4, frequencies=2, deviation=0.25),
                (2,),
                deviations={"frequency": 0.25, "weight": 0.5},
            ),
            Example(cls(1, 1, frequencies=1), (1,)),
            Example(cls(3, 2, frequencies=3, deviation=0.5), (5, 3)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        expect_last(self, x, (self.columns,))
        expect_like(self, x, self.weight.value)
        of_rows = rows(self, x, 1)
        z = of_rows.unsqueeze(-1) * self._cycles
        e = torch.cat([z.cos(), z.sin()], -1)
        self.save(of_rows, e)
        return map_columns(e, self.weight, self.bias).reshape(*x.shape, self.size)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        x, e = self.saved()
        of_rows = rows(self, dy, 2)
        expect_gradient(self, of_rows, (*x.shape, self.size))
        add_map_gradients(of_rows, e, self.weight, self.bias)
        of_cos, of_sin = input_gradient(of_rows, self.weight).chunk(2, -1)
        cos, sin = e.chunk(2, -1)
        dz = of_sin * cos - of_cos * sin
        # z = 2π c x, so ∂z/∂x = 2π c and ∂z/∂c = 2π x
        self.frequency.grad.add_((dz * x.unsqueeze(-1)).sum(-3), alpha=2 * pi)
        return (dz * self._cycles).sum(-1).reshape(dy.shape[:-1])

    def output_shape(self, input_shape: Shape | None) -> Shape:
        return embedded_shape(self, self.columns, self.size, input_shape)

    def export(self, graph: Graph, x: str) -> str:
        column = graph.add("Unsqueeze", x, graph.integers(-1))
        z = graph.add("Mul", column, graph.constant(2 * pi * self.frequency.value))
        e = graph.add("Concat", graph.add("Cos", z), graph.add("Sin", z), axis=-1)
        return export_columns(graph, e, self.weight, self.bias)

    @property
    def _cycles(self) -> Tensor:
        """2π c, to be broadcast over rows `(*replicas, rows, columns, 1)`."""
        return 2 * pi * self.frequency.value.unsqueeze(-3)
