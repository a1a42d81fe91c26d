"""build_network: the modules of a network, their sizes checked, before any values are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from coreframe.assembly.create import create
from coreframe.assembly.sequential import Sequential
from coreframe.assembly.spec import Spec
from coreframe.errors import ArgumentError
from coreframe.interfaces.module import Module

__all__ = ["build_network"]


def build_network(specs: str | Spec | Module | Sequence[str | Spec | Module]) -> Module:
    """Turn specs into modules: a list into a `Sequential`, a single one into itself.

    Raises:
        SpecError, UnknownComponent, AmbiguousComponent, BrokenPlugin, ArgumentError: as `create`.
        ArgumentError: for something else than specs and modules, or none of them.
        ShapeError: if sizes do not fit between layers, as far as they can be known.
    """
    if isinstance(specs, str | Spec | Module):
        model = _module(specs)
    elif isinstance(specs, Sequence):
        if not specs:
            raise ArgumentError(
                'the list of specs is empty; write "Sequential()" for what passes its input on'
            )
        model = Sequential(*[_layer(index, spec) for index, spec in enumerate(specs)])
    else:
        raise ArgumentError(f"assemble takes a spec, a module or a list of them, got {specs!r}")
    model.output_shape(None)
    return model


def _layer(index: int, spec: object) -> Module:
    if isinstance(spec, str | Spec | Module):
        return _module(spec)
    hint = '; write "Sequential(…)" for layers within a layer' if isinstance(spec, list) else ""
    raise ArgumentError(f"layer {index} must be a spec or a module, got {spec!r}{hint}")


def _module(spec: str | Spec | Module) -> Module:
    return spec if isinstance(spec, Module) else create("module", spec)
