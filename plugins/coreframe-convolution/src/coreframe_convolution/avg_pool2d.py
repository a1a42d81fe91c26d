"""AvgPool2d: the mean of each window."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import ArgumentError, Example, Graph, Module, Shape, ShapeError
from coreframe_convolution.averages import Range, averages, spread_averages
from coreframe_convolution.images import (
    as_samples,
    expect_features,
    expect_gradient,
    from_samples,
    lies_as_channels,
    split,
)
from coreframe_convolution.sizes import Pair, Size
from coreframe_convolution.tiles import repeat_in_tiles
from coreframe_convolution.window import Window

__all__ = ["AvgPool2d"]


class AvgPool2d(Module):
    """The mean of each window.

    y[p] = Σ over k of x[p · stride + k − padding] / n[p]
    dx[i] = Σ dy[p] / n[p] over the windows p that read i

    Padding counts as zeros; n[p] is the size of the window, or, without `count_include_pad`, how
    many of its numbers are no padding.

    Shapes: x (*, channels, height, width) → y (*, channels, height', width'), where
    height' = ⌊(height + 2 · padding − kernel) / stride⌋ + 1.
    Source: LeCun et al. 1998, Gradient-based learning applied to document recognition, §II.B.

    Args:
        kernel_size: height and width of a window, or one number for both, as for all that follow.
        stride: steps from one window to the next; None for as many as the window is large.
        padding: zeros added on each side, at most half of the window.
        count_include_pad: whether padding counts in the mean.

    Raises:
        ArgumentError: for sizes that are no positive integers, or more padding.
        ShapeError: in forward, for an image that no window fits in; in backward, if the gradient
            is not of the output's shape.
    """

    def __init__(
        self,
        kernel_size: Size,
        *,
        stride: Size | None = None,
        padding: Size = 0,
        count_include_pad: bool = True,
    ) -> None:
        stride = kernel_size if stride is None else stride
        self.window = Window.of("AvgPool2d", kernel_size, stride, padding, 1)
        self.count_include_pad = count_include_pad
        halves = zip(self.window.padding, self.window.size, strict=True)
        if any(2 * more > size for more, size in halves):
            raise ArgumentError(
                f"AvgPool2d: padding must be at most half of kernel_size, got {padding!r}"
            )

    @classmethod
    def examples(cls) -> list[Example]:
        image = [[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]
        with_padding = [[[[0.25, 1.25], [1.0, 2.75]]]]  # 1/4, (2 + 3)/4, 4/4, (5 + 6)/4
        without = [[[[1.0, 2.5], [4.0, 5.5]]]]
        return [
            Example(cls(2), (1, 2, 3), known=[(image, [[[[3.0]]]])]),
            Example(cls(2), (2, 5, 4)),
            Example(cls(2, padding=1), (1, 2, 3), known=[(image, with_padding)]),
            Example(
                cls(2, padding=1, count_include_pad=False), (1, 2, 3), known=[(image, without)]
            ),
            Example(cls([3, 2], stride=[2, 1]), (2, 5, 3)),
            Example(cls([3, 2], padding=[1, 0]), (2, 5, 4)),
            Example(cls([2, 3], padding=[0, 1]), (2, 4, 5)),
            Example(cls([2, 3], stride=[1, 2], padding=1, count_include_pad=False), (2, 4, 5)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        expect_features(x, None, 2, self)
        self._output_size(x.shape[-2], x.shape[-1])
        channels = lies_as_channels(x, self)
        size, stride, padding, _ = self.window
        y = torch.ops.aten.avg_pool2d(
            as_samples(x, self, channels=channels),
            size,
            stride,
            padding,
            False,  # no windows that begin in the last padding
            self.count_include_pad,
        )
        self.save(x)
        return from_samples(y, self, channels=channels)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        height, width = x.shape[-2:]
        (m, n), stride, padding, _ = self.window
        rows, columns = self.window.output_size(height, width)
        expect_gradient(dy, (*x.shape[:-2], rows, columns), self)
        # y = Σ x / n, so each x of a window gets dy / n.
        if stride == (m, n) and padding == (0, 0):
            dx = repeat_in_tiles(dy / (m * n), (m, n))
            rest = (0, width - columns * n, 0, height - rows * m)
            return torch.constant_pad_nd(dx, rest) if any(rest) else dx
        return spread_averages(
            dy,
            averages(self._ranges(0, height, rows), height, dy),
            averages(self._ranges(1, width, columns), width, dy),
        )

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is None:
            return None
        height, width = split(input_shape, None, 2, self)
        return (input_shape[0], *self._output_size(height, width))

    def export(self, graph: Graph, x: str) -> str:
        size, stride, padding, _ = self.window
        return graph.add(
            "AveragePool",
            x,
            kernel_shape=size,
            strides=stride,
            pads=padding * 2,
            count_include_pad=int(self.count_include_pad),
        )

    def _ranges(self, axis: int, length: int, windows: int) -> list[Range]:
        size, stride, padding, _ = (pair[axis] for pair in self.window)
        ranges = []
        for window in range(windows):
            begin = window * stride - padding
            inside = max(begin, 0), min(begin + size, length)
            ranges.append((*inside, size if self.count_include_pad else inside[1] - inside[0]))
        return ranges

    def _output_size(self, height: int, width: int) -> Pair:
        size = self.window.output_size(height, width)
        if min(size) < 1:
            raise ShapeError(
                f"{self.described}: no window fits in {height} × {width} with its padding"
            )
        return size
