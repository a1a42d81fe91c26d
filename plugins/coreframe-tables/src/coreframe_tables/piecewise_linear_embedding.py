"""PiecewiseLinearEmbedding: a number as how far it has come through each of its column's bins."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf, isfinite

import torch
from torch import Tensor

from coreframe import (
    ArgumentError,
    Constant,
    Example,
    Module,
    Parameter,
    Shape,
    whole_number,
    xavier_normal,
)
from coreframe_tables.column_maps import add_map_gradients, input_gradient, map_columns
from coreframe_tables.last_axes import embedded_shape, expect_dtype, expect_last, rows

__all__ = ["PiecewiseLinearEmbedding"]

EDGES = 2


class PiecewiseLinearEmbedding(Module):
    """Piecewise-linear encoding of each column, and an affine map of its own for each.

    e_t = (x − b_{t−1}) / (b_t − b_{t−1}), held within 0 and 1 but for the outer side of the first
    and of the last bin;  y = w e + b

    de = dy w,  dx = Σ_t de_t / (b_t − b_{t−1}) over the bins that x is within;
    dw = Σ dy eᵀ,  db = Σ dy

    So y is linear between the boundaries of a column's bins, where it may bend.
    `quantile_boundaries` finds boundaries in data.

    Shapes: x (*, columns) → y (*, columns, size); weight (columns, size, bins), bias
    (columns, size), bins being those of the column that has most.
    Weights start normal with variance 2 / (bins + size), biases at zero.
    Source: Gorishniy et al. 2022, On embeddings for numerical features in tabular deep learning,
    §3.2.

    Args:
        boundaries: for each column the boundaries of its bins, at least two, in rising order.
        size: numbers that each column becomes.

    Raises:
        ArgumentError: for boundaries that are not finite numbers in rising order, or a size that
            is no positive integer; in forward, for an input of another dtype than the weights.
        ShapeError: in forward, for an input of other replicas or columns.
    """

    def __init__(self, boundaries: Sequence[Sequence[float]], size: int) -> None:
        self.boundaries = _checked(boundaries)
        self.size = whole_number("PiecewiseLinearEmbedding: size", size)
        columns, bins = len(self.boundaries), max(map(len, self.boundaries)) - 1
        # A column with fewer bins has empty ones, which give zero whatever x is.
        self._starts = [_padded(edges[:-1], bins) for edges in self.boundaries]
        self._slopes = [
            _padded([1 / (end - start) for start, end in pairwise(edges)], bins)
            for edges in self.boundaries
        ]
        counts = [len(edges) - 1 for edges in self.boundaries]
        self._least = [_padded([-inf] + [0.0] * (count - 1), bins) for count in counts]
        self._most = [_padded([1.0] * (count - 1) + [inf], bins) for count in counts]
        self.weight = Parameter((columns, self.size, bins), xavier_normal(bins, self.size))
        self.bias = Parameter((columns, self.size), Constant(0.0))

    @classmethod
    def examples(cls) -> list[Example]:
        return [
            Example(cls([[-1.0, 0.0, 1.0], [-0.5, 0.5]], 3), (2,)),
            Example(cls([[0.0, 1.0]], 1), (1,)),
            Example(cls([[-2.0, -0.25, 0.25, 2.0]], 2), (4, 1)),
            Example(
                cls([[-1.0, 1.0], [-1.0, 0.0, 1.0, 3.0], [0.0, 0.5]], 5),
                (3,),
                deviations={"weight": 0.5},
            ),
        ]

    def forward(self, x: Tensor) -> Tensor:
        expect_last(self, x, (len(self.boundaries),))
        expect_dtype(self, x, self.weight.value)
        starts, slopes, least, most = self._bins(x)
        e = ((rows(self, x, 1).unsqueeze(-1) - starts) * slopes).clamp(least, most)
        self.save(e)
        return map_columns(e, self.weight, self.bias).reshape(*x.shape, self.size)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (e,) = self.saved()
        of_rows = rows(self, dy, 2)
        add_map_gradients(of_rows, e, self.weight, self.bias)
        _, slopes, least, most = self._bins(e)
        # ∂e_t/∂x = 1 / (b_t − b_{t−1}) within the bin; where e_t is held, it is on its bound
        within = ((e > least) & (e < most)).to(e.dtype)
        de = input_gradient(of_rows, self.weight)
        return de.mul_(within).mul_(slopes).sum(-1).reshape(dy.shape[:-1])

    def output_shape(self, input_shape: Shape | None) -> Shape:
        return embedded_shape(self, len(self.boundaries), self.size, input_shape)

    def _bins(self, like: Tensor) -> tuple[Tensor, ...]:
        """Start, slope, least and most of each bin, `(columns, bins)`."""
        tables = (self._starts, self._slopes, self._least, self._most)
        return tuple(torch.tensor(t, dtype=like.dtype, device=like.device) for t in tables)


def _padded(numbers: Sequence[float], length: int) -> list[float]:
    return [*numbers, *[0.0] * (length - len(numbers))]


def _checked(boundaries: Sequence[Sequence[float]]) -> list[list[float]]:
    wanted = "PiecewiseLinearEmbedding: boundaries must be a list for each column"
    if not isinstance(boundaries, Sequence) or isinstance(boundaries, str) or not boundaries:
        raise ArgumentError(f"{wanted}, got {boundaries!r}")
    checked: list[list[float]] = []
    for column, given in enumerate(boundaries):
        try:
            edges = [float(edge) for edge in given]
        except (TypeError, ValueError):
            raise ArgumentError(f"{wanted}, of numbers; column {column} has {given!r}") from None
        rising = all(start < end for start, end in pairwise(edges))
        if len(edges) < EDGES or not rising or not all(map(isfinite, edges)):
            raise ArgumentError(
                f"{wanted}, of two or more finite numbers in rising order; column {column} has "
                f"{edges}"
            )
        checked.append(edges)
    return checked
