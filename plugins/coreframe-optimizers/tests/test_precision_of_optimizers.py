"""Optimizers in few bits, with fused operators and without, at rest and at extremes."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor

from coreframe import ArgumentError, Module, Normal, Optimizer, Parameter
from coreframe.testing import Operators
from coreframe_optimizers import SGD, Adagrad, Adam, AdamW, Lion, NAdam, RMSprop

EACH = pytest.mark.parametrize(
    "make",
    [
        partial(SGD, lr=0.05, momentum=0.9, dampening=0.5, weight_decay=0.01),
        partial(SGD, lr=0.05, momentum=0.9, nesterov=True),
        partial(Adam, lr=0.01, weight_decay=0.01),
        partial(AdamW, lr=0.01, weight_decay=0.1),
        partial(NAdam, lr=0.01),
        partial(RMSprop, lr=0.01, momentum=0.5),
        partial(RMSprop, lr=0.01, eps=1e-2, centered=True),
        partial(Adagrad, lr=0.1, lr_decay=0.01),
        partial(Lion, lr=0.01, weight_decay=0.1),
    ],
    ids=str,
)
FUSED = {"Adam": "_fused_adam_", "AdamW": "_fused_adamw_", "Adagrad": "_fused_adagrad_"}


class Weights(Module):
    """Nothing but parameters."""

    def __init__(self) -> None:
        self.weights = [Parameter(shape, Normal(1.0)) for shape in ((3,), (7, 5), (), (1, 17))]

    def forward(self, x: Any) -> Any:
        return x

    def backward(self, *gradwrtoutput: Any) -> Any:
        return gradwrtoutput[0]


def build(dtype: torch.dtype, seeds: list[int] | None = None) -> Module:
    if seeds is None:
        return Weights().initialize(seed=1, dtype=dtype)
    return Weights().initialize(seeds=seeds, dtype=dtype)


def set_gradients(model: Module, step: int, scale: float = 1.0) -> None:
    """Equal in all replicas; a third of the numbers is always zero, as behind a dead unit."""
    generator = torch.Generator().manual_seed(step)
    for parameter in model.param():
        drawn = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
        drawn.flatten()[::3] = 0
        parameter.grad.copy_(scale * drawn)


def train(optimizer: Optimizer, steps: int = 30, *, active: Tensor | None = None) -> list[Tensor]:
    for step in range(steps):
        set_gradients(optimizer.model, step)
        optimizer.step(active)
    return [value.double() for value in optimizer.model.state().values()]


@EACH
@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 2e-5), (torch.bfloat16, 0.06)])
@pytest.mark.parametrize("replicas", [None, [1, 1]], ids=["lone", "population"])
def test_few_bits_are_near_many(
    make: Any, dtype: torch.dtype, bound: float, replicas: list[int] | None
) -> None:
    own, exact = build(dtype, replicas), build(torch.float64, replicas)
    for one, other in zip(own.param(), exact.param(), strict=True):
        other.value.copy_(one.value)
    for got, wanted in zip(train(make(own)), train(make(exact)), strict=True):
        torch.testing.assert_close(got, wanted, rtol=bound, atol=bound)


@EACH
def test_numbers_of_each_replica_work_in_bfloat16(make: Any) -> None:
    model = build(torch.bfloat16, [1, 1])
    plain = make(build(torch.bfloat16, [1, 1]))
    settings = {  # also where 0.999 is 1
        name: [vars(plain)[name]] * 2
        for name in plain.hyperparameters
        if not (name == "dampening" and plain.arguments.get("nesterov"))
    }
    flat = make(model, **settings)
    for got, wanted in zip(train(flat), train(plain), strict=True):
        torch.testing.assert_close(got, wanted, rtol=0.06, atol=0.06)


@EACH
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_none_notices_that_another_rests(make: Any, dtype: torch.dtype) -> None:
    own, other = make(build(dtype, [1, 1, 1])), make(build(dtype, [1, 1, 1]))
    for step in range(40):
        for optimizer in (own, other):
            set_gradients(optimizer.model, step)
        own.step(torch.tensor([True, step % 4 != 1, True]))
        other.step()
    for got, wanted in ((own.model.state(), other.model.state()), (own.state(), other.state())):
        for name, value in wanted.items():
            assert torch.equal(got[name][[0, 2]], value[[0, 2]])


@EACH
def test_a_lone_model_goes_the_way_of_a_population(make: Any) -> None:
    """So the fused operators and the plain kernels agree."""
    lone, whole = train(make(build(torch.float64))), train(make(build(torch.float64, [1, 1])))
    for got, wanted in zip(lone, whole, strict=True):
        for value in wanted:
            torch.testing.assert_close(got, value, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cls", [Adam, AdamW, Adagrad])
def test_fused_operators_serve_lone_models_only(cls: Any) -> None:
    def called(optimizer: Optimizer) -> str:
        optimizer.step()
        counting = Operators()
        with torch.inference_mode(), counting:
            optimizer.step()
        return " ".join(counting.names)

    fused = FUSED[cls.__name__]
    assert fused in called(cls(build(torch.float32)))
    assert fused not in called(cls(build(torch.float32, [1, 2])))
    overrides = [["weights.0", "lr", 0.5]]
    assert fused not in called(cls(build(torch.float32), overrides=overrides))


@EACH
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("scale", [0.0, 1e-12, 1e12])
@pytest.mark.parametrize("replicas", [None, [1, 2]], ids=["lone", "population"])
def test_gradients_of_any_size_leave_finite_numbers(
    make: Any, dtype: torch.dtype, scale: float, replicas: list[int] | None
) -> None:
    optimizer = make(build(dtype, replicas))
    for step in range(5):
        set_gradients(optimizer.model, step, scale)
        before = [parameter.grad.clone() for parameter in optimizer.model.param()]
        optimizer.step()
        for parameter, gradient in zip(optimizer.model.param(), before, strict=True):
            assert torch.equal(parameter.grad, gradient)
    (flat,) = optimizer.model.storage.flats
    assert bool(flat.value.isfinite().all())  # the gaps, too
    for value in optimizer.state().values():
        assert bool(value.isfinite().all())


def test_a_variance_that_rounds_below_zero() -> None:
    """A gradient that stays the same has none."""
    model = build(torch.bfloat16)
    optimizer = RMSprop(model, lr=0.01, alpha=0.9, eps=1e-3, centered=True)
    for _ in range(60):
        for parameter in model.param():
            parameter.grad.fill_(0.7)
        optimizer.step()
    assert all(bool(value.isfinite().all()) for value in model.state().values())


@pytest.mark.parametrize(
    ("settings", "kernels"),
    [({"momentum": 0.9}, 2), ({"momentum": 0.9, "weight_decay": 0.1, "nesterov": True}, 4)],
    ids=["plain", "all of it"],
)
def test_a_step_of_sgd_takes_few_kernels(settings: dict[str, Any], kernels: int) -> None:
    optimizer = SGD(build(torch.float32), 0.1, **settings)
    optimizer.step()
    counting = Operators()
    with counting:
        optimizer.step()
    assert len([name for name in counting.names if "empty" not in name]) == kernels


def test_arguments() -> None:
    model = build(torch.float64)
    with pytest.raises(ArgumentError, match="Nesterov's momentum takes no dampening"):
        SGD(model, 0.1, 0.9, nesterov=True, dampening=0.5)
    for make in (Adam, AdamW, NAdam, RMSprop, Adagrad):
        with pytest.raises(ArgumentError, match="eps must be finite, at least 1e-30, got 0"):
            make(model, eps=0.0)
    for cls in (Adam, AdamW, NAdam, Lion):
        message = "beta2 must be finite, at least 0 and below 1, got 1"
        with pytest.raises(ArgumentError, match=message):
            cls(model, beta2=1.0)
    with pytest.raises(ArgumentError, match="an override is for one of lr, "):
        Adam(model, overrides=[["*", "momentum", 0.5]])


def test_only_a_centred_one_keeps_the_mean() -> None:
    kinds = {name.split(".")[0] for name in RMSprop(build(torch.float64)).state()}
    assert kinds == {"mean_square", "velocity", "steps"}
    centred = RMSprop(build(torch.float64), centered=True)
    assert "mean.weights.0" in centred.state()
    assert repr(centred) == "RMSprop(centered=True)"
