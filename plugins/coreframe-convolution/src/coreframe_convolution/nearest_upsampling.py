"""NearestUpsampling: each number becomes a tile."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import Example, Graph, Module, Shape
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

__all__ = ["NearestUpsampling"]


class NearestUpsampling(Module):
    """Larger images, each number of which is that of the nearest pixel.

    y[i, j] = x[⌊i / factor⌋, ⌊j / factor⌋],  dx[p, q] = Σ dy[i, j] over the tile of (p, q)

    Shapes: x (*, channels, height, width) → y (*, channels, factor · height, factor · width).
    Source: Odena et al. 2016, Deconvolution and checkerboard artifacts; ONNX, Resize, mode
    nearest.

    Args:
        factor: rows and columns that each becomes, or one number for both.

    Raises:
        ArgumentError: for factors that are no positive integers.
        ShapeError: in forward, for inputs that are no images; in backward, if the gradient is
            not of the output's shape.
    """

    def __init__(self, factor: Size) -> None:
        self.factor = pair("NearestUpsampling", "factor", factor)

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[[[1.0, 2.0]]]], [[[[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]] * 2]])]
        return [
            Example(cls([2, 3]), (1, 1, 2), known=known),
            Example(cls(2), (3, 3, 2)),
            Example(cls(1), (2, 2, 2)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        expect_features(x, None, 2, self)
        self.save(x)
        return repeat_in_tiles(x, self.factor)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        (m, n), (height, width) = self.factor, x.shape[-2:]
        expect_gradient(dy, (*x.shape[:-2], m * height, n * width), self)
        channels = lies_as_channels(dy, self)
        # A sum over tiles is the mean of pooling, not divided.
        dx = torch.ops.aten.avg_pool2d(
            as_samples(dy, self, channels=channels),
            self.factor,
            self.factor,
            (0, 0),
            False,
            True,
            1,  # divide by one
        )
        return from_samples(dx, self, channels=channels)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is None:
            return None
        height, width = split(input_shape, None, 2, self)
        return input_shape[0], self.factor[0] * height, self.factor[1] * width

    def export(self, graph: Graph, x: str) -> str:
        scales = graph.constant([1.0, 1.0, *map(float, self.factor)])
        return graph.add(
            "Resize",
            x,
            "",  # no region of interest
            scales,
            mode="nearest",
            nearest_mode="floor",
            coordinate_transformation_mode="asymmetric",
        )
