"""Window: what a kernel covers, and where it stands."""

from __future__ import annotations

from typing import NamedTuple

from coreframe_convolution.sizes import Pair, Size, pair

__all__ = ["Window"]


class Window(NamedTuple):
    """A kernel that moves over an image; every pair is (height, width).

    Output position p reads the input positions p · stride + k · dilation − padding, for k from
    0 to size − 1. What lies outside the image is padding.
    """

    size: Pair
    stride: Pair
    padding: Pair
    dilation: Pair

    @classmethod
    def of(cls, owner: str, size: Size, stride: Size, padding: Size, dilation: Size) -> Window:
        """A window of checked arguments.

        Raises:
            ArgumentError: for what is no integer, or too small.
        """
        return cls(
            pair(owner, "kernel_size", size),
            pair(owner, "stride", stride),
            pair(owner, "padding", padding, 0),
            pair(owner, "dilation", dilation),
        )

    @property
    def reach(self) -> Pair:
        """How many positions it covers from its first to its last, those between included."""
        (m, n), (d, e) = self.size, self.dilation
        return (m - 1) * d + 1, (n - 1) * e + 1

    def output_size(self, height: int, width: int) -> Pair:
        """How many positions it has; less than one where it does not fit."""
        (m, n), (s, t), (p, q) = self.reach, self.stride, self.padding
        return (height + 2 * p - m) // s + 1, (width + 2 * q - n) // t + 1

    def input_size(self, height: int, width: int) -> Pair:
        """The smallest input with so many positions."""
        (m, n), (s, t), (p, q) = self.reach, self.stride, self.padding
        return (height - 1) * s - 2 * p + m, (width - 1) * t - 2 * q + n
