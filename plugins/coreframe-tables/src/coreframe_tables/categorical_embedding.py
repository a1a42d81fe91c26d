"""CategoricalEmbedding: a learned vector for each category of each column."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import sqrt

import torch
from torch import Tensor

from coreframe import (
    ArgumentError,
    Constant,
    Example,
    Graph,
    Module,
    Normal,
    Parameter,
    Sample,
    Shape,
    whole_number,
)
from coreframe_tables.last_axes import embedded_shape, expect_gradient, expect_last, rows

__all__ = ["CategoricalEmbedding"]


class CategoricalEmbedding(Module):
    """A learned vector for each category of each column, and one for its unknown values.

    y_c = w_c[x_c], or u_c where x_c is none of 0 … categories_c − 1;
    dw_c[k] = Σ over x_c = k of dy_c,  du_c = Σ over unknown x_c of dy_c

    The categories have no gradient. A value that training never saw may be any other integer, −1
    for instance. Its vector starts at zero, and is learned where training has such values: give
    rare ones −1.

    Shapes: x (*, columns) of integers → y (*, columns, size); weight (Σ categories, size), the
    columns' tables one below the other; unknown (columns, size).
    Vectors start normal with variance 1 / size.
    Source: Guo and Berkhahn 2016, Entity embeddings of categorical variables.

    Args:
        categories: how many categories each column has.
        size: numbers in each vector.

    Raises:
        ArgumentError: for categories that are no positive integers, or no columns at all; in
            forward, for an input that is not of integers, or on another device.
        ShapeError: in forward, for an input of other replicas or columns.
    """

    def __init__(self, categories: Sequence[int], size: int) -> None:
        if not isinstance(categories, Sequence) or isinstance(categories, str) or not categories:
            raise ArgumentError(
                "CategoricalEmbedding: categories must be a list of numbers, one for each column, "
                f"got {categories!r}"
            )
        name = "CategoricalEmbedding: categories"
        self.categories = [whole_number(f"{name}[{i}]", n) for i, n in enumerate(categories)]
        self.size = whole_number("CategoricalEmbedding: size", size)
        deviation = Normal(1 / sqrt(self.size))
        self.weight = Parameter((sum(self.categories), self.size), deviation)
        self.unknown = Parameter((len(self.categories), self.size), Constant(0.0))

    @classmethod
    def examples(cls) -> list[Example]:
        fitted = cls([2, 1], 1).initialize(seed=0)
        unknown = torch.tensor([[-1.0], [-2.0]])
        fitted.load_state({"weight": torch.tensor([[1.0], [2.0], [3.0]]), "unknown": unknown})
        known = [([[0, 0], [1, 1], [2, -1]], [[[1.0], [3.0]], [[2.0], [-2.0]], [[-1.0], [-2.0]]])]
        return [
            Example(fitted, Sample((2,), "indices", 3), known=known),
            # Of 4 indices the last two are unknown in the first column, the last in the second.
            Example(cls([2, 3], 4), Sample((2,), "indices", 4), deviations={"weight": 0.5}),
            Example(cls([3], 1), Sample((1,), "indices", 3)),
            Example(cls([2, 2, 2], 3), Sample((5, 3), "indices", 3)),
            Example(cls([5, 1], 2), Sample((2,), "indices", 7)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        if x.is_floating_point() or x.is_complex() or x.dtype is torch.bool:
            raise ArgumentError(f"{self.described} takes integers as categories, got {x.dtype}")
        if x.device != (own := self.weight.value.device):
            raise ArgumentError(f"{self.described} is on {own} and got categories on {x.device}")
        expect_last(self, x, (len(self.categories),))
        x = x.long()
        ends = torch.tensor(self.categories, device=x.device)
        absent = ((x < 0) | (x >= ends)).unsqueeze(-1)
        places = self._places(x.clamp(min=0).minimum(ends - 1))
        known = self.weight.value.reshape(-1, self.size).index_select(0, places)
        self.save(places, absent)
        leading = len(self.replicas)
        between = [1] * (x.dim() - leading - 1)
        unknown = self.unknown.value.reshape(*self.replicas, *between, *self.unknown.shape)
        return torch.where(absent, unknown, known.view(*x.shape, self.size))

    def backward(self, *gradwrtoutput: Tensor) -> None:
        (dy,) = gradwrtoutput
        places, absent = self.saved()
        expect_gradient(self, dy, (*absent.shape[:-1], self.size))
        # y = w[x] or u, so each place adds its dy to the row that it was looked up in
        of_known = dy.masked_fill(absent, 0.0).reshape(-1, self.size)
        self.weight.grad.view(-1, self.size).index_add_(0, places, of_known)
        self.unknown.grad.add_(rows(self, dy.masked_fill(~absent, 0.0), 2).sum(-3))

    def output_shape(self, input_shape: Shape | None) -> Shape:
        return embedded_shape(self, len(self.categories), self.size, input_shape)

    def export(self, graph: Graph, x: str) -> str:
        zero, ends = graph.integers(0), graph.integers(*self.categories)
        too_small, too_large = graph.add("Less", x, zero), graph.add("GreaterOrEqual", x, ends)
        absent = graph.add("Or", too_small, too_large)
        last = graph.integers(*(number - 1 for number in self.categories))
        held = graph.add("Min", graph.add("Max", x, zero), last)
        firsts = graph.integers(*accumulate(self.categories[:-1], initial=0))
        known = graph.add("Gather", graph.constant(self.weight), graph.add("Add", held, firsts))
        is_unknown = graph.add("Unsqueeze", absent, graph.integers(-1))
        return graph.add("Where", is_unknown, graph.constant(self.unknown), known)

    def _places(self, x: Tensor) -> Tensor:
        """Rows in the tables of all columns and replicas, one below the other."""
        *firsts, total = accumulate(self.categories, initial=0)
        places = x + torch.tensor(firsts, device=x.device)
        if self.replicas:
            first = torch.arange(0, self.replicas[0] * total, total, device=x.device)
            places = places + first.view(-1, *[1] * (x.dim() - 1))
        return places.reshape(-1)
