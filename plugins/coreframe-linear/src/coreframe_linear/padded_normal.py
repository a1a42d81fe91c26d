"""PaddedNormal: first values of a size of each replica's own, with zeros around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor

from coreframe import Initializer, RandomStreams, Selection, xavier_normal

__all__ = ["PaddedNormal"]

_Number = TypeVar("_Number", int, float)


class PaddedNormal(Initializer):
    """What `xavier_normal` draws for a layer of a replica's own sizes, in a larger tensor.

    A replica draws exactly what it would draw without padding.

    Args:
        inputs: features of the input, of each replica; of a lone model one number.
        outputs: likewise of the output.
        gains: likewise the factor of the standard deviation.
        axes: 2 for a weight (out, in), 1 for a bias (out,).
    """

    def __init__(
        self, inputs: list[int], outputs: list[int], gains: list[float], axes: int
    ) -> None:
        self.inputs, self.outputs, self.gains, self.axes = inputs, outputs, gains, axes

    def draw(self, shape: Sequence[int], random: RandomStreams) -> Tensor:
        generators = random.generators("initialization")
        values = torch.zeros(len(generators), *shape)
        for replica, generator in enumerate(generators):
            inputs, outputs = _of(self.inputs, replica), _of(self.outputs, replica)
            deviation = xavier_normal(inputs, outputs, _of(self.gains, replica)).deviation
            own = (outputs, inputs)[: self.axes]
            drawn = torch.randn(own, generator=generator) * (deviation or 0.0)
            values[replica][tuple(slice(size) for size in own)] = drawn
        return values if random.replicas else values[0]

    def select(self, selection: Selection) -> Initializer:
        chosen = [selection] if isinstance(selection, int) else selection
        return PaddedNormal(
            _chosen(self.inputs, chosen),
            _chosen(self.outputs, chosen),
            _chosen(self.gains, chosen),
            self.axes,
        )


def _of(numbers: list[_Number], replica: int) -> _Number:
    """The number of a replica; a setting of one number holds for all."""
    return numbers[replica] if len(numbers) > 1 else numbers[0]


def _chosen(numbers: list[_Number], replicas: Sequence[int]) -> list[_Number]:
    """The numbers of these replicas; one that holds for all stays."""
    return [numbers[index] for index in replicas] if len(numbers) > 1 else numbers
