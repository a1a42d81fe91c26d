"""Round trip: does a component come back from its spec, and a module from its state?"""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from coreframe.assembly.create import create
from coreframe.errors import CheckFailed, StateError, UnknownComponent
from coreframe.interfaces.component import Component, constructor_signature, format_value
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.registry.kinds import kind_of
from coreframe.testing.measure import NotTried
from coreframe.testing.trial import Inputs, Trial, named

__all__ = ["check_repr", "check_state"]


def check_repr(component: Component, *, seed: int = 0) -> NotTried | None:
    """The `repr` of an installed component assembles again, to an equal one.

    Equal are the class and the `repr`, and for a module the names and the first values of its
    parameters and buffers.

    One that was made by hand, of a class that no installed plugin offers, is not tried.

    Raises:
        CheckFailed: saying what differs.
        CoreframeError: if the `repr` is no spec.
    """
    model = [component.model] if isinstance(component, Optimizer) else []
    try:
        again = create(kind_of(type(component)), repr(component), *model)
    except UnknownComponent:
        if component.spec_name:  # it was found by this name before
            raise
        return NotTried("no installed plugin offers it by name")
    if type(again) is not type(component):
        raise CheckFailed(f"{component!r} assembles to another class, {type(again).__qualname__}")
    if repr(again) != repr(component):
        raise CheckFailed(f"{component!r} assembles to {again!r}")
    parameters = constructor_signature(type(component)).parameters
    for name, value in component.arguments.items():
        got = again.arguments.get(name, parameters[name].default)
        if format_value(got) != format_value(value):
            raise CheckFailed(
                f"{component!r} has {name}={value!r}; assembled again from its repr it has {got!r}"
            )
    if isinstance(component, Module) and isinstance(again, Module):
        one, other = (
            Trial(_drawn(m, component, seed), (), seed=seed, as_drawn=True)
            for m in (component, again)
        )
        reason = "so it is in the module; assembled again from its repr it must be the same"
        one.expect_equal(other.module.state(), one.module.state(), reason)
    return None


def check_state(module: str | Module, x: Inputs, *, seed: int = 0) -> None:
    """A module's state, loaded into another of its spec, makes the two equal bit for bit.

    Also: `state()` gives copies, and a state that does not fit raises `StateError` and changes
    nothing.

    Raises:
        CheckFailed: naming the entry that differs, or the misfit that was taken.
    """
    trial, other = Trial(module, x, seed=seed), Trial(module, x, seed=seed)
    for number, tensor in enumerate(other.module.state().values()):
        tensor.fill_(number + 0.5)
    reason = "state() must give copies, and these were changed"
    trial.expect_equal(other.module.state(), trial.module.state(), reason)
    wanted = {name: _changed(trial, tensor) for name, tensor in trial.module.state().items()}
    misfits = {f"without {name!r}": _without(wanted, name) for name in wanted}
    misfits |= {"with an entry more": {**wanted, "no.such.entry": torch.zeros(())}}
    misfits |= {
        f"with another shape of {name!r}": {**wanted, name: tensor.unsqueeze(0)}
        for name, tensor in wanted.items()
    }
    for misfit, state in misfits.items():
        try:
            other.module.load_state(state)
        except StateError:
            reason = f"load_state of a state {misfit} must change nothing"
            other.expect_equal(other.module.state(), trial.module.state(), reason)
        else:
            trial.fail(f"load_state took a state {misfit}: it must raise StateError")
    for loaded in (trial, other):
        loaded.module.load_state(wanted)
        loaded.expect_equal(loaded.module.state(), wanted, "so it was in the loaded state")
    y, other_y = (named("y", t.forward()) for t in (trial, other))
    trial.expect_equal(other_y, y, "so it is for a module of the same state")


def _drawn(module: Module, like: Module, seed: int) -> Module:
    """A copy of a module with values drawn for as many replicas as `like` has."""
    own = copy.deepcopy(module)
    if like.replicas:
        return own.initialize(seeds=[seed + r for r in range(like.replicas[0])])
    return own.initialize(seed=seed)


def _changed(trial: Trial, tensor: Tensor) -> Tensor:
    return trial.random_like(tensor) if tensor.is_floating_point() else tensor + 1


def _without(state: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {key: tensor for key, tensor in state.items() if key != name}
