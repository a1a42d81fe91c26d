"""Initializer: the distribution from which a parameter's first values are drawn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from math import sqrt

import torch
from torch import Tensor

from coreframe.interfaces.replicas import (
    Selection,
    Setting,
    expand_setting,
    select_sequence,
)
from coreframe.interfaces.streams import RandomStreams

__all__ = ["Constant", "Initializer", "Normal", "xavier_normal"]


class Initializer(ABC):
    """How a parameter's values are drawn, for one model or for each replica of a population."""

    @abstractmethod
    def draw(self, shape: Sequence[int], random: RandomStreams) -> Tensor:
        """First values `(*replicas, *shape)`, from the initialization stream."""

    def select(self, selection: Selection) -> Initializer:  # noqa: ARG002
        """The initializer of the chosen replicas; itself where nothing differs between them."""
        return self


class Constant(Initializer):
    """Every element has the same value; nothing is drawn."""

    def __init__(self, value: float) -> None:
        self.value = value

    def draw(self, shape: Sequence[int], random: RandomStreams) -> Tensor:
        return torch.full((*random.replicas, *shape), float(self.value))


class Normal(Initializer):
    """Normal with mean zero.

    w = std · z,  z ~ N(0, 1)

    Args:
        std: standard deviation, a number or one per replica.
    """

    def __init__(self, std: Setting) -> None:
        self.std = std

    def draw(self, shape: Sequence[int], random: RandomStreams) -> Tensor:
        std = expand_setting("the gain of the initial values", self.std, random.replicas)
        values = random.normal("initialization", shape)
        if isinstance(std, Tensor):
            std = std.to(values.dtype).reshape(-1, *[1] * len(shape))
        return values * std

    def select(self, selection: Selection) -> Initializer:
        if isinstance(self.std, Sequence):
            return Normal(select_sequence(self.std, selection))
        return self


def xavier_normal(in_size: int, out_size: int, gain: Setting = 1.0) -> Normal:
    """Xavier's normal initialization.

    V(w) = gain² · 2 / (in_size + out_size)

    Source: Glorot and Bengio 2010, Understanding the difficulty of training deep feedforward
    neural networks, eq. 12 (there uniform; the report's eq. in §II.A.2 is the variance).
    """
    scale = sqrt(2.0 / (in_size + out_size))
    if isinstance(gain, Sequence):
        return Normal([float(number) * scale for number in gain])
    return Normal(gain * scale)
