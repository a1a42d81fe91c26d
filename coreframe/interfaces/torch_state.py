"""Torch state: a model's values by the names, and in the layout, of its twin in torch.nn.

A `state_dict()` is tensors by name, so that nothing of torch.nn is needed. Names are paths on both
sides; what a layer calls otherwise, it declares. A layer converts the values of one model: those
of a population are taken apart and put together here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import torch
from torch import Tensor

from coreframe.errors import ArgumentError, ContractError, StateError
from coreframe.interfaces import relocation
from coreframe.interfaces.parameter import Buffer, Parameter
from coreframe.interfaces.replicas import resolve_selection
from coreframe.interfaces.state import faults_of
from coreframe.interfaces.tree import attributes_of, join_path

if TYPE_CHECKING:
    from coreframe.interfaces.module import Module

__all__ = ["TorchState", "export_torch_state", "import_torch_state"]

TorchState: TypeAlias = Mapping[str, Tensor]
"""What `state_dict()` of a torch model gives."""


class _Place(NamedTuple):
    """Where a module stands, and what it holds itself; one that is used twice has two."""

    path: str
    module: Module
    held: dict[str, Parameter | Buffer]


def export_torch_state(model: Module, replica: int | None) -> dict[str, Tensor]:
    """Copies of the values of a lone model, or of one replica, as its twin names them."""
    if model.replicas and replica is None:
        raise ArgumentError(
            f"a torch model is a lone one: say which of the {model.replicas[0]} replicas it is to "
            "be, as torch_state(replica=0)"
        )
    chosen = None if replica is None else resolve_selection(replica, model.replicas)
    if isinstance(chosen, Sequence):
        raise ArgumentError(f"a torch model is a lone one: choose one replica, not {replica!r}")
    relocation.tensors_of(model)  # draws the values of a layer made by hand
    return {
        join_path(place.path, name): value.clone()
        for place in _places(model)
        for name, value in _exported(place, chosen).items()
    }


def import_torch_state(
    model: Module, state: TorchState | Sequence[TorchState]
) -> dict[str, Tensor]:
    """The `state()` that a model has after taking over the values of its twin, or its twins."""
    relocation.tensors_of(model)
    states = _one_each(model, state)
    names = _names(model)
    faults: list[str] = []
    taken = [
        _taken(model, given, names, faults, f"state {index}: " if len(states) > 1 else "")
        for index, given in enumerate(states)
    ]
    if faults:
        raise StateError(f"the state does not fit {model.described}: {'; '.join(faults)}")
    if not model.replicas:
        return taken[0]
    every = taken * (model.replicas[0] // len(taken))  # one state is every replica's
    return {name: torch.stack([own[name] for own in every]) for name in every[0]}


def _one_each(model: Module, state: TorchState | Sequence[TorchState]) -> Sequence[TorchState]:
    """One state, or one for each replica."""
    states = [state] if isinstance(state, Mapping) else state
    if not isinstance(states, list | tuple) or not all(isinstance(s, Mapping) for s in states):
        raise StateError(
            f"the state for {model.described} must be tensors by name, as state_dict() gives, or "
            f"a list of such; it is a {type(state).__name__}"
        )
    if not isinstance(state, Mapping) and model.replicas != (len(states),):
        have = f"a population of {model.replicas[0]}" if model.replicas else "a lone model"
        raise StateError(f"a list of {len(states)} states is given for {have}")
    return states


def _taken(
    model: Module, state: TorchState, names: Mapping[int, str], faults: list[str], prefix: str
) -> dict[str, Tensor]:
    """The values of one model by its own names; what stands in the way is added to `faults`."""
    places = list(_places(model))
    # A torch state of our own says which names, shapes, dtypes and devices are wanted.
    twins = [_exported(place, 0 if model.replicas else None) for place in places]
    wanted = {
        join_path(place.path, name): value
        for place, twin in zip(places, twins, strict=True)
        for name, value in twin.items()
    }
    found = faults_of({name: tuple(value.shape) for name, value in wanted.items()}, state)
    taken: dict[str, Tensor] = {}
    for place, twin in zip(places, twins, strict=True) if not found else ():
        given = {name: state[join_path(place.path, name)].detach().to(twin[name]) for name in twin}
        try:
            own = place.module.from_torch(given)
        except StateError as error:
            found.append(f"{place.path}: {error}" if place.path else str(error))
            continue
        if own.keys() != place.held.keys():
            raise ContractError(
                f"{place.module.described} holds {', '.join(place.held)}, and its from_torch gives "
                f"{', '.join(own)}; report this to its author"
            )
        for name, held in place.held.items():
            first, here = names[id(held)], join_path(place.path, name)
            if first not in taken:
                taken[first] = own[name]
            elif not torch.equal(taken[first], own[name]):
                found.append(f"{here!r} differs from {first!r}, and they are one and the same here")
    faults += [prefix + fault for fault in found]
    return taken


def _exported(place: _Place, replica: int | None) -> dict[str, Tensor]:
    """What a module holds itself, of one model, as its twin names it."""
    own = {
        name: held.value if replica is None else held.value[replica]
        for name, held in place.held.items()
    }
    return place.module.to_torch(own)


def _names(model: Module) -> dict[int, str]:
    """The name in `state()` of each parameter and buffer: a shared one has its first path."""
    every = [*model.named_parameters(), *model.named_buffers()]
    return {id(held): name for name, held in every}


def _places(model: Module) -> Iterator[_Place]:
    """Each module at every place where it stands, as `state_dict()` of a torch model does."""

    def walk(path: str, module: Module, above: frozenset[int]) -> Iterator[_Place]:
        if id(module) in above:  # one that knows the module it is in
            return
        held: dict[str, Parameter | Buffer] = dict(attributes_of(module, Parameter))
        held |= dict(attributes_of(module, Buffer))
        yield _Place(path, module, held)
        for name, child in module.children().items():
            yield from walk(join_path(path, name), child, above | {id(module)})

    return walk("", model, frozenset())
