"""Noise: what a layer draws for each sample."""

from __future__ import annotations

import pytest
import torch
from coreframe_toys import Square

import coreframe as cf
from coreframe.interfaces.noise import Distribution


def layer(seeds: list[int] | int) -> cf.Module:
    model = Square()
    if isinstance(seeds, int):
        return model.initialize(seed=seeds)
    return model.initialize(seeds=seeds)


@pytest.mark.parametrize("distribution", ["uniform", "normal"])
@pytest.mark.parametrize("shape", [(4,), (4, 3), (4, 3, 2), (0, 3)])
def test_a_replica_draws_what_a_lone_model_draws(
    distribution: Distribution, shape: tuple[int, ...]
) -> None:
    population = layer([5, 6]).noise(torch.zeros(2, *shape), distribution)
    assert population.shape == (2, *shape)
    for replica, seed in enumerate([5, 6]):
        alone = layer(seed).noise(torch.zeros(shape), distribution)
        assert torch.equal(population[replica], alone)


def test_nothing_is_drawn_for_padding() -> None:
    population, first, second = layer([5, 6]), layer(5), layer(6)
    population.context.padding = cf.Padding((4, 2), torch.ones(2, 4))
    drawn = population.noise(torch.zeros(2, 4, 3))
    assert torch.equal(drawn[0], first.noise(torch.zeros(4, 3)))
    assert torch.equal(drawn[1, :2], second.noise(torch.zeros(2, 3)))
    assert torch.equal(drawn[1, 2:], torch.zeros(2, 3))

    population.context.padding = cf.Padding((4, 0), torch.ones(2, 4))  # the second one rests
    drawn = population.noise(torch.zeros(2, 4, 3))
    assert torch.equal(drawn[0], first.noise(torch.zeros(4, 3)))
    assert torch.equal(drawn[1], torch.zeros(4, 3))

    population.forget()
    assert population.padding is None
    drawn = population.noise(torch.zeros(2, 1, 3))
    assert torch.equal(drawn[1], second.noise(torch.zeros(1, 3)))


def test_the_ranges() -> None:
    uniform = layer(0).noise(torch.zeros(10_000))
    assert 0 <= uniform.min() < 0.01
    assert 0.99 < uniform.max() < 1
    normal = layer(0).noise(torch.zeros(10_000), "normal")
    assert abs(normal.mean()) < 0.05
    assert abs(normal.std() - 1) < 0.05


@pytest.mark.parametrize(
    ("dtype", "drawn"),
    [
        (torch.float64, torch.float64),
        (torch.float32, torch.float32),
        (torch.bfloat16, torch.float32),
        (torch.float16, torch.float32),
    ],
)
def test_half_precision_gets_single_precision_numbers(
    dtype: torch.dtype, drawn: torch.dtype
) -> None:
    assert layer(0).noise(torch.zeros(3, 2, dtype=dtype)).dtype is drawn
