"""Identity: what comes in goes out."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph, Module, Shape

__all__ = ["Identity"]


class Identity(Module):
    """Passes its input on, for a branch without a layer.

    y = x,  dx = dy

    Shapes: x (*, features) → y (*, features).
    Source: ONNX operator Identity.
    """

    elementwise = True

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[1.0, -2.0]], [[1.0, -2.0]])]
        return [Example(cls(), (3,), known=known), Example(cls(), (2, 5)), Example(cls(), ())]

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        return x

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return input_shape

    def export(self, graph: Graph, x: str) -> str:  # noqa: ARG002  # adds nothing
        return x
