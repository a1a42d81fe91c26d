"""Named state: tensors by path, checked whole before anything is changed."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from coreframe.errors import StateError

__all__ = ["check_state", "faults_of"]


def check_state(
    owner: str, expected: Mapping[str, tuple[int, ...]], state: Mapping[str, Tensor]
) -> None:
    """Check that `state` has exactly the expected names and shapes.

    Raises:
        StateError: naming every missing, unexpected and misshapen entry.
    """
    if not isinstance(state, Mapping):
        raise StateError(f"the state of {owner} must be tensors by name, got {state!r}")
    faults = faults_of(expected, state)
    if faults:
        raise StateError(f"the state does not fit {owner}: {'; '.join(faults)}")


def faults_of(expected: Mapping[str, tuple[int, ...]], state: Mapping[str, Tensor]) -> list[str]:
    """Every missing, unexpected and misshapen entry, in words."""
    faults = [f"{name!r} is missing" for name in expected if name not in state]
    faults += [f"{name!r} is not one of its names" for name in state if name not in expected]
    faults += [
        f"{name!r} is not a tensor"
        for name in expected
        if name in state and not isinstance(state[name], Tensor)
    ]
    faults += [
        f"{name!r} has shape {tuple(state[name].shape)}, not {shape}"
        for name, shape in expected.items()
        if isinstance(state.get(name), Tensor) and tuple(state[name].shape) != shape
    ]
    return faults
