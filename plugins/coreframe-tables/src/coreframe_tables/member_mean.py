"""MemberMean: what an ensemble says together."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph, Module, Shape, ShapeError, whole_number

__all__ = ["MemberMean"]


class MemberMean(Module):
    """The mean of an ensemble's members.

    y = (1/M) Σ_m x_m,  dx_m = dy / M

    Shapes: x (*, members, features) → y (*, features).
    Source: Wen et al. 2020, BatchEnsemble, §3.1, at prediction.

    Args:
        members: models in the ensemble.

    Raises:
        ArgumentError: if it is no positive integer.
        ShapeError: in forward, for an input of other replicas or members.
    """

    def __init__(self, members: int) -> None:
        self.members = whole_number("MemberMean: members", members)

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[[1.0, 2.0], [3.0, 6.0]]], [[2.0, 4.0]])]
        return [
            Example(cls(2), (2, 2), known=known),
            Example(cls(3), (3, 2)),  # as many members as the kit has samples
            Example(cls(3), (4, 3, 2)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        leading = len(self.replicas)
        few = x.dim() < leading + 3 or x.shape[:leading] != self.replicas
        if few or x.shape[-2] != self.members:
            raise ShapeError(
                f"{self.described} for replicas {self.replicas} takes (*replicas, batch, …, {self.members}, features), "
                f"got {tuple(x.shape)}"
            )
        self.save()
        return x.mean(-2)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return (dy / self.members).unsqueeze(-2).repeat_interleave(self.members, -2)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is None:
            return None
        if len(input_shape) < 2 or input_shape[-2] != self.members:
            raise ShapeError(
                f"{self!r} takes features ending in ({self.members}, …), got {input_shape}"
            )
        return (*input_shape[:-2], input_shape[-1])

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("ReduceMean", x, graph.integers(-2), keepdims=0)
