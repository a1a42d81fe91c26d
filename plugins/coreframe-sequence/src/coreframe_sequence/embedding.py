"""Embedding: a learned vector for each of a number of indices."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import (
    ArgumentError,
    Example,
    Graph,
    Module,
    Normal,
    Parameter,
    Sample,
    Shape,
    ShapeError,
    StateError,
    whole_number,
)

__all__ = ["Embedding"]


class Embedding(Module):
    """A table of learned vectors, looked up by index.

    yᵢ = w[xᵢ],  dw[k] = Σ over all i with xᵢ = k of dyᵢ;  yᵢ = 0 where xᵢ is the padding index

    The indices have no gradient. The padding index gives zeros whatever its row holds, so that
    row gets no gradient.

    Shapes: x (*, …) of integers → y (*, …, size); weight (rows, size).
    Vectors start unit normal.
    Source: Bengio et al. 2003, A neural probabilistic language model, §2.

    Args:
        rows: how many indices there are, 0 to rows − 1.
        size: numbers in each vector.
        padding: an index that stands for nothing.

    Raises:
        ArgumentError: for sizes that are not positive integers, or a padding index that is none
            of the rows; in forward, for indices that are no integers or out of range.
        ShapeError: in forward, for an input without the replicas.
    """

    def __init__(self, rows: int, size: int, *, padding: int | None = None) -> None:
        self.rows = whole_number("Embedding: rows", rows)
        self.size = whole_number("Embedding: size", size)
        if padding is not None and (isinstance(padding, bool) or padding not in range(self.rows)):
            raise ArgumentError(
                f"Embedding: padding must be an index from 0 to {self.rows - 1}, got {padding!r}"
            )
        self.padding_index = padding
        self.weight = Parameter((self.rows, self.size), Normal(1.0))

    @classmethod
    def examples(cls) -> list[Example]:
        fitted = cls(3, 1, padding=0).initialize(seed=0)
        fitted.load_state({"weight": torch.tensor([[5.0], [6.0], [7.0]])})
        return [
            Example(
                fitted,
                Sample((2,), "indices", 3),
                known=[([[0, 1], [2, 0]], [[[0.0], [6.0]], [[7.0], [0.0]]])],
            ),
            Example(cls(4, 3), Sample((), "indices", 4)),
            Example(cls(2, 2), Sample((3,), "indices", 2)),
            Example(cls(3, 1, padding=0), Sample((5,), "indices", 3)),
            Example(cls(5, 4, padding=4), Sample((2, 3), "indices", 5)),
        ]

    def to_torch(self, own: dict[str, Tensor]) -> dict[str, Tensor]:
        if self.padding_index is None:
            return own
        weight = own["weight"].clone()
        weight[self.padding_index] = 0  # which the twin looks up there
        return {"weight": weight}

    def from_torch(self, twin: dict[str, Tensor]) -> dict[str, Tensor]:
        if self.padding_index is not None and bool(twin["weight"][self.padding_index].any()):
            raise StateError(
                f"row {self.padding_index} of 'weight' belongs to the padding index, which gives "
                "zeros here, and is not zero; set it to zero"
            )
        return twin

    def forward(self, x: Tensor) -> Tensor:
        places = self._places(x)
        y = self.weight.value.reshape(-1, self.size).index_select(0, places)
        y = y.view(*x.shape, self.size)
        if self.padding_index is None:
            self.save(places)
            return y
        absent = (x == self.padding_index).unsqueeze(-1)
        self.save(places, absent)
        return y.masked_fill_(absent, 0.0)

    def backward(self, *gradwrtoutput: Tensor) -> None:
        (dy,) = gradwrtoutput
        places, *absent = self.saved()
        # y = w[x], so each occurrence of a row adds its dy to that row
        for none in absent:
            dy = dy.masked_fill(none, 0.0)
        self.weight.grad.view(-1, self.size).index_add_(0, places, dy.reshape(-1, self.size))

    def output_shape(self, input_shape: Shape | None) -> Shape:
        return (*(input_shape or ()), self.size)

    def export(self, graph: Graph, x: str) -> str:
        if self.padding_index is None:
            return graph.add("Gather", graph.constant(self.weight), x)
        weight = self.weight.value.clone()
        weight[self.padding_index] = 0.0
        return graph.add("Gather", graph.constant(weight), x)

    def _places(self, x: Tensor) -> Tensor:
        """Rows in the tables of all replicas, one below the other."""
        if x.is_floating_point() or x.is_complex() or x.dtype is torch.bool:
            raise ArgumentError(f"{self.described} takes integers as indices, got {x.dtype}")
        if x.dim() <= len(self.replicas) or x.shape[: len(self.replicas)] != self.replicas:
            raise ShapeError(
                f"{self.described} for replicas {self.replicas} takes (*replicas, batch, …), "
                f"got {tuple(x.shape)}"
            )
        if x.numel() and not x.is_meta:  # a row too far would be one of the next replica
            low, high = (int(bound) for bound in x.aminmax())
            if low < 0 or high >= self.rows:
                raise ArgumentError(
                    f"{self.described} takes indices from 0 to {self.rows - 1}, "
                    f"got {low if low < 0 else high}"
                )
        places = x.long()
        if self.replicas:
            first = torch.arange(0, self.replicas[0] * self.rows, self.rows, device=x.device)
            places = places + first.view(-1, *[1] * (x.dim() - 1))
        return places.reshape(-1)
