"""Convolutions and pooling: outputs and gradients are those of torch and its autograd."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from coreframe import Module
from coreframe_convolution import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    MaxPool2d,
    NearestUpsampling,
    weight_gradient,
)

Oracle = Callable[..., Tensor]
Case = tuple[Module, tuple[int, ...], Oracle]

SETTINGS = 100


def pairs(random: Random, low: int, high: int) -> list[int]:
    return [random.randint(low, high), random.randint(low, high)]


def convolution(random: Random) -> Case:
    groups = random.choice([1, 1, 2, 3])
    channels = groups * random.randint(1, 3), groups * random.randint(1, 3)
    size, dilation = pairs(random, 1, 3), pairs(random, 1, 3)
    settings: dict[str, Any] = {
        "stride": pairs(random, 1, 3),
        "padding": pairs(random, 0, 2),
        "dilation": dilation,
        "groups": groups,
    }
    layer = Conv2d(*channels, size, bias=random.random() < 0.7, **settings)
    shape = [(k - 1) * d + random.randint(1, 5) for k, d in zip(size, dilation, strict=True)]
    return layer, (channels[0], *shape), with_settings(functional.conv2d, settings)


def sequence_convolution(random: Random) -> Case:
    groups = random.choice([1, 1, 2, 3])
    channels = groups * random.randint(1, 3), groups * random.randint(1, 3)
    size, dilation = random.randint(1, 4), random.randint(1, 3)
    settings = {
        "stride": random.randint(1, 3),
        "padding": random.randint(0, 2),
        "dilation": dilation,
        "groups": groups,
    }
    layer = Conv1d(*channels, size, bias=random.random() < 0.7, **settings)
    length = (size - 1) * dilation + random.randint(1, 6)
    return layer, (channels[0], length), with_settings(functional.conv1d, settings)


def transposed(random: Random) -> Case:
    groups = random.choice([1, 1, 2, 3])
    channels = groups * random.randint(1, 3), groups * random.randint(1, 3)
    size, stride, dilation = (pairs(random, 1, 3) for _ in range(3))
    more = [random.randrange(max(s, d)) for s, d in zip(stride, dilation, strict=True)]
    settings: dict[str, Any] = {
        "stride": stride,
        "padding": [
            random.randint(0, (k - 1) * d // 2) for k, d in zip(size, dilation, strict=True)
        ],
        "output_padding": more,
        "dilation": dilation,
        "groups": groups,
    }
    layer = ConvTranspose2d(*channels, size, bias=random.random() < 0.7, **settings)
    shape = (channels[0], *pairs(random, 1, 4))
    return layer, shape, with_settings(functional.conv_transpose2d, settings)


def max_pooling(random: Random) -> Case:
    size, dilation = pairs(random, 1, 3), pairs(random, 1, 3)
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation, strict=True)]
    settings: dict[str, Any] = {
        "stride": random.choice([None, pairs(random, 1, 3)]),
        "padding": [random.randint(0, m // 2) for m in size],
        "dilation": dilation,
    }
    shape = [m + random.randint(0, 4) for m in reach]
    oracle = with_settings(functional.max_pool2d, {"kernel_size": size, **settings})
    return MaxPool2d(size, **settings), (2, *shape), oracle


def average_pooling(random: Random) -> Case:
    size = pairs(random, 1, 4)
    settings: dict[str, Any] = {
        "stride": random.choice([None, pairs(random, 1, 3)]),
        "padding": random.choice([[0, 0], [random.randint(0, m // 2) for m in size]]),
        "count_include_pad": random.random() < 0.5,
    }
    shape = [m + random.randint(0, 4) for m in size]
    oracle = with_settings(functional.avg_pool2d, {"kernel_size": size, **settings})
    return AvgPool2d(size, **settings), (2, *shape), oracle


def adaptive_pooling(random: Random) -> Case:
    size = pairs(random, 1, 5)
    oracle = with_settings(functional.adaptive_avg_pool2d, {"output_size": size})
    return AdaptiveAvgPool2d(size), (2, *pairs(random, 1, 8)), oracle


def upsampling(random: Random) -> Case:
    factor = pairs(random, 1, 3)
    oracle = with_settings(functional.interpolate, {"scale_factor": factor, "mode": "nearest"})
    return NearestUpsampling(factor), (2, *pairs(random, 1, 4)), oracle


def with_settings(function: Oracle, settings: dict[str, Any]) -> Oracle:
    def oracle(x: Tensor, *parameters: Tensor) -> Tensor:
        return function(x, *parameters, **settings)

    return oracle


CASES = [
    adaptive_pooling,
    average_pooling,
    convolution,
    max_pooling,
    sequence_convolution,
    transposed,
    upsampling,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.__name__))
@pytest.mark.parametrize("replicas", [0, 3])
def test_autograd_agrees(case: Callable[[Random], Case], replicas: int) -> None:
    for seed in range(SETTINGS):
        random = Random(seed)  # noqa: S311  # settings, not secrets
        layer, shape, oracle = case(random)
        if replicas:
            layer.initialize(seeds=range(replicas), dtype=torch.float64)
        else:
            layer.initialize(seed=seed, dtype=torch.float64)
        leading = (replicas,) if replicas else ()
        expect_autograd_agrees(layer, (*leading, random.randint(1, 3), *shape), oracle, seed)


def expect_autograd_agrees(
    layer: Module, shape: tuple[int, ...], oracle: Oracle, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    # Few different numbers, so that maxima are tied.
    x = torch.randint(-3, 4, shape, generator=generator).double()
    leaf = x.clone().requires_grad_()
    parameters = [parameter.value.clone().requires_grad_() for parameter in layer.param()]
    if layer.replicas:
        wanted = torch.stack([oracle(*parts) for parts in zip(leaf, *parameters, strict=True)])
    else:
        wanted = oracle(leaf, *parameters)
    dy = torch.randn(wanted.shape, generator=generator, dtype=torch.float64)
    wanted.backward(dy)  # type: ignore[no-untyped-call]  # torch's own
    y = layer.forward(x)
    dx = layer.backward(dy)
    grads = [parameter.grad for parameter in layer.param()]
    oracles = [leaf.grad, *(parameter.grad for parameter in parameters)]
    for got, oracle_grad in zip([y, dx, *grads], [wanted.detach(), *oracles], strict=True):
        torch.testing.assert_close(got, oracle_grad, rtol=1e-11, atol=1e-11, msg=repr(layer))


@pytest.mark.parametrize("replicas", [0, 2])
@pytest.mark.parametrize(("cached", "large"), [(2**62, 0), (0, 2**62)], ids=["patches", "kernel"])
def test_both_ways_to_the_weight_gradient_agree_with_autograd(
    cached: int, large: int, replicas: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weight_gradient, "CACHED", cached)
    monkeypatch.setattr(weight_gradient, "LARGE_IMAGE", large)
    for case in (convolution, sequence_convolution, transposed):
        test_autograd_agrees(case, replicas)


@pytest.mark.parametrize("replicas", [0, 2])
def test_large_maxima_agree_with_autograd(replicas: int) -> None:
    layer = MaxPool2d(3, stride=2, padding=1)
    shape: tuple[int, ...] = (40, 9, 7, 8)
    if replicas:
        layer.initialize(seeds=range(replicas))
        shape = (replicas, *shape)
    oracle = with_settings(functional.max_pool2d, {"kernel_size": 3, "stride": 2, "padding": 1})
    expect_autograd_agrees(layer, shape, oracle, seed=0)


@pytest.mark.parametrize("replicas", [0, 3])
def test_single_precision_agrees(replicas: int) -> None:
    """Where torch has other kernels, as for images whose channels lie last in memory."""
    for name in (torch.contiguous_format, torch.channels_last):
        layer = Conv2d(4, 6, 3, padding=1, stride=2)
        layer.initialize(**({"seeds": range(replicas)} if replicas else {"seed": 0}))
        x = torch.randn(max(1, replicas) * 5, 4, 8, 8).contiguous(memory_format=name)
        x = x.unflatten(0, (replicas, 5)) if replicas else x  # type: ignore[no-untyped-call]
        y = layer.forward(x)
        dy = torch.randn_like(y)
        dx = layer.backward(dy)
        found = [y.double(), dx.double(), *(p.grad.double() for p in layer.param())]
        layer.to(torch.float64)
        layer.zero_grad()
        wanted = [layer.forward(x.double()), layer.backward(dy.double())]
        wanted += [p.grad for p in layer.param()]
        for got, exact in zip(found, wanted, strict=True):
            torch.testing.assert_close(got, exact, rtol=1e-4, atol=1e-4)
