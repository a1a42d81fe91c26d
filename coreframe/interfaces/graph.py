"""Graph: what a model writes itself into, to run where there is no coreframe."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TypeAlias

import torch
from torch import Tensor

from coreframe.interfaces.parameter import Buffer, Parameter

__all__ = ["Attribute", "Graph"]

Attribute: TypeAlias = (
    int | float | str | torch.dtype | Sequence[int] | Sequence[float] | Sequence[str]
)


class Graph(ABC):
    """A graph of ONNX operators, of their default domain in opset 21.

    A module writes its forward, as it is in evaluation and for a lone model, in its `export`. A
    value of the graph is a string, which operators take and give:

        def export(self, graph: Graph, x: str) -> str:  # y = x · σ(β x)
            gate = graph.add("Sigmoid", graph.add("Mul", x, graph.constant(self.beta)))
            return graph.add("Mul", x, gate)

    Shapes: a value that is an input or output of a module is (batch, *features); the batch may be
    of any size, and the features are known. Real numbers are float32, whatever the model's dtype.
    Source: the ONNX standard, https://onnx.ai/onnx/operators/.
    """

    def add(self, operator: str, *inputs: str, **attributes: Attribute) -> str:
        """Apply an operator by its standard name; gives its output, the first if it has several.

            graph.add("Concat", x, y, axis=-1)

        An empty string stands for an optional input that is left out. An attribute that is an
        element type, such as `to` of Cast, is a torch dtype.

        Raises:
            ExportError: if the standard knows no such operator, or it takes no such inputs.
        """
        return self.add_several(1, operator, *inputs, **attributes)[0]

    @abstractmethod
    def add_several(
        self, outputs: int, operator: str, *inputs: str, **attributes: Attribute
    ) -> tuple[str, ...]:
        """As `add`, with the first so many of the operator's outputs."""

    @abstractmethod
    def constant(self, value: Tensor | Parameter | Buffer | float | Sequence[float]) -> str:
        """Numbers that are part of the graph; a parameter or a buffer goes under its own name.

        Python's numbers and real tensors become float32, tensors of integers int64, and of
        booleans bool.
        """

    def integers(self, *values: int) -> str:
        """Integers as operators take them for axes and shapes, in one axis."""
        return self.constant(torch.tensor(values, dtype=torch.int64))

    @abstractmethod
    def features(self, value: str) -> tuple[int, ...]:
        """The shape of a value behind its first axis, the batch.

        Raises:
            ExportError: if it depends on the numbers that the graph is given.
        """
