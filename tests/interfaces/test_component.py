"""Component: the repr of an object is its spec."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

import pytest
import torch
from coreframe_toys import Affine, Descent, Square, SumOfSquares
from torch import Tensor

import coreframe as cf
from coreframe import Module, Registry, Sequential, Setting
from coreframe.interfaces.component import Component


class Settings(Module):
    """Every form of argument, and an __init__ that does not call its parent's."""

    replica_settings = ("rate",)

    def __init__(
        self,
        size: int,
        pair: Sequence[int] = (1, 2),
        *parts: Module,
        rate: Setting = 0.5,
        name: str = "none",
        flag: bool = True,
        body: Module | None = None,
        **more: float,
    ) -> None:
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return x

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return gradwrtoutput[0]


class Written(float):
    """A float that writes its type, as numpy's do."""

    def __repr__(self) -> str:
        return f"np.float64({float(self)})"


CASES: list[tuple[Component, str]] = [
    (Square(), "Square()"),
    (SumOfSquares(), "SumOfSquares()"),
    (Affine(2, 25), "Affine(2, 25)"),
    (Affine(in_size=2, out_size=25), "Affine(2, 25)"),
    (Affine(2, 25, gain=1.0), "Affine(2, 25)"),
    (Affine(2, 25, gain=1), "Affine(2, 25, gain=1)"),  # as it was given
    (Affine(2, 25, gain=0.5), "Affine(2, 25, gain=0.5)"),
    (Affine(2, 25, gain=[0.5, 1.0]), "Affine(2, 25, gain=[0.5, 1.0])"),
    (Affine(2, 25, gain=torch.tensor([0.5, 1.0])), "Affine(2, 25, gain=[0.5, 1.0])"),  # type: ignore[arg-type]  # a tensor counts as a sequence
    (Affine(2, 25, gain=Written(0.25)), "Affine(2, 25, gain=0.25)"),
    (Affine(2, 25, gain=[Written(0.25), 1e-30]), "Affine(2, 25, gain=[0.25, 1e-30])"),
    (Sequential(), "Sequential()"),
    (
        Sequential(Affine(2, 3), Sequential(Square(), Affine(3, 1))),
        "Sequential(Affine(2, 3), Sequential(Square(), Affine(3, 1)))",
    ),
    (Settings(3), "Settings(3)"),
    (Settings(3, (1, 2)), "Settings(3)"),
    (Settings(3, (2, 1)), "Settings(3, pair=[2, 1])"),
    (Settings(3, flag=False, name="a'b"), 'Settings(3, name="a\'b", flag=False)'),
    (Settings(3, body=Square(), rate=-1.5), "Settings(3, rate=-1.5, body=Square())"),
    (Settings(3, momentum=0.5), "Settings(3, momentum=0.5)"),
]


@pytest.mark.parametrize(("component", "spec"), CASES, ids=[spec for _, spec in CASES])
def test_repr(component: Component, spec: str) -> None:
    assert repr(component) == spec


def test_repr_leaves_out_the_model_of_an_optimizer() -> None:
    model = Affine(2, 3).initialize(seeds=[0, 1])
    assert repr(Descent(model, 0.1)) == "Descent(lr=0.1)"
    optimizer = Descent(model, lr=[0.1, 0.2], momentum=0.5)
    assert repr(optimizer) == "Descent(lr=[0.1, 0.2], momentum=0.5)"


def test_repr_keeps_the_name_it_was_assembled_by(toys: Registry) -> None:
    layer = cf.create("module", "coreframe_toys.Affine(2, 3)")
    assert repr(layer) == "coreframe_toys.Affine(2, 3)"
    assert repr(Sequential(layer)) == "Sequential(coreframe_toys.Affine(2, 3))"


@pytest.mark.parametrize("spec", [spec for c, spec in CASES if not isinstance(c, Settings)])
def test_repr_assembles_again(toys: Registry, spec: str) -> None:
    kind = "loss" if spec.startswith("Sum") else "module"
    assert repr(cf.create(kind, spec)) == spec


def test_selection_of_settings() -> None:
    layer = Settings(3, rate=torch.tensor([0.5, 1.0, 2.0]))  # type: ignore[arg-type]  # as above
    layer.select_settings([2, 0])
    assert repr(layer) == "Settings(3, rate=[2.0, 0.5])"
    layer.select_settings(0)
    assert repr(layer) == "Settings(3, rate=2.0)"
    layer.select_settings([0])  # one number for all is that of each
    assert repr(layer) == "Settings(3, rate=2.0)"


def test_help_shows_the_constructor() -> None:
    assert list(inspect.signature(Affine).parameters) == ["in_size", "out_size", "gain"]
    assert not inspect.signature(Square).parameters
