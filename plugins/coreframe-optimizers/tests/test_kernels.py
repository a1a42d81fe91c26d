"""A step of SGD is a constant number of kernels, however many layers there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from coreframe import Module, Normal, Parameter
from coreframe_optimizers import SGD


class Weights(Module):
    """Nothing but parameters."""

    def __init__(self, count: int) -> None:
        self.weights = [Parameter((3, number + 1), Normal(1.0)) for number in range(count)]

    def forward(self, x: Any) -> Any:
        return x

    def backward(self, *gradwrtoutput: Any) -> Any:
        return gradwrtoutput[0]


class Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own
    """Counts the operators that are called while it is entered."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's own
        self.called: Counter[str] = Counter()

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        self.called[str(func)] += 1
        return func(*args, **(kwargs or {}))


def count(layers: int, *, active: bool, per_replica: bool) -> Counter[str]:
    model = Weights(layers).initialize(seeds=[0, 1])
    optimizer = SGD(model, [0.1, 0.2] if per_replica else 0.1, momentum=0.9)
    resting = torch.tensor([True, False]) if active else None
    optimizer.step(resting)  # the first one expands the settings
    counting = Counting()
    with counting:
        optimizer.step(resting)
    return counting.called


@pytest.mark.parametrize("per_replica", [False, True])
def test_kernels_do_not_grow_with_the_layers(per_replica: bool) -> None:
    few = count(1, active=False, per_replica=per_replica)
    assert few.total() <= 2  # v ← μ v + g, w ← w − η v, or both fused
    assert count(50, active=False, per_replica=per_replica) == few


@pytest.mark.parametrize("per_replica", [False, True])
def test_nor_do_those_of_resting_replicas(per_replica: bool) -> None:
    few = count(1, active=True, per_replica=per_replica)
    assert count(50, active=True, per_replica=per_replica) == few


def test_nor_do_those_of_a_schedule_for_each_replica() -> None:
    def called(layers: int) -> Counter[str]:
        optimizer = SGD(Weights(layers).initialize(seeds=[0, 1]), 0.1, momentum=0.9)
        optimizer.lr_factor = [1.0, 0.5]
        optimizer.step()
        optimizer.lr_factor = [0.5, 1.0]
        counting = Counting()
        with counting:
            optimizer.step()
        return counting.called

    assert called(50) == called(1)
