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
from coreframe import CheckFailed, ComponentRecord, Module, Sequential, build_registry
from coreframe.registry.record import normalize
from coreframe.testing import Operators, run_checks

ROOT = Path(__file__).parents[1]

CHECKS = {"module": "module.operators", "loss": "loss.operators", "optimizer": "optimizer.kernels"}
"""Those that watch a component's operators, on its own examples."""


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


def train(layer: Module) -> set[str]:
    """One epoch by `train_model`, one pass by hand outside it; gives the operators called."""
    model = Sequential(Affine(2, 2), layer, Square(), Affine(2, 2)).initialize(seeds=[0, 1])
    loss, operators = SumOfSquares(), Operators()
    with operators:
        made = Descent(model, lr=[0.01, 0.02], momentum=0.5)
        cf.train_model(model, Points(8), loss, made, epochs=1, batch_size=4, log=True)
        x, target = Points(8).train.take(torch.arange(8).reshape(2, 4))
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
def test_shipped_component_is_pure(record: ComponentRecord) -> None:
    if check := CHECKS.get(record.kind):
        (result,) = run_checks(record.qualified, kind=record.kind, select=[check])
        assert result.status == "passed", result.detail
        return
    with Operators() as operators:
        results = list(run_checks(record.qualified, kind=record.kind))
    assert all(result.passed for result in results)
    operators.expect_pure(record.name)


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
