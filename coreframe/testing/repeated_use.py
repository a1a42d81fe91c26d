"""Repeated use: does a module find its way when one network uses it twice?"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from coreframe.interfaces.module import Module
from coreframe.testing.gradients import check_gradients
from coreframe.testing.measure import Measure, NotTried
from coreframe.testing.trial import Inputs, Trial, as_tuple

__all__ = ["check_used_twice"]


class _Twice(Module):
    """One module, applied to two inputs one after the other."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def __repr__(self) -> str:
        return f"{self.module!r} used twice"

    def forward(self, *inputs: Tensor) -> Any:
        half = len(inputs) // 2
        first = as_tuple(self.module.forward(*inputs[:half]))
        return (*first, *as_tuple(self.module.forward(*inputs[half:])))

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        half = len(gradwrtoutput) // 2
        second = as_tuple(self.module.backward(*gradwrtoutput[half:]))
        return (*as_tuple(self.module.backward(*gradwrtoutput[:half])), *second)


def check_used_twice(module: str | Module, x: Inputs, *, seed: int = 0) -> Measure | NotTried:
    """Used twice in one network, a module gives the gradients of both uses."""
    trial = Trial(module, x, seed=seed)
    others = tuple(
        0.75 * tensor if tensor.is_floating_point() else tensor.flip(-1) for tensor in trial.inputs
    )
    return check_gradients(_Twice(trial.module), (*trial.inputs, *others), seed=seed)
