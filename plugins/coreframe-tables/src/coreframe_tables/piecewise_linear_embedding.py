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
    Graph,
    Module,
    Parameter,
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

__all__ = ["PiecewiseLinearEmbedding"]

EDGES = 2


class PiecewiseLinearEmbedding(Module):
    """Piecewise-linear encoding of each column, and an affine map of its own for each.

    e_t = (x − b_{t−1}) / (b_t − b_{t−1}), held within 0 and 1 but for the outer side of the first
    and of the last bin;  y = w e + b

    de = dy w,  dx = Σ_t de_t / (b_t − b_{t−1}) over the bins that x is within;
    dw = Σ dy eᵀ,  db = Σ dy

    On a boundary, x is within the bin that begins there. So y is linear between the boundaries of a column's bins, where it may bend.
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
            is no positive integer; in forward, for an input of another dtype or device than the
            weights, or bins that are too narrow for the dtype.
        ShapeError: in forward, for an input of other replicas or columns.
    """

    def __init__(self, boundaries: Sequence[Sequence[float]], size: int) -> None:
        self.boundaries = _checked(boundaries)
        self.size = whole_number("PiecewiseLinearEmbedding: size", size)
        columns, bins = len(self.boundaries), max(map(len, self.boundaries)) - 1
        self._placed: tuple[Tensor, ...] = ()
        self.weight = Parameter((columns, self.size, bins), xavier_normal(bins, self.size))
        self.bias = Parameter((columns, self.size), Constant(0.0))

    @classmethod
    def examples(cls) -> list[Example]:
        fitted = cls([[-1.0, 1.0, 2.0], [0.0, 2.0]], 1).initialize(seed=0)
        weight = torch.tensor([[[1.0, 10.0]], [[2.0, 7.0]]])  # the last has no bin
        fitted.load_state({"weight": weight, "bias": torch.tensor([[0.5], [0.0]])})
        known = [
            ([[0.0, 1.0]], [[[0.5 * 1 + 0.5], [0.5 * 2]]]),
            ([[3.0, -1.0]], [[[1 * 1 + 2 * 10 + 0.5], [-0.5 * 2]]]),
        ]
        return [
            Example(fitted, (2,), known=known),
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
        expect_like(self, x, self.weight.value)
        starts, slopes, least, most = self._bins(x)
        of_rows = rows(self, x, 1).unsqueeze(-1)
        e = (of_rows.clamp(least, most) - starts).mul_(slopes)
        self.save(of_rows, e)
        return map_columns(e, self.weight, self.bias).reshape(*x.shape, self.size)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        x, e = self.saved()
        of_rows = rows(self, dy, 2)
        expect_gradient(self, of_rows, (*e.shape[:-1], self.size))
        add_map_gradients(of_rows, e, self.weight, self.bias)
        # ∂e_t/∂x = 1 / (b_t − b_{t−1}) within the bin; on a boundary, that of the bin behind it
        _, slopes, least, most = self._bins(e)
        within = ((x >= least) & (x < most)).to(e.dtype)
        de = input_gradient(of_rows, self.weight)
        return de.mul_(within).mul_(slopes).sum(-1).reshape(dy.shape[:-1])

    def output_shape(self, input_shape: Shape | None) -> Shape:
        return embedded_shape(self, len(self.boundaries), self.size, input_shape)

    def export(self, graph: Graph, x: str) -> str:
        starts, slopes, least, most = map(graph.constant, self._bins(torch.empty(0)))
        column = graph.add("Unsqueeze", x, graph.integers(-1))
        held = graph.add("Min", graph.add("Max", column, least), most)
        e = graph.add("Mul", graph.add("Sub", held, starts), slopes)
        return export_columns(graph, e, self.weight, self.bias)

    def _bins(self, like: Tensor) -> tuple[Tensor, ...]:
        """Start and slope of each bin, and where x is held, `(columns, bins)`.

        Raises:
            ArgumentError: if a bin is too narrow for the dtype.
        """
        if not self._placed or (self._placed[0].dtype, self._placed[0].device) != (
            like.dtype,
            like.device,
        ):
            with torch.inference_mode(False):  # they outlive the pass
                tables = zip(*map(self._bins_of, self.boundaries), strict=True)
                starts, slopes, least, most = (
                    torch.tensor(table, dtype=like.dtype) for table in tables
                )
                edges = [torch.tensor(own, dtype=like.dtype) for own in self.boundaries]
                rising = all(bool((own.diff() > 0).all()) for own in edges)
                if not (rising and bool(slopes.isfinite().all())):
                    raise ArgumentError(
                        f"{self.described} has bins too narrow, or too wide, for {like.dtype}"
                    )
                self._placed = tuple(t.to(like.device) for t in (starts, slopes, least, most))
        return self._placed

    def _bins_of(self, edges: list[float]) -> tuple[list[float], ...]:
        """The same of one column. Bins that it has not are empty, and give zero whatever x is."""
        bins = self.weight.shape[-1]
        widths = [end - start for start, end in pairwise(edges)]
        slopes = [1 / width if isfinite(width) else inf for width in widths]
        held = ([-inf, *edges[1:-1]], [*edges[1:-1], inf])
        return tuple(_padded(numbers, bins) for numbers in (edges[:-1], slopes, *held))


def _padded(numbers: Sequence[float], length: int) -> list[float]:
    return [*numbers, *[0.0] * (length - len(numbers))]


def _checked(boundaries: Sequence[Sequence[float]]) -> list[list[float]]:
    wanted = "PiecewiseLinearEmbedding: boundaries must be a list for each column"
    if not isinstance(boundaries, Sequence) or isinstance(boundaries, str) or not boundaries:
        raise ArgumentError(f"{wanted}, got {boundaries!r}")
    checked: list[list[float]] = []
    for column, given in enumerate(boundaries):
        listed = given.tolist() if hasattr(given, "tolist") else given  # of a tensor or an array
        try:
            if not isinstance(listed, list | tuple):
                raise TypeError  # noqa: TRY301  # an iterator, say, which the spec could not show
            edges = [float(edge) for edge in listed]
        except (OverflowError, TypeError, ValueError):
            raise ArgumentError(f"{wanted}, of numbers; column {column} has {given!r}") from None
        rising = all(start < end for start, end in pairwise(edges))
        if len(edges) < EDGES or not rising or not all(map(isfinite, edges)):
            raise ArgumentError(
                f"{wanted}, of two or more finite numbers in rising order; column {column} has "
                f"{edges}"
            )
        checked.append(edges)
    return checked
