"""MemberCopies: the same features for each member of an ensemble."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph, Module, Shape, ShapeError, whole_number

__all__ = ["MemberCopies"]


class MemberCopies(Module):
    """Copies the features for each member of an ensemble.

    y_m = x,  dx = Σ_m dy_m

    Shapes: x (*, features) → y (*, members, features).
    Source: Wen et al. 2020, BatchEnsemble, §3.1.

    Args:
        members: models in the ensemble.

    Raises:
        ArgumentError: if it is no positive integer.
        ShapeError: in forward, for an input of other replicas, or without features.
    """

    def __init__(self, members: int) -> None:
        self.members = whole_number("MemberCopies: members", members)

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[1.0, 2.0]], [[[1.0, 2.0], [1.0, 2.0]]])]
        return [Example(cls(2), (2,), known=known), Example(cls(3), (2, 4)), Example(cls(1), (1,))]

    def forward(self, x: Tensor) -> Tensor:
        leading = len(self.replicas)
        few = x.dim() < leading + 2 or x.shape[:leading] != self.replicas
        if few:
            raise ShapeError(
                f"{self.described} for replicas {self.replicas} takes (*replicas, batch, …, features), got {tuple(x.shape)}"
            )
        self.save()
        return x.unsqueeze(-2).repeat_interleave(self.members, -2)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        if dy.shape[-2] != self.members:
            raise ShapeError(
                f"{self.described} got a gradient for {dy.shape[-2]} members, not {self.members}"
            )
        return dy.sum(-2)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is None:
            return None
        if not input_shape:
            raise ShapeError(f"{self!r} takes features, got {input_shape}")
        return (*input_shape[:-1], self.members, input_shape[-1])

    def export(self, graph: Graph, x: str) -> str:
        one = graph.add("Unsqueeze", x, graph.integers(-2))
        return graph.add("Expand", one, graph.integers(self.members, 1))
