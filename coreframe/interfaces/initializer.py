"""Initializer: the distribution from which a parameter's first values are drawn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import isfinite, sqrt

import torch
from torch import Tensor

from coreframe.errors import ArgumentError
from coreframe.interfaces.replicas import (
    Selection,
    Setting,
    expand_setting,
    plain_setting,
    select_sequence,
)
from coreframe.interfaces.streams import RandomStreams

__all__ = ["Constant", "Initializer", "Normal", "xavier_normal"]


class Initializer(ABC):
    """How a parameter's values are drawn, for one model or for each replica of a population."""

    mean: float = 0.0
    """The mean of the numbers it draws."""

    deviation: float | None = None
    """Their standard deviation; None where it is not known, or differs between replicas."""

    @abstractmethod
    def draw(self, shape: Sequence[int], random: RandomStreams) -> Tensor:
        """First values `(*replicas, *shape)`, from the initialization stream."""

    def select(self, selection: Selection) -> Initializer:  # noqa: ARG002
        """The initializer of the chosen replicas; itself where nothing differs between them."""
        return self


class Constant(Initializer):
    """Every element has the same value; nothing is drawn.

    Raises:
        ArgumentError: if the value is not one number.
    """

    deviation = 0.0

    def __init__(self, value: float) -> None:
        number = plain_setting("value", value)
        if not isinstance(number, float):
            raise ArgumentError(f"Constant: value must be one number, got {value!r}")
        self.value = self.mean = number

    def draw(self, shape: Sequence[int], random: RandomStreams) -> Tensor:
        return torch.full((*random.replicas, *shape), self.value)


class Normal(Initializer):
    """Normal with mean zero.

    w = std · z,  z ~ N(0, 1)

    Args:
        std: standard deviation, a number or one per replica.

    Raises:
        ArgumentError: for a deviation that is negative or not finite.
    """

    def __init__(self, std: Setting | Tensor) -> None:
        self.std = _plain_scale("std", std)
        self.deviation = self.std if isinstance(self.std, float) else None

    def draw(self, shape: Sequence[int], random: RandomStreams) -> Tensor:
        std = expand_setting("the gain of the initial values", self.std, random.replicas)
        values = random.normal("initialization", shape)
        if isinstance(std, Tensor):
            std = std.to(values.dtype).reshape(-1, *[1] * len(shape))
        return values * std

    def select(self, selection: Selection) -> Initializer:
        if isinstance(self.std, list):
            return Normal(select_sequence(self.std, selection))
        return self


def xavier_normal(in_size: int, out_size: int, gain: Setting | Tensor = 1.0) -> Normal:
    """Xavier's normal initialization.

    V(w) = gain² · 2 / (in_size + out_size)

    Raises:
        ArgumentError: for a gain that is negative or not finite, or sizes that are not positive.

    Source: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward
    neural networks, eq. 12 (there uniform; the report's eq. in §II.A.2 is the variance).
    """
    if in_size < 1 or out_size < 1:
        raise ArgumentError(f"xavier_normal: sizes must be positive, got {in_size} and {out_size}")
    scale = sqrt(2.0 / (in_size + out_size))
    numbers = _plain_scale("gain", gain)
    if isinstance(numbers, float):
        return Normal(numbers * scale)
    return Normal([number * scale for number in numbers])


def _plain_scale(name: str, value: Setting | Tensor) -> float | list[float]:
    numbers = plain_setting(name, value)
    for number in [numbers] if isinstance(numbers, float) else numbers:
        if not isfinite(number) or number < 0:
            raise ArgumentError(f"{name} must be finite and at least 0, got {number:g}")
    return numbers
