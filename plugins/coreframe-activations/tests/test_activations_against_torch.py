"""The activation functions against torch's, over random settings and shapes, and at extremes."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as oracle
from torch import Tensor

from coreframe import ArgumentError, Module, ShapeError
from coreframe_activations import (
    ELU,
    GELU,
    SELU,
    HardTanh,
    LeakyReLU,
    LogSoftmax,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
)

Case = tuple[Module, Callable[[Tensor], Tensor]]


def leaky_relu(rng: random.Random) -> Case:
    slope = rng.uniform(0, 0.99)
    return LeakyReLU(slope), lambda x: oracle.leaky_relu(x, slope)


def elu(rng: random.Random) -> Case:
    alpha = rng.uniform(0, 3)
    return ELU(alpha), lambda x: oracle.elu(x, alpha)


def gelu(rng: random.Random) -> Case:
    approximate: Any = rng.choice(["none", "tanh"])
    return GELU(approximate), lambda x: oracle.gelu(x, approximate=approximate)


def softplus(rng: random.Random) -> Case:
    beta, threshold = rng.uniform(0.1, 5), rng.choice([20.0, rng.uniform(0, 3)])
    return Softplus(beta, threshold), lambda x: oracle.softplus(x, beta, threshold)


def hardtanh(rng: random.Random) -> Case:
    low, width = rng.uniform(-2, 1), rng.uniform(0.1, 2)
    return HardTanh(low, low + width), lambda x: oracle.hardtanh(x, low, low + width)


CASES: dict[str, Callable[[random.Random], Case]] = {
    "LeakyReLU": leaky_relu,
    "ELU": elu,
    "GELU": gelu,
    "Softplus": softplus,
    "HardTanh": hardtanh,
    "SELU": lambda _: (SELU(), oracle.selu),
    "SiLU": lambda _: (SiLU(), oracle.silu),
    "Softsign": lambda _: (Softsign(), oracle.softsign),
    "Softmax": lambda _: (Softmax(), lambda x: oracle.softmax(x, -1)),
    "LogSoftmax": lambda _: (LogSoftmax(), lambda x: oracle.log_softmax(x, -1)),
}


def both(layer: Module, function: Callable[[Tensor], Tensor], x: Tensor, dy: Tensor) -> None:
    """Output and gradient are those of the function, by autograd."""
    leaf = x.clone().requires_grad_()
    wanted = function(leaf)
    (dx,) = torch.autograd.grad(wanted, leaf, dy)
    torch.testing.assert_close(layer.forward(x), wanted.detach(), rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(layer.backward(dy), dx, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_torch_agrees(name: str) -> None:
    for seed in range(100):
        rng = random.Random(seed)  # noqa: S311  # settings, no secrets
        layer, function = CASES[name](rng)
        shape = [rng.randint(1, 5) for _ in range(rng.randint(2, 4))]
        generator = torch.Generator().manual_seed(seed)
        scale = rng.choice([0.1, 1.0, 10.0])
        x = scale * torch.randn(shape, generator=generator, dtype=torch.float64)
        dy = torch.randn(shape, generator=generator, dtype=torch.float64)
        both(layer, function, x, dy)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_extremes_stay_finite(name: str, dtype: torch.dtype) -> None:
    layer, _ = CASES[name](random.Random(0))  # noqa: S311  # settings, no secrets
    largest, tiny = torch.finfo(dtype).max / 2, torch.finfo(dtype).tiny
    row = [-largest, -1e4, -100.0, -tiny, 0.0, tiny, 100.0, 1e4, largest]
    x = torch.tensor([row], dtype=dtype)
    y = layer.forward(x)
    dx = layer.backward(torch.ones_like(y))
    assert y.dtype is dx.dtype is dtype
    assert bool(y.isfinite().all())
    assert bool(dx.isfinite().all())


@pytest.mark.parametrize(
    ("cls", "setting"), [(LeakyReLU, "negative_slope"), (ELU, "alpha")], ids=["LeakyReLU", "ELU"]
)
def test_each_replica_has_its_setting(cls: type[Module], setting: str) -> None:
    values = [0.0, 0.25, 0.75]
    x = torch.randn(3, 4, 5, dtype=torch.float64)
    whole = cls(**{setting: values}).initialize(seeds=range(3))
    y, dy = whole.forward(x), torch.randn_like(x)
    dx = whole.backward(dy)
    for r, value in enumerate(values):
        lone = cls(**{setting: value})
        assert torch.equal(y[r], lone.forward(x[r]))
        assert torch.equal(dx[r], lone.backward(dy[r]))
    assert torch.equal(whole.select([2]).forward(x[2:]), y[2:])


def test_slopes_at_the_kinks() -> None:
    x = torch.tensor([[0.0, -1.0, 1.0]])
    for layer, slopes in (
        (LeakyReLU(0.5), [0.5, 0.5, 1.0]),
        (HardTanh(), [1.0, 0.0, 0.0]),
        (HardTanh(0.0, 1.0), [0.0, 0.0, 0.0]),
    ):
        layer.forward(x)
        assert layer.backward(torch.ones_like(x)).tolist() == [slopes]


@pytest.mark.parametrize("layer", [Softmax(), LogSoftmax()], ids=["Softmax", "LogSoftmax"])
def test_softmax_needs_features(layer: Module) -> None:
    with pytest.raises(ShapeError, match=r"takes features in the last axis, .* it got \(3,\)"):
        layer.forward(torch.zeros(3))
    with pytest.raises(ShapeError, match="takes features in the last axis"):
        layer.output_shape(())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LeakyReLU(1.0), "negative_slope must be finite, at least 0 and below 1, got 1"),
        (lambda: ELU(-1.0), "alpha must be finite, at least 0, got -1"),
        (lambda: GELU("erf"), "GELU: approximate must be 'none' or 'tanh', got 'erf'"),  # type: ignore[arg-type]  # the mistake
        (lambda: Softplus(0.0), "Softplus: beta must be positive and finite, got 0.0"),
        (lambda: Softplus(1.0, -1.0), "Softplus: threshold must be finite, at least 0, got -1.0"),
        (lambda: HardTanh(1.0, 1.0), "HardTanh: min_val must be below max_val, both finite"),
    ],
)
def test_bad_arguments(make: Callable[[], Module], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()
