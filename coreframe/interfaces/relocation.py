"""Relocation: giving a model's parameters new memory when it is made, moved or selected from.

Each function works out all new values first and rebuilds the storage last, so that a mistake
leaves the model as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from coreframe.errors import ArgumentError, ProtocolError, ShapeError
from coreframe.interfaces.context import ModelContext
from coreframe.interfaces.replicas import Selection, resolve_selection, select_leading
from coreframe.interfaces.state import check_state
from coreframe.interfaces.storage import Origin, Storage
from coreframe.interfaces.streams import RandomStreams

if TYPE_CHECKING:
    from coreframe.interfaces.module import Module

__all__ = ["build_storage", "initialize", "load_state", "move", "select", "tensors_of"]


def build_storage(model: Module) -> Storage:
    """Gather parameters that live apart, drawing those that have no values yet."""
    return _lay_out(model, _values(model), _grads(model))


def tensors_of(model: Module) -> dict[str, Tensor]:
    """All parameter and buffer values, by path."""
    return _values(model) | {name: buffer.value for name, buffer in model.named_buffers()}


def initialize(
    model: Module,
    seed: int | None,
    seeds: Sequence[int] | None,
    dtype: torch.dtype | None,
    device: torch.device | str | None,
) -> Storage:
    """Draw all values of a lone model (`seed`) or a population (`seeds`)."""
    expect_whole(model, "initialize")
    if seed is not None and seeds is not None:
        raise ArgumentError("give seed for a lone model or seeds for a population, not both")
    if seeds is not None and not len(seeds):
        raise ArgumentError("a population needs at least one seed")
    chosen = seed if seeds is None else list(seeds)
    random = RandomStreams.fresh() if chosen is None else RandomStreams(chosen)
    _expect_floating(dtype)
    dtype = dtype or torch.get_default_dtype()
    place = torch.device("cpu" if device is None else device)
    for _, module in model.named_modules():  # before an initializer asks, which knows no names
        module.expect_settings(random.replicas)
    values = {
        name: parameter.initializer.draw(parameter.shape, random).to(place, dtype)
        for name, parameter in model.named_parameters()
    }
    model.adopt(ModelContext(random))
    for _, buffer in model.named_buffers():
        buffer.reset(random.replicas, dtype, place)
    return _lay_out(model, values, {})


def load_state(model: Module, state: Mapping[str, Tensor]) -> Storage:
    """Take over all values of a state of the same names and shapes."""
    expect_whole(model, "load the state of")
    own = tensors_of(model)
    check_state(repr(model), {name: tuple(value.shape) for name, value in own.items()}, state)
    given = {name: state[name].to(value) for name, value in own.items()}
    for name, buffer in model.named_buffers():
        buffer.value = given[name]
    return _lay_out(model, {name: given[name] for name, _ in model.named_parameters()}, {})


def move(model: Module, dtype: torch.dtype | None, device: torch.device | None) -> Storage:
    """Copy values, gradients and buffers to a dtype or device."""
    expect_whole(model, "move")
    _expect_floating(dtype)
    values = {n: value.to(device=device, dtype=dtype) for n, value in _values(model).items()}
    grads = {n: grad.to(device=device, dtype=dtype) for n, grad in _grads(model).items()}
    for _, buffer in model.named_buffers():
        buffer.to(dtype, device)
    return _lay_out(model, values, grads)


def select(model: Module, replicas: Selection | Tensor) -> Storage:
    """Keep only the chosen replicas, with all that belongs to them."""
    expect_whole(model, "select from")
    chosen = resolve_selection(replicas, model.replicas)
    origin = Origin(model.storage.identity, chosen)
    values = {name: select_leading(value, chosen) for name, value in _values(model).items()}
    grads = {name: select_leading(grad, chosen) for name, grad in _grads(model).items()}
    for _, module in model.named_modules():
        module.select_settings(chosen)
    for _, parameter in model.named_parameters():
        parameter.initializer = parameter.initializer.select(chosen)
    for _, buffer in model.named_buffers():
        buffer.select(chosen)
    model.random.select(chosen)
    model.adopt(model.context)
    return _lay_out(model, values, grads, origin)


def _values(model: Module) -> dict[str, Tensor]:
    for _, parameter in model.named_parameters():
        if not parameter.is_bound:
            parameter.materialize(model.random)
    return {name: parameter.value for name, parameter in model.named_parameters()}


def _grads(model: Module) -> dict[str, Tensor]:
    return {name: parameter.grad for name, parameter in model.named_parameters()}


def _lay_out(
    model: Module,
    values: Mapping[str, Tensor],
    grads: Mapping[str, Tensor],
    origin: Origin | None = None,
) -> Storage:
    parameters = dict(model.named_parameters())
    for name, value in values.items():
        wanted = (*model.replicas, *parameters[name].shape)
        if tuple(value.shape) != wanted:
            raise ShapeError(f"{name} has shape {tuple(value.shape)}, the model needs {wanted}")
    return Storage(parameters, values, grads, model.replicas, origin)


def _expect_floating(dtype: torch.dtype | None) -> None:
    if dtype is not None and not dtype.is_floating_point:
        raise ArgumentError(f"parameters must be of a floating-point dtype, not {dtype}")


def expect_whole(model: Module, action: str) -> None:
    """Raise if the module is a part of a model, whose parameters lie in the model's storage."""
    if model.is_part:
        raise ProtocolError(
            f"{action} the whole model, not {model.described} alone, which is a part of it"
        )
