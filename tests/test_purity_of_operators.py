"""Every shipped component trains without autograd and without a `*_backward` operator."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NoReturn

import pytest
import torch
from coreframe_toys import Affine, Descent, Points, Square, SumOfSquares
from torch import Tensor

import coreframe as cf
from coreframe import (
    CheckFailed,
    ComponentRecord,
    Dataset,
    Loss,
    Module,
    Sequential,
    build_registry,
)
from coreframe.registry.record import normalize
from coreframe.testing.purity import Operators

ROOT = Path(__file__).parents[1]

SPECS = {"Disc": "Disc(samples=8)", "Linear": "Linear(2, 2)"}
"""How to build what needs arguments; a module must take two features and give two."""


class ImpurityError(Exception):
    """An entry to autograd was called."""


@pytest.fixture
def no_autograd(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any entry to autograd raises."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise ImpurityError("autograd was called")

    with Operators():  # torch makes a table of its own functions when a mode first sees one
        torch.zeros(1)
    for owner, name in (
        (torch.Tensor, "backward"),
        (torch.Tensor, "requires_grad_"),
        (torch.autograd, "backward"),
        (torch.autograd, "grad"),
    ):
        monkeypatch.setattr(owner, name, refuse)


def train(
    layer: Module,
    loss: Loss | None = None,
    optimizer: str = "",
    data: Dataset | None = None,
    schedule: str = "",
) -> set[str]:
    """One epoch by `train_model`, one pass by hand outside it; gives the operators called."""
    model = Sequential(Affine(2, 2), layer, Square(), Affine(2, 2)).initialize(seeds=[0, 1])
    loss = loss or SumOfSquares()
    settings = {"lr": [0.01, 0.02]}
    operators = Operators()
    with operators:
        made = cf.create("optimizer", optimizer, model, **settings) if optimizer else None
        made = made or Descent(model, lr=settings["lr"], momentum=0.5)
        chosen = cf.create("schedule", schedule) if schedule else None
        cf.train_model(
            model, data or Points(8), loss, made, epochs=1, batch_size=4, log=True, schedule=chosen
        )
        x, target = (data or Points(8)).train.take(torch.arange(8).reshape(2, 4))
        y = model.forward(x)
        loss.compute_loss(y, target)
        dx = model.backward(loss.backward())
        made.step(torch.tensor([True, False]))
    assert y.grad_fn is None
    assert not dx.requires_grad
    operators.expect_pure(layer)
    return set(operators.names)


def shipped() -> list[ComponentRecord]:
    projects = [ROOT / "pyproject.toml", *ROOT.glob("plugins/*/pyproject.toml")]
    names = {tomllib.loads(p.read_text(encoding="utf-8"))["project"]["name"] for p in projects}
    ours = {normalize(name) for name in names}
    return [r for r in build_registry().components() if normalize(r.distribution) in ours]


@pytest.mark.usefixtures("no_autograd")
@pytest.mark.parametrize("record", shipped(), ids=lambda record: record.name)
def test_shipped_component_trains(record: ComponentRecord) -> None:
    spec = SPECS.get(record.name, record.name)
    match record.kind:
        case "module":
            operators = train(cf.create("module", spec))
        case "loss":
            operators = train(Square(), loss=cf.create("loss", spec))
        case "optimizer":
            operators = train(Square(), optimizer=spec)
        case "dataset":
            operators = train(Square(), data=cf.create("dataset", spec))
        case _:
            operators = train(Square(), schedule=spec)
    assert len(operators) > 10  # they have been seen at all


class Fused(Square):
    """Calls the operator that autograd would call."""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        return torch.ops.aten.tanh_backward(dy, x)  # type: ignore[no-any-return]  # torch's own


class Recording(Square):
    """Lets autograd record, and never asks it for anything."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.inference_mode(False), torch.enable_grad():
            leaf = x.clone()
            leaf.requires_grad = True
            self.save(x)
            return (leaf * leaf).detach()


class Automatic(Square):
    """Leaves backward to autograd."""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        with torch.inference_mode(False):
            x, dy = self.saved()[0].clone(), gradwrtoutput[0].clone()
            return torch.autograd.grad(x * x, x, dy)[0]


class Disguised(Automatic):
    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        with torch.inference_mode(False):
            x, dy = self.saved()[0].clone(), gradwrtoutput[0].clone()
            (x * x).backward(dy)  # type: ignore[no-untyped-call]  # torch's own
            return x


@pytest.mark.usefixtures("no_autograd")
@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Fused(), r"Fused\(\): it ran aten\.tanh_backward"),
        (Recording(), r"Recording\(\): it switched recording of gradients on, and ran aten\.mul"),
        (Automatic(), "autograd was called"),
        (Disguised(), "autograd was called"),
    ],
    ids=["Fused", "Recording", "Automatic", "Disguised"],
)
def test_planted_offence_is_found(layer: Module, message: str) -> None:
    with pytest.raises((CheckFailed, ImpurityError), match=message):
        train(layer)


@pytest.mark.usefixtures("no_autograd")
def test_small_components_are_pure() -> None:
    assert "aten.mul" in {name.rpartition(".")[0] for name in train(Square())}
