"""Summary: a network as a table of its layers."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from coreframe.assembly.sequential import Sequential
from coreframe.interfaces.module import Module, Shape

__all__ = ["LayerSummary", "Summary", "summarize"]


@dataclass(frozen=True)
class LayerSummary:
    """One layer: its path, its spec, its output's features (None if unknown), its parameters."""

    layer: str
    spec: str
    output_shape: Shape | None
    parameters: int


@dataclass(frozen=True)
class Summary:
    """The layers of a network, and the parameters of one replica; shared ones count once."""

    layers: tuple[LayerSummary, ...]
    parameters: int


def summarize(model: Module, input_shape: Shape | None = None) -> Summary:
    """Describe a network layer by layer.

    Raises:
        ShapeError: if sizes do not fit between layers.
    """
    model.output_shape(input_shape)  # names the layer that does not fit
    layers = model.children() if isinstance(model, Sequential) else {"": model}
    shape = input_shape
    rows: list[LayerSummary] = []
    for name, layer in layers.items():
        shape = layer.output_shape(shape)
        rows.append(LayerSummary(name, repr(layer), shape, _count(layer)))
    return Summary(tuple(rows), _count(model))


def _count(module: Module) -> int:
    return sum(prod(parameter.shape) for parameter in module.param())
