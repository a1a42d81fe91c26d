"""MaxPool2d: the largest number of each window."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import ArgumentError, Example, Graph, Module, Shape, ShapeError
from coreframe_convolution.images import (
    as_samples,
    expect_features,
    expect_gradient,
    from_samples,
    lies_as_channels,
    split,
)
from coreframe_convolution.sizes import Pair, Size
from coreframe_convolution.window import Window

__all__ = ["MaxPool2d"]

# With the channels last in memory torch compares a register of them at once, else number by number:
# that takes up to six times as long, and turning the image round takes less than what it saves.
LARGE = 2**14  # numbers from which it does
REGISTER = 8  # channels


class MaxPool2d(Module):
    """The largest number of each window.

    y[p] = max over k of x[p · stride + k · dilation − padding]
    dx[i] = Σ dy[p] over the windows p in which i is the first of the largest

    Padding counts as −∞, so it is never the largest.

    Shapes: x (*, channels, height, width) → y (*, channels, height', width'), where
    height' = ⌊(height + 2 · padding − dilation · (kernel − 1) − 1) / stride⌋ + 1.
    Source: Scherer et al. 2010, Evaluation of pooling operations in convolutional architectures
    for object recognition.

    Args:
        kernel_size: height and width of a window, or one number for both, as for all that follow.
        stride: steps from one window to the next; None for as many as the window is large.
        padding: positions added on each side, at most half of kernel_size.
        dilation: steps from one number of a window to the next.

    Raises:
        ArgumentError: for sizes that are no positive integers, or more padding.
        ShapeError: in forward, for an image that no window fits in, or whose padding may fill one;
            in backward, if the gradient is not of the output's shape.
    """

    def __init__(
        self,
        kernel_size: Size,
        *,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
    ) -> None:
        stride = kernel_size if stride is None else stride
        self.window = Window.of("MaxPool2d", kernel_size, stride, padding, dilation)
        halves = zip(self.window.padding, self.window.size, strict=True)
        if any(2 * more > size for more, size in halves):
            raise ArgumentError(
                f"MaxPool2d: padding must be at most half of kernel_size, got {padding!r}"
            )

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[[[1.0, 3.0, 2.0, 0.0], [-1.0, 0.0, 5.0, 5.0]]]], [[[[3.0, 5.0]]]])]
        return [
            Example(cls(2), (1, 2, 4), known=known),
            Example(cls(2), (2, 5, 5)),
            Example(cls([3, 2], stride=[2, 1], padding=1), (2, 5, 3)),
            Example(
                cls(2, stride=1, padding=1, dilation=2),
                (1, 3, 4),
                # Beside the middle a window reads padding, which must not count as zero.
                known=[([[[[-1.0, -2.0], [-3.0, -4.0]]]], [[[[-4.0, -3.0], [-2.0, -1.0]]]])],
            ),
            Example(cls(3, stride=1), (3, 4, 5)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        expect_features(x, None, 2, self)
        self._output_size(x.shape[-2], x.shape[-1])
        channels = lies_as_channels(x, self)
        y, places = _largest(as_samples(x, self, channels=channels), self.window)
        self.save(places, x)
        return from_samples(y, self, channels=channels)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        places, x = self.saved()
        height, width = x.shape[-2:]
        size = self.window.output_size(height, width)
        expect_gradient(dy, (*x.shape[:-2], *size), self)
        channels = lies_as_channels(x, self)
        given = as_samples(dy, self, channels=channels).flatten(2)
        dx = given.new_zeros(*given.shape[:2], height * width)
        # y[p] = x[place], so dy[p] goes there; windows that overlap may have a place in common.
        dx.scatter_add_(2, places.flatten(2), given)
        return from_samples(dx.view(*dx.shape[:2], height, width), self, channels=channels)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is None:
            return None
        height, width = split(input_shape, None, 2, self)
        return (input_shape[0], *self._output_size(height, width))

    def export(self, graph: Graph, x: str) -> str:
        size, stride, padding, dilation = self.window
        return graph.add(
            "MaxPool", x, kernel_shape=size, strides=stride, pads=padding * 2, dilations=dilation
        )

    def _output_size(self, height: int, width: int) -> Pair:
        size = self.window.output_size(height, width)
        if min(size) < 1:
            raise ShapeError(
                f"{self.described}: no window fits in {height} × {width} with its padding"
            )
        sizes = zip((height, width), self.window.padding, self.window.dilation, strict=True)
        if any(more and length < step for length, more, step in sizes):
            raise ShapeError(
                f"{self.described}: a window may step over an image of {height} × {width} and "
                "read padding alone"
            )
        return size


def _largest(x: Tensor, window: Window) -> tuple[Tensor, Tensor]:
    """The largest number of each window, and its place in the image."""
    turn = (
        x.device.type == "cpu"
        and x.numel() >= LARGE
        and x.shape[1] >= REGISTER
        and x.is_contiguous()
    )
    given = x.contiguous(memory_format=torch.channels_last) if turn else x
    y, places = torch.ops.aten.max_pool2d_with_indices(given, *window)
    return (y.contiguous(), places.contiguous()) if turn else (y, places)
