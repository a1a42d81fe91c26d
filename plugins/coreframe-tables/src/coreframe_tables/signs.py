"""Signs: first values of −1 and 1."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from coreframe import Initializer, RandomStreams

__all__ = ["Signs"]


class Signs(Initializer):
    """−1 or 1, each as often."""

    deviation = 1.0

    def draw(self, shape: Sequence[int], random: RandomStreams) -> Tensor:
        return 2 * (random.normal("initialization", shape) > 0).float() - 1
