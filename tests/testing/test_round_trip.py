"""The checks of specs and states pass what is sound, and name what is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import pytest
import torch
from coreframe_toys import Affine, Descent, Points, Square, SumOfSquares
from torch import Tensor

import coreframe as cf
from coreframe import CheckFailed, Module, Registry, Sequential, StateError, UnknownComponent
from coreframe.interfaces.component import Component
from coreframe.testing import check_repr, check_state
from coreframe.testing.measure import NotTried

MODEL = Sequential(Affine(2, 3), Square()).initialize(seeds=[1, 2])

SOUND: list[Component] = [
    Square(),
    Affine(2, 3, gain=0.5),
    Affine(2, 3, gain=[0.5, 1.0]).initialize(seeds=[4, 5]),
    MODEL,
    SumOfSquares(),
    Descent(MODEL, lr=[0.1, 0.2], momentum=0.5),
    Points(8, seed=[1, 2]),
]


@pytest.mark.parametrize("component", SOUND, ids=repr)
def test_sound_components_come_back(toys: Registry, component: Component) -> None:
    check_repr(component)


class Forgetful(Affine):
    """Its repr says nothing of its gain."""

    def __repr__(self) -> str:
        return f"Affine({self.in_size}, {self.out_size})"


def test_repr_that_leaves_something_out(toys: Registry) -> None:
    with pytest.raises(CheckFailed, match=r"^Affine\(2, 3\) assembles to another class, Affine$"):
        check_repr(Forgetful(2, 3, gain=2.0))
    layer = Affine(2, 3)
    layer.weight.initializer = cf.Constant(1.0)  # not among its arguments
    with pytest.raises(CheckFailed, match=r"weight\[\d, \d\] is .*, not 1: .*\(seed 3\)$"):
        check_repr(layer, seed=3)
    found = check_repr(Sequential(Views(2, 3)))
    assert found == NotTried("no installed plugin offers it by name")
    named = Sequential(Views(2, 3))
    named.spec_name = "Sequential"
    with pytest.raises(UnknownComponent, match="named Views"):
        check_repr(named)


class Views(Affine):
    """Its state is no copy."""

    def state(self) -> dict[str, Tensor]:
        return {name: parameter.value for name, parameter in self.named_parameters()}


class TakesAnything(Affine):
    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        known = dict(self.named_parameters())
        for name, value in state.items():
            if name in known:
                known[name].value.copy_(value)
        return self


class HalfLoaded(Affine):
    """Changes something before it raises."""

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        if set(state) != {"weight", "bias"}:
            self.bias.value.zero_()
            raise StateError("no")
        return super().load_state(state)


class Hidden(Affine):
    """Has a value that is not in its state."""

    hidden = 0.0

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        Hidden.hidden += 1.0
        self.hidden = Hidden.hidden
        return super().load_state(state)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + self.hidden


FAULTS: list[tuple[Module, str]] = [
    (Views(2, 3), r"state\(\) must give copies"),
    (TakesAnything(2, 3), "load_state took a state without 'weight'"),
    (HalfLoaded(2, 3), r"bias\[\d\] is .* load_state of a state without 'weight' must change"),
    (Hidden(2, 3), r"y\[0, 0\] is .*: so it is for a module of the same state"),
]


@pytest.mark.parametrize(("module", "message"), FAULTS, ids=[type(m).__name__ for m, _ in FAULTS])
def test_state_faults_are_found(module: Module, message: str) -> None:
    x = torch.randn(4, 2, generator=torch.Generator().manual_seed(0))
    check_state(Affine(2, 3), x)
    with pytest.raises(CheckFailed, match=message):
        check_state(module, x)
