"""assemble and parse_model: a whole network from specs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch

from coreframe.assembly.create import create
from coreframe.assembly.sequential import Sequential
from coreframe.assembly.spec import Spec
from coreframe.errors import ArgumentError, CoreframeError
from coreframe.interfaces.module import Module

__all__ = ["assemble", "parse_model"]


def assemble(
    specs: str | Spec | Module | Sequence[str | Spec | Module],
    *,
    seed: int | None = None,
    seeds: Sequence[int] | None = None,
    dtype: torch.dtype | None = None,
    device: torch.device | str | None = None,
) -> Module:
    """Turn specs into a network with drawn values.

    A list becomes a `Sequential`; a single spec or module is the network itself. Modules made by
    hand may stand among the specs.

    Args:
        specs: `["Linear(2, 25)", "ReLU", "Linear(25, 2)"]`.
        seed: of a lone model; drawn from torch's global generator if neither is given.
        seeds: of a population, one replica for each.
        dtype: of the parameters; torch's default if None.
        device: where they live; the CPU if None.

    Raises:
        SpecError, UnknownComponent, AmbiguousComponent, BrokenPlugin, ArgumentError: as `create`;
            also where torch cannot make the tensors.
        ShapeError: if sizes do not fit between layers, as far as they can be known.
    """
    if isinstance(specs, str | Spec | Module):
        model = _module(specs)
    elif isinstance(specs, Sequence):
        model = Sequential(*[_module(spec) for spec in specs])
    else:
        raise ArgumentError(f"assemble takes a spec, a module or a list of them, got {specs!r}")
    model.output_shape(None)
    if isinstance(seed, Iterable):
        raise ArgumentError(f"seed takes one integer; write seeds={seed!r} for a population")
    if seeds is not None and not isinstance(seeds, Iterable):
        raise ArgumentError(f"seeds takes one integer per replica; write seed={seeds!r} for one")
    try:
        return model.initialize(seed=seed, seeds=seeds, dtype=dtype, device=device)
    except CoreframeError:
        raise
    except RuntimeError as error:  # torch's own, of sizes and devices that it cannot serve
        cause = str(error).partition("\n")[0]
        raise ArgumentError(f"torch cannot make the tensors of {model!r}: {cause}") from error


def parse_model(
    dictionary: Mapping[str, Any],
    *,
    seed: int | None = None,
    seeds: Sequence[int] | None = None,
) -> Module:
    """The network that `dictionary["model"]` lists: the report's parseModel, §III.A.

    Raises:
        ArgumentError: if there is no field `model`, or it is not a list of specs.
        Otherwise as `assemble`.
    """
    if not isinstance(dictionary, Mapping) or "model" not in dictionary:
        raise ArgumentError('parse_model takes a dictionary like {"model": ["Linear(2, 25)", …]}')
    specs = dictionary["model"]
    if isinstance(specs, str) or not isinstance(specs, Sequence):
        raise ArgumentError(f'the field "model" must be a list of specs, got {specs!r}')
    return assemble(specs, seed=seed, seeds=seeds)


def _module(spec: str | Spec | Module) -> Module:
    return spec if isinstance(spec, Module) else create("module", spec)
