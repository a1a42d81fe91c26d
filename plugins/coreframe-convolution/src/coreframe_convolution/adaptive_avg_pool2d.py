"""AdaptiveAvgPool2d: means in as many windows as asked for."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import Example, Graph, Module, Shape, ShapeError
from coreframe_convolution.averages import Range, averages, spread_averages
from coreframe_convolution.images import (
    as_samples,
    expect_features,
    expect_gradient,
    from_samples,
    lies_as_channels,
    split,
)
from coreframe_convolution.sizes import Size, pair
from coreframe_convolution.tiles import repeat_in_tiles

__all__ = ["AdaptiveAvgPool2d"]


class AdaptiveAvgPool2d(Module):
    """The mean of each of so many windows, whatever the size of the image.

    y[p, q] = mean of x[i, j] for i from ⌊p · height / P⌋ to ⌈(p + 1) · height / P⌉ − 1, and j
    likewise
    dx[i, j] = Σ dy[p, q] / n[p, q] over the windows that read (i, j), n being their sizes

    Windows are of one size where P divides the height, else neighbours may share rows.
    `AdaptiveAvgPool2d(1)` is the mean of each channel.

    Shapes: x (*, channels, height, width) → y (*, channels, *output_size).
    Source: He et al. 2015, Spatial pyramid pooling in deep convolutional networks; Lin et al.
    2014, Network in network, §3.2, for the mean of each channel.

    Args:
        output_size: P and Q, rows and columns of the output, or one number for both.

    Raises:
        ArgumentError: for sizes that are no positive integers.
        ShapeError: in forward, for an image of no rows or columns; in backward, if the gradient
            is not of the output's shape.
    """

    def __init__(self, output_size: Size) -> None:
        self.output_size = pair("AdaptiveAvgPool2d", "output_size", output_size)

    @classmethod
    def examples(cls) -> list[Example]:
        image = [[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]
        return [
            Example(cls(1), (1, 2, 3), known=[(image, [[[[3.5]]]])]),
            Example(cls([1, 2]), (1, 2, 3), known=[(image, [[[[3.0, 4.0]]]])]),
            Example(cls(2), (2, 4, 6)),
            Example(cls([3, 4]), (2, 5, 3)),
            Example(cls([2, 1]), (3, 7, 1)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        expect_features(x, None, 2, self)
        self._expect_an_image(x.shape[-2], x.shape[-1])
        channels = lies_as_channels(x, self)
        y = torch.ops.aten.adaptive_avg_pool2d(
            as_samples(x, self, channels=channels), self.output_size
        )
        self.save(x)
        return from_samples(y, self, channels=channels)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        height, width = x.shape[-2:]
        rows, columns = self.output_size
        expect_gradient(dy, (*x.shape[:-2], rows, columns), self)
        # y = Σ x / n, so each x of a window gets dy / n.
        if height % rows == 0 and width % columns == 0:
            m, n = height // rows, width // columns
            return repeat_in_tiles(dy / (m * n), (m, n))
        return spread_averages(
            dy,
            averages(_ranges(height, rows), height, dy),
            averages(_ranges(width, columns), width, dy),
        )

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is None:
            return None
        self._expect_an_image(*split(input_shape, None, 2, self))
        return (input_shape[0], *self.output_size)

    def export(self, graph: Graph, x: str) -> str:
        _, height, width = graph.features(x)
        rows, columns = self.output_size
        if height % rows == 0 and width % columns == 0:
            size = (height // rows, width // columns)
            return graph.add("AveragePool", x, kernel_shape=size, strides=size)
        of_rows = averages(_ranges(height, rows), height, torch.empty(0))
        of_columns = averages(_ranges(width, columns), width, torch.empty(0))
        y = graph.add("MatMul", graph.constant(of_rows), x)
        return graph.add("MatMul", y, graph.constant(of_columns.mT))

    def _expect_an_image(self, height: int, width: int) -> None:
        if min(height, width) < 1:
            raise ShapeError(f"{self.described}: an image of {height} × {width} has no mean")


def _ranges(length: int, windows: int) -> list[Range]:
    ranges = []
    for window in range(windows):
        begin, end = window * length // windows, -(-(window + 1) * length // windows)
        ranges.append((begin, end, end - begin))
    return ranges
