"""ReLU, Tanh and Sigmoid: against autograd, and at their extremes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from coreframe import Module
from coreframe_activations import ReLU, Sigmoid, Tanh

ORACLES: dict[type[Module], Callable[[Tensor], Tensor]] = {
    ReLU: torch.nn.functional.relu,
    Tanh: torch.tanh,
    Sigmoid: torch.sigmoid,
}
LAYERS = pytest.mark.parametrize("layer", ORACLES, ids=lambda cls: cls.__name__)


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def run(layer: Module, x: Tensor, dy: Tensor | None = None) -> tuple[Tensor, Tensor]:
    y = layer.forward(x)
    return y, layer.backward(torch.ones_like(y) if dy is None else dy)


def autograd(function: Callable[[Tensor], Tensor], x: Tensor, dy: Tensor) -> tuple[Tensor, Tensor]:
    leaf = x.clone().requires_grad_()
    y = function(leaf)
    (dx,) = torch.autograd.grad(y, leaf, dy)
    return y.detach(), dx


TOLERANCES = {torch.float64: 1e-14, torch.float32: 1e-6, torch.bfloat16: 2e-2}


@LAYERS
@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
@pytest.mark.parametrize("shape", [(4, 3), (1, 1), (0, 3), (2, 0), (2, 3, 4, 5)], ids=str)
def test_autograd_agrees(layer: type[Module], dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    x, dy = normal(*shape, dtype=dtype), normal(*shape, seed=1, dtype=dtype)
    for got, wanted in zip(run(layer(), x, dy), autograd(ORACLES[layer], x, dy), strict=True):
        assert got.dtype is dtype
        torch.testing.assert_close(got, wanted, rtol=TOLERANCES[dtype], atol=TOLERANCES[dtype])


@LAYERS
def test_input_is_left_alone(layer: type[Module]) -> None:
    x = normal(4, 6)
    layer().forward(x)
    assert torch.equal(x, normal(4, 6))


@LAYERS
def test_features_pass_unchanged(layer: type[Module]) -> None:
    for shape in (None, (), (3,), (2, 3)):
        assert layer().output_shape(shape) == shape
    assert layer().param() == []


@LAYERS
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_extremes_stay_finite(layer: type[Module], dtype: torch.dtype) -> None:
    largest, tiny = torch.finfo(dtype).max, torch.finfo(dtype).tiny
    x = torch.tensor([[-largest, -1e4, -100.0, -tiny, 0.0, tiny, 100.0, 1e4, largest]], dtype=dtype)
    y, dx = run(layer(), x)
    assert bool(y.isfinite().all())
    assert bool(dx.isfinite().all())
    assert bool((dx >= 0).all())
    if layer is not ReLU:
        assert bool((y.abs() <= 1).all())
        assert not dx[0, [0, 1, -2, -1]].any()  # saturated


def test_values_at_zero() -> None:
    zero = torch.zeros(1, 1)
    for layer, value, slope in ((ReLU(), 0.0, 0.0), (Tanh(), 0.0, 1.0), (Sigmoid(), 0.5, 0.25)):
        y, dx = run(layer, zero)
        assert y.item() == value
        assert dx.item() == slope
        _, dx = run(layer, -zero)
        assert dx.item() == slope


def test_relu_passes_the_gradient_where_the_input_is_positive() -> None:
    x = torch.tensor([[-2.0, -0.0, 0.0, 1e-30, 3.0]])
    y, dx = run(ReLU(), x, torch.tensor([[5.0, -5.0, 5.0, -5.0, 7.0]]))
    assert torch.equal(y, torch.tensor([[0.0, 0.0, 0.0, 1e-30, 3.0]]))
    assert torch.equal(dx, torch.tensor([[0.0, 0.0, 0.0, -5.0, 7.0]]))


@pytest.mark.parametrize("layer", [Tanh, Sigmoid])
def test_derivative_is_that_of_the_function(layer: type[Tanh | Sigmoid]) -> None:
    x = normal(50) * 3
    _, wanted = autograd(ORACLES[layer], x, torch.ones_like(x))
    torch.testing.assert_close(layer.derivative(x), wanted)
    _, dx = run(layer(), x)
    assert torch.equal(dx, layer.derivative(x))


def test_sigmoid_function() -> None:
    x = torch.tensor([-1000.0, -1.0, 0.0, 1.0, 1000.0], dtype=torch.float64)
    assert torch.equal(Sigmoid.sigmoid(x), Sigmoid().forward(x))
    torch.testing.assert_close(Sigmoid.sigmoid(x[1:4]), 1 / (1 + (-x[1:4]).exp()))
    assert Sigmoid.sigmoid(x)[[0, -1]].tolist() == [0.0, 1.0]
