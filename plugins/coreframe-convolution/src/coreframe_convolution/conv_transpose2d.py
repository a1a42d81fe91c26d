"""ConvTranspose2d: the transposed convolution of images."""

from __future__ import annotations

from math import sqrt

import torch
from torch import Tensor

from coreframe import (
    ArgumentError,
    Example,
    Graph,
    Module,
    Parameter,
    Setting,
    Shape,
    ShapeError,
    whole_number,
)
from coreframe_convolution.correlation import correlate, spread
from coreframe_convolution.images import (
    as_channels,
    expect_features,
    expect_gradient,
    expect_like,
    flat,
    from_channels,
    split,
)
from coreframe_convolution.initial_values import kernel_initializer
from coreframe_convolution.sizes import Pair, Size, pair
from coreframe_convolution.weight_gradient import weight_gradient
from coreframe_convolution.window import Window

__all__ = ["ConvTranspose2d"]


class ConvTranspose2d(Module):
    """Transposed convolution of images: each number of the input adds its kernel to the output.

    y[c, i] = b[c] + Σ w[o, c, k] x[o, p] over i = p · stride + k · dilation − padding
    dx[o, p] = Σ w[o, c, k] dy[c, p · stride + k · dilation − padding]
    dw[o, c, k] = Σ x[o, p] dy[c, p · stride + k · dilation − padding] over batch and p
    db[c] = Σ dy[c, i] over batch and i

    It is the input gradient of a convolution from y to x, which has the same weights.

    Shapes: x (*, in_channels, height, width) → y (*, out_channels, height', width'), where
    height' = (height − 1) · stride − 2 · padding + dilation · (kernel − 1) + output_padding + 1;
    weight (in_channels, out_channels / groups, *kernel), bias (out_channels,).
    Weights and biases start normal with variance gain² · 2 / (fan-in + fan-out), a fan being
    channels / groups · kernel area.
    Source: Zeiler et al. 2010, Deconvolutional networks; Dumoulin and Visin 2016, A guide to
    convolution arithmetic for deep learning, chapter 4.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: height and width of a kernel, or one number for both, as for all that follow.
        stride: steps in the output from one number of the input to the next.
        padding: how many rows and columns are left out on each side.
        output_padding: how many are added below and to the right: with a stride, outputs of
            several sizes have convolutions of the same size.
        dilation: steps from one number that a kernel adds to the next.
        groups: parts into which the channels are divided, each with kernels of its own.
        bias: whether there is a b.
        gain: factor of the initial standard deviation, one or one per replica.

    Raises:
        ArgumentError: for sizes that are no positive integers, channels that groups do not
            divide, or an output padding of neither stride nor dilation; in forward and backward,
            for another dtype or device than the weights'.
        ShapeError: in forward, for other replicas or channels, or where nothing is left of the
            output; in backward, if the gradient is not of the output's shape.
    """

    replica_settings = ("gain",)

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        *,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        gain: Setting = 1.0,
    ) -> None:
        name = "ConvTranspose2d"
        self.in_channels = whole_number(f"{name}: in_channels", in_channels)
        self.out_channels = whole_number(f"{name}: out_channels", out_channels)
        self.groups = whole_number(f"{name}: groups", groups)
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise ArgumentError(
                f"{name}: groups must divide the channels, got {groups} for "
                f"{in_channels} and {out_channels}"
            )
        self.window = Window.of(name, kernel_size, stride, padding, dilation)
        self.output_padding = pair(name, "output_padding", output_padding, 0)
        steps = zip(self.output_padding, self.window.stride, self.window.dilation, strict=True)
        if any(more >= max(stride, dilation) for more, stride, dilation in steps):
            raise ArgumentError(
                f"{name}: output_padding must be less than stride or dilation, "
                f"got {output_padding!r}"
            )
        m, n = self.window.size
        initializer = kernel_initializer(in_channels, out_channels, m * n, groups, gain)
        self.weight = Parameter((in_channels, out_channels // groups, m, n), initializer)
        self.bias = Parameter((out_channels,), initializer) if bias else None

    @classmethod
    def examples(cls) -> list[Example]:
        deviation = 0.5 * sqrt(2 / (12 + 6))
        full = cls(
            4,
            2,
            [3, 2],
            stride=[2, 1],
            padding=[1, 2],
            output_padding=[1, 0],
            dilation=[1, 2],
            groups=2,
            gain=0.5,
        )
        taller = cls(1, 1, 1, stride=[2, 1], output_padding=[1, 0]).initialize(seed=0)
        taller.load_state({"weight": torch.full((1, 1, 1, 1), 2.0), "bias": torch.ones(1)})
        known = [([[[[3.0, 4.0]]]], [[[[2 * 3.0 + 1, 2 * 4.0 + 1], [1.0, 1.0]]]])]
        return [
            Example(full, (4, 3, 3), deviations={"weight": deviation, "bias": deviation}),
            Example(cls(1, 2, 2), (1, 2, 1)),
            Example(taller, (1, 1, 2), known=known),
            Example(cls(3, 2, 3, padding=1, bias=False), (3, 3, 3)),
            Example(cls(2, 2, 1), (2, 2, 3)),
            Example(cls(2, 3, 2, dilation=3, output_padding=2), (2, 2, 3)),
            # Large enough for the other way to the weights' gradient, also of few samples.
            Example(cls(8, 8, 7, stride=2, padding=3, output_padding=1), (8, 11, 11)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        expect_features(x, self.in_channels, 2, self)
        expect_like(x, self.weight.value, self)
        height, width = self._output_size(x.shape[-2], x.shape[-1])
        images = as_channels(x, self)
        weight = flat(self.weight, self)
        bias = None if self.bias is None else flat(self.bias, self)
        y = spread(images, weight, bias, self.window, self._all_groups, height=height, width=width)
        self.save(images)
        return from_channels(y, self)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        x, images = self._add_gradients(dy)
        # Each x[p] went to y[p · stride + k · dilation − padding] with w[k], so it reads those.
        weight = flat(self.weight, self)
        dx = correlate(images, weight, None, self.window, self._all_groups)
        # With an output padding above the stride, there is room for more positions.
        return from_channels(dx[:, :, : x.shape[2], : x.shape[3]], self)

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        (dy,) = gradwrtoutput
        self._add_gradients(dy)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is None:
            return None
        height, width = split(input_shape, self.in_channels, 2, self)
        return (self.out_channels, *self._output_size(height, width))

    def export(self, graph: Graph, x: str) -> str:
        _, stride, (p, q), dilation = self.window
        m, n = self.output_padding
        y = graph.add(
            "ConvTranspose",
            x,
            graph.constant(self.weight),
            strides=stride,
            pads=[p, q, max(p - m, 0), max(q - n, 0)],
            dilations=dilation,
            group=self.groups,
        )
        if m > p or n > q:  # more than the kernels reach
            more = graph.integers(0, 0, 0, 0, 0, 0, max(m - p, 0), max(n - q, 0))
            y = graph.add("Pad", y, more)
        if self.bias is None:
            return y
        return graph.add("Add", y, graph.constant(self.bias.value.reshape(-1, 1, 1)))

    def _add_gradients(self, dy: Tensor) -> tuple[Tensor, Tensor]:
        """Gives the images of the input and of `dy`."""
        (x,) = self.saved()
        batch, _, height, width = x.shape
        size = self._output_size(height, width)
        expect_gradient(dy, (*self.replicas, batch, self.out_channels, *size), self)
        expect_like(dy, self.weight.value, self)
        images = as_channels(dy, self)
        dw = weight_gradient(images, x, self.window, self._all_groups)
        self.weight.grad.add_(dw.reshape(self.weight.grad.shape))
        if self.bias is not None:
            self.bias.grad.add_(images.sum((0, 2, 3)).view(self.bias.grad.shape))
        return x, images

    @property
    def _all_groups(self) -> int:
        return self.groups * self.replicas[0] if self.replicas else self.groups

    def _output_size(self, height: int, width: int) -> Pair:
        m, n = self.window.input_size(height, width)
        size = m + self.output_padding[0], n + self.output_padding[1]
        if min(height, width) < 1 or min(size) < 1:
            raise ShapeError(f"{self.described}: of {height} × {width} its padding leaves nothing")
        return size
