"""ReLU: the rectified linear unit."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph, Module, Shape

__all__ = ["ReLU"]


class ReLU(Module):
    """Rectified linear unit, elementwise.

    y = max(0, x),  dx = dy · [x > 0]

    The derivative at 0 is taken to be 0.

    Shapes: x (*, features) → y (*, features).
    Source: the report, §II.B.1; Nair and Hinton 2010, Rectified linear units improve restricted
    Boltzmann machines.
    """

    elementwise = True

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[-1.0, 0.0, 2.5]], [[0.0, 0.0, 2.5]])]
        return [Example(cls(), (3,), known=known), Example(cls(), (2, 5)), Example(cls(), ())]

    def forward(self, x: Tensor) -> Tensor:
        y = x.relu()
        self.save(y)
        return y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (y,) = self.saved()
        # sign(y) is [x > 0]; a product with a boolean mask takes up to ten times as long.
        return y.sign().mul_(dy)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return input_shape

    def export(self, graph: Graph, x: str) -> str:
        return graph.add("Relu", x)
