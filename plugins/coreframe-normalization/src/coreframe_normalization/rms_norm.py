"""RMSNorm: each sample is divided by its root mean square."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from coreframe import Example, Graph
from coreframe_normalization.trailing_axes import TrailingAxes

__all__ = ["RMSNorm"]


class RMSNorm(TrailingAxes):
    """Root mean square normalization over the last axes.

    y = w ⊙ x̂,  x̂ = x / √(mean x² + ε)

    With g = w ⊙ dy:  dx = (g − x̂ mean(g ⊙ x̂)) / √(mean x² + ε),  dw = Σ dy ⊙ x̂

    Shapes: x (*, size) → y (*, size); weight (size,), from 1.
    Source: Zhang and Sennrich 2019, Root mean square layer normalization.

    Args:
        size: the last axis, or the last axes as a list.
        eps: ε, added to the mean square under the root.

    Raises:
        ArgumentError: for a size that is not positive integers, or ε not positive and finite.
        ShapeError: in forward, for an input of other features.
    """

    centres = False

    def __init__(self, size: int | Sequence[int], *, eps: float = 1e-5) -> None:
        super().__init__(size, eps)

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[1.0, -2.0]], [[0.5773502692, -1.1547005384]])]  # 1 / √(5/2 + 1/2) = 1 / √3
        return [
            Example(cls(2, eps=0.5), (2,), known=known, deviations={"weight": 0.0}),
            Example(cls(4), (2, 4)),
            Example(cls([2, 3]), (2, 2, 3)),
            Example(cls(1), (1,)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        self.expect_features(x)
        x_hat, inverse = self.normalized(x)
        self.save(x_hat, inverse)
        return (x_hat * self.along(self.weight, x_hat)).to(x.dtype)

    def export(self, graph: Graph, x: str) -> str:
        squares = graph.add("ReduceMean", graph.add("Mul", x, x), graph.integers(*self.axes))
        root = graph.add("Sqrt", graph.add("Add", squares, graph.constant(self.eps)))
        return graph.add("Mul", graph.add("Div", x, root), graph.constant(self.weight))
