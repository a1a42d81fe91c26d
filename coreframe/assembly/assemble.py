"""assemble and parse_model: a whole network from specs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch

from coreframe.assembly.network import build_network
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
    hand may stand among the specs, as long as they hold no values: these would be lost.

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
    _expect_fresh(specs)
    _expect_dtype_and_device(dtype, device)
    model = build_network(specs)
    if isinstance(seed, Iterable):
        raise ArgumentError(f"seed takes one integer; write seeds={seed!r} for a population")
    if seeds is not None and not isinstance(seeds, Iterable):
        raise ArgumentError(f"seeds takes one integer per replica; write seed={seeds!r} for one")
    try:
        return model.initialize(seed=seed, seeds=seeds, dtype=dtype, device=device)
    except CoreframeError:
        raise
    except (RuntimeError, AssertionError) as error:
        # Torch's own, of sizes and devices that it cannot serve; the second where it has no CUDA.
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


def _expect_fresh(specs: object) -> None:
    """Raise if a module holds values; asked first, since a `Sequential` would take it over."""
    for module in specs if isinstance(specs, Sequence) else [specs]:
        if isinstance(module, Module) and any(p.is_bound for p in module.param()):
            raise ArgumentError(
                f"assemble draws new values, and {module!r} holds some already: make a "
                "Sequential(…) to keep them, or pass its spec, repr(layer), for new ones"
            )


def _expect_dtype_and_device(dtype: object, device: Any) -> None:
    if dtype is not None and not isinstance(dtype, torch.dtype):
        raise ArgumentError(f"dtype takes one of torch's, such as torch.float32, not {dtype!r}")
    try:
        torch.device("cpu" if device is None else device)
    except (RuntimeError, TypeError) as error:
        raise ArgumentError(
            f"there is no device {device!r}; write 'cpu', 'cuda' or 'cuda:0'"
        ) from error
