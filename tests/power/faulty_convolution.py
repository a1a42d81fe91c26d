"""Convolutions and pooling that are wrong, by one fault each."""

from __future__ import annotations

import torch
from planting import fault
from torch import Tensor

from coreframe_convolution import (
    AvgPool2d,
    Conv1d,
    Conv2d,
    ConvTranspose2d,
    MaxPool2d,
    NearestUpsampling,
)
from coreframe_convolution.averages import Range
from coreframe_convolution.images import as_channels
from coreframe_convolution.weight_gradient import add_gradients


@fault("module.gradient", "x[")
class KernelNotFlipped(Conv2d):
    """the input gradient adds the kernel the wrong way round"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        value = self.weight.value.clone()
        self.weight.value.copy_(value.flip(-1, -2))
        dx = super().backward(*gradwrtoutput)
        self.weight.value.copy_(value)
        return dx


@fault("module.gradient", "weight[")
class StrideForgotten(Conv2d):
    """the weights' gradient reads the input as if the stride were one"""

    def _add_gradients(self, dy: Tensor) -> tuple[Tensor, Tensor]:
        (x,) = self.saved()
        images = as_channels(dy, self)
        window = self.window._replace(stride=(1, 1))
        bias = None if self.bias is None else self.bias.grad
        add_gradients(x, images, window, self._all_groups, self.weight.grad, bias)
        return x, images


@fault("module.gradient", "weight[")
class GroupsMixed(Conv2d):
    """each group gets the weight gradient of another"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        before = self.weight.grad.clone()
        dx = super().backward(*gradwrtoutput)
        change = self.weight.grad - before
        turned = change.roll(self.out_channels // self.groups, len(self.replicas))
        self.weight.grad.copy_(before + turned)
        return dx


@fault("module.population", "replica")
class ChannelsInterleaved(Conv2d):
    """a population's channels are taken apart as if the replicas alternated"""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        if not self.replicas:
            return y
        replicas, batch, channels, *size = y.shape
        joined = y.transpose(0, 1).reshape(batch, channels, replicas, *size)
        return joined.permute(2, 0, 1, 3, 4)


@fault("module.padding", "so has the lone model")
class BatchMixed(Conv1d):
    """replicas and samples are exchanged on the way out, which fits for as many of both"""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        square = bool(self.replicas) and y.shape[0] == y.shape[1]
        return y.transpose(0, 1) if square else y


@fault("module.gradient", "bias[")
class OutputPaddingWithoutBias(ConvTranspose2d):
    """the rows that output padding adds get no bias, though backward sums over them"""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x).clone()
        rows = self.output_padding[0]
        if rows and self.bias is not None:
            y[..., -rows:, :] -= self.bias.value[..., None, :, None, None]
        return y


@fault("module.gradient", "x[")
class WindowsOffByOne(MaxPool2d):
    """the gradient goes to the place after the largest"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput).roll(1, -1)


@fault("module.known", "y[0, 0, 0, 0] is 0, not -4")
class PaddedWithZeros(MaxPool2d):
    """padding counts as zero, which is more than a negative number"""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        return y.clamp(min=0) if any(self.window.padding) else y


@fault("module.gradient", "x[")
class PaddingCounted(AvgPool2d):
    """forward leaves padding out of the mean, backward counts it"""

    def _ranges(self, axis: int, length: int, windows: int) -> list[Range]:
        found = super()._ranges(axis, length, windows)
        return [(begin, end, self.window.size[axis]) for begin, end, _ in found]


@fault("module.gradient", "x[")
class MeanOfTile(NearestUpsampling):
    """the gradient of a tile is averaged where it should be summed"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        dx = super().backward(*gradwrtoutput)
        return dx / torch.tensor(self.factor, dtype=dx.dtype).prod()
