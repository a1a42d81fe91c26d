"""ChannelAxis: what normalizations of inputs with channels have in common."""

from __future__ import annotations

from torch import Tensor

from coreframe import Constant, Module, Parameter, Shape, ShapeError, whole_number
from coreframe_normalization.sizes import positive_eps

__all__ = ["ChannelAxis"]


class ChannelAxis(Module):
    """Has a weight and a bias for each channel; channels are the first axis behind the batch."""

    def __init__(self, channels: int, eps: float) -> None:
        layer = type(self).__name__
        self.channels = whole_number(f"{layer}: channels", channels)
        self.eps = positive_eps(layer, eps)
        self.weight = Parameter((self.channels,), Constant(1.0))
        self.bias = Parameter((self.channels,), Constant(0.0))

    def per_channel(self, values: Tensor, x: Tensor) -> Tensor:
        """Values `(*replicas, channels)` in the dtype of x, to be broadcast over it."""
        behind = x.dim() - len(self.replicas) - 2
        return values.to(x.dtype).reshape(*self.replicas, 1, self.channels, *[1] * behind)

    def all_but_channels(self, x: Tensor) -> tuple[int, ...]:
        """The batch and the axes behind the channels."""
        batch = len(self.replicas)
        return (batch, *range(batch + 2, x.dim()))

    def expect_channels(self, x: Tensor) -> None:
        """Raise unless x has the channels behind the batch."""
        axis = len(self.replicas) + 1
        if x.dim() <= axis or x.shape[axis] != self.channels:
            raise ShapeError(
                f"{self.described} for replicas {self.replicas} takes (*replicas, batch, "
                f"{self.channels}, …); it got {tuple(x.shape)}"
            )

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is not None and (not input_shape or input_shape[0] != self.channels):
            raise ShapeError(f"{self!r} takes {self.channels} channels first, got {input_shape}")
        return input_shape
