"""Dropout and GaussianNoise: their distributions, replicas, and bad arguments."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from coreframe import ArgumentError, Module
from coreframe_regularization import Dropout, GaussianNoise


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_dropout_keeps_and_scales() -> None:
    for seed in range(100):
        expect_kept_and_scaled(seed)


def expect_kept_and_scaled(seed: int) -> None:
    p = seed / 100
    x, dy = normal(40, 50, seed=seed), normal(40, 50, seed=seed + 1)
    layer = Dropout(p).initialize(seed=seed)
    y = layer.forward(x)
    kept = y != 0
    torch.testing.assert_close(y, x * kept / (1 - p))
    torch.testing.assert_close(layer.backward(dy), dy * kept / (1 - p))
    deviation = (p * (1 - p) / kept.numel()) ** 0.5
    assert abs(kept.double().mean().item() - (1 - p)) <= 5 * deviation


def test_noise_is_normal() -> None:
    for seed in range(100):
        expect_normal_noise(seed)


def expect_normal_noise(seed: int) -> None:
    std = seed / 20
    x, dy = normal(40, 50, seed=seed), normal(40, 50, seed=seed + 1)
    layer = GaussianNoise(std).initialize(seed=seed)
    noise = layer.forward(x) - x
    assert torch.equal(layer.backward(dy), dy)
    assert abs(noise.mean().item()) <= 5 * std / noise.numel() ** 0.5
    assert abs(noise.std().item() - std) <= 5 * std / (2 * noise.numel()) ** 0.5


@pytest.mark.parametrize(
    ("cls", "setting"), [(Dropout, "p"), (GaussianNoise, "std")], ids=["Dropout", "GaussianNoise"]
)
def test_each_replica_has_its_setting(cls: type[Module], setting: str) -> None:
    values = [0.0, 0.25, 0.75]
    x, dy = normal(3, 4, 5), normal(3, 4, 5, seed=1)
    whole = cls(**{setting: values}).initialize(seeds=range(3))
    for _ in range(2):  # the second draw too: none depends on another replica's setting
        y = whole.forward(x)
        dx = whole.backward(dy)
    for r, value in enumerate(values):
        lone = cls(**{setting: value}).initialize(seed=r)
        for _ in range(2):
            own = lone.forward(x[r])
            own_dx = lone.backward(dy[r])
        torch.testing.assert_close(y[r], own)
        torch.testing.assert_close(dx[r], own_dx)


@pytest.mark.parametrize("layer", [Dropout(0.9), GaussianNoise(3.0)], ids=repr)
def test_evaluation_is_the_identity(layer: Module) -> None:
    x = normal(4, 3)
    assert torch.equal(layer.eval().forward(x), x)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dropout(1.0), "p must be finite, at least 0 and below 1, got 1"),
        (lambda: Dropout(-0.1), "p must be finite, at least 0 and below 1, got -0.1"),
        (lambda: GaussianNoise(-1.0), "std must be finite, at least 0, got -1"),
        (lambda: Dropout("half"), "p must be a number or one number per replica"),  # type: ignore[arg-type]  # the mistake
    ],
)
def test_bad_arguments(make: Callable[[], Module], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()
