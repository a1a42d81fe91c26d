"""Conv1d: the convolution of sequences."""

from __future__ import annotations

from math import sqrt

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
from coreframe_convolution.weight_gradient import add_gradients
from coreframe_convolution.window import Window

__all__ = ["Conv1d"]


class Conv1d(Module):
    """Convolution of sequences with learned kernels; as usual, the kernels are not flipped.

    y[o, p] = b[o] + Σ w[o, c, k] x[c, p · stride + k · dilation − padding]
    dx[c, i] = Σ w[o, c, k] dy[o, p] over i = p · stride + k · dilation − padding
    dw[o, c, k] = Σ dy[o, p] x[c, p · stride + k · dilation − padding] over batch and p
    db[o] = Σ dy[o, p] over batch and p

    With groups, output o sums the channels c of its own group only.

    Shapes: x (*, in_channels, length) → y (*, out_channels, length'), where
    length' = ⌊(length + 2 · padding − dilation · (kernel − 1) − 1) / stride⌋ + 1; weight
    (out_channels, in_channels / groups, kernel), bias (out_channels,).
    Weights and biases start normal with variance gain² · 2 / (fan-in + fan-out), a fan being
    channels / groups · kernel size.
    Source: Waibel et al. 1989, Phoneme recognition using time-delay neural networks; Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: numbers that a kernel reads.
        stride: steps from one position to the next.
        padding: zeros at both ends.
        dilation: steps from one number that a kernel reads to the next.
        groups: parts into which the channels are divided, each with kernels of its own.
        bias: whether there is a b.
        gain: factor of the initial standard deviation, one or one per replica.

    Raises:
        ArgumentError: for sizes that are no positive integers, or channels that groups do not
            divide; in forward and backward, for another dtype or device than the weights'.
        ShapeError: in forward, for other replicas or channels, or a sequence that no kernel
            fits in; in backward, if the gradient is not of the output's shape.
    """

    replica_settings = ("gain",)

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
        gain: Setting = 1.0,
    ) -> None:
        self.in_channels = whole_number("Conv1d: in_channels", in_channels)
        self.out_channels = whole_number("Conv1d: out_channels", out_channels)
        self.groups = whole_number("Conv1d: groups", groups)
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise ArgumentError(
                f"Conv1d: groups must divide the channels, got {groups} for "
                f"{in_channels} and {out_channels}"
            )
        self.window = Window(  # of images of one row
            (1, whole_number("Conv1d: kernel_size", kernel_size)),
            (1, whole_number("Conv1d: stride", stride)),
            (0, whole_number("Conv1d: padding", padding, minimum=0)),
            (1, whole_number("Conv1d: dilation", dilation)),
        )
        size = self.window.size[1]
        initializer = kernel_initializer(in_channels, out_channels, size, groups, gain)
        self.weight = Parameter((out_channels, in_channels // groups, size), initializer)
        self.bias = Parameter((out_channels,), initializer) if bias else None

    @classmethod
    def examples(cls) -> list[Example]:
        deviation = 0.5 * sqrt(2 / (3 + 6))
        full = cls(2, 4, 3, stride=2, padding=1, dilation=2, groups=2, gain=0.5)
        return [
            Example(full, (2, 8), deviations={"weight": deviation, "bias": deviation}),
            Example(cls(1, 2, 2), (1, 4)),
            Example(cls(3, 2, 3, padding=2, bias=False), (3, 4)),
            Example(cls(2, 2, 1), (2, 3)),
            Example(cls(2, 3, 2, stride=3), (2, 4)),
            Example(cls(32, 32, 9, padding=4), (32, 11)),
        ]

    def forward(self, x: Tensor) -> Tensor:
        expect_features(x, self.in_channels, 1, self)
        expect_like(x, self.weight.value, self)
        self._output_length(x.shape[-1])
        images = as_channels(x, self).unsqueeze(2)
        weight = flat(self.weight, self).unsqueeze(2)
        bias = None if self.bias is None else flat(self.bias, self)
        y = correlate(images, weight, bias, self.window, self._all_groups)
        self.save(images)
        return from_channels(y.squeeze(2), self)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        x, images = self._add_gradients(dy)
        # y[p] = Σ w[k] x[p · stride + k · dilation − padding], so each dy[p] goes to those x.
        dx = spread(
            images,
            flat(self.weight, self).unsqueeze(2),
            None,
            self.window,
            self._all_groups,
            height=1,
            width=x.shape[3],
        )
        return from_channels(dx.squeeze(2), self)

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        (dy,) = gradwrtoutput
        self._add_gradients(dy)

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        if input_shape is None:
            return None
        (length,) = split(input_shape, self.in_channels, 1, self)
        return self.out_channels, self._output_length(length)

    def export(self, graph: Graph, x: str) -> str:
        biases = [] if self.bias is None else [graph.constant(self.bias)]
        (_, stride), (_, padding), (_, dilation) = self.window[1:]
        return graph.add(
            "Conv",
            x,
            graph.constant(self.weight),
            *biases,
            strides=[stride],
            pads=[padding, padding],
            dilations=[dilation],
            group=self.groups,
        )

    def _add_gradients(self, dy: Tensor) -> tuple[Tensor, Tensor]:
        """Gives the images of the input and of `dy`."""
        (x,) = self.saved()
        length = self._output_length(x.shape[3])
        expect_gradient(dy, (*self.replicas, x.shape[0], self.out_channels, length), self)
        expect_like(dy, self.weight.value, self)
        images = as_channels(dy, self).unsqueeze(2)
        bias = None if self.bias is None else self.bias.grad
        add_gradients(x, images, self.window, self._all_groups, self.weight.grad, bias)
        return x, images

    @property
    def _all_groups(self) -> int:
        return self.groups * self.replicas[0] if self.replicas else self.groups

    def _output_length(self, length: int) -> int:
        _, positions = self.window.output_size(1, length)
        if positions < 1:
            raise ShapeError(f"{self.described}: no kernel fits in {length} with its padding")
        return positions
