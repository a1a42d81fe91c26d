"""A step of SGD is a constant number of kernels, in populations and at rest, too."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from torch import Tensor

from coreframe import Module, Normal, Parameter
from coreframe.testing import Operators
from coreframe_optimizers import SGD


class Weights(Module):
    """Nothing but parameters."""

    def __init__(self, count: int) -> None:
        self.weights = [Parameter((3, number + 1), Normal(1.0)) for number in range(count)]

    def forward(self, x: Any) -> Any:
        return x

    def backward(self, *gradwrtoutput: Any) -> Any:
        return gradwrtoutput[0]


def count(layers: int, rate: float | list[float], active: Tensor | None) -> Counter[str]:
    model = Weights(layers).initialize(seeds=[0, 1])
    optimizer = SGD(model, rate, momentum=0.9)
    optimizer.step(active)  # the first one expands the settings
    counting = Operators()
    with counting:
        optimizer.step(active)
    return Counter(counting.names)


@pytest.mark.parametrize("rate", [0.1, [0.1, 0.2]], ids=str)
@pytest.mark.parametrize("active", [None, torch.tensor([True, False])], ids=["all", "one rests"])
def test_kernels_of_a_population_do_not_grow_with_the_layers(
    rate: float | list[float], active: Tensor | None
) -> None:
    few = count(1, rate, active)
    assert count(50, rate, active) == few
    if active is None:
        assert few.total() <= 2  # v ← μ v + g, w ← w − η v, or both fused


def test_nor_do_those_of_a_schedule_for_each_replica() -> None:
    def called(layers: int) -> Counter[str]:
        optimizer = SGD(Weights(layers).initialize(seeds=[0, 1]), 0.1, momentum=0.9)
        optimizer.lr_factor = [1.0, 0.5]
        optimizer.step()
        optimizer.lr_factor = [0.5, 1.0]
        counting = Operators()
        with counting:
            optimizer.step()
        return Counter(counting.names)

    assert called(50) == called(1)
