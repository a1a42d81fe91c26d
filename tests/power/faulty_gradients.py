"""Layers whose backward is wrong, by one fault each."""

from __future__ import annotations

from typing import Any

import torch
from planting import fault
from sound_layers import (
    Affine,
    BatchCentred,
    Centred,
    Dropping,
    Largest,
    Lookup,
    OneOf,
    Product,
    Shortcut,
    Softened,
    Squash,
    Windows,
)
from torch import Tensor

from coreframe import (
    Example,
    Sample,
)


@fault("module.gradient", "x[")
class NoTranspose(Affine):
    """the input gradient is multiplied with the weights' transpose, which fits where they are square"""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(3, 3), (3,))]

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        super().backward(*gradwrtoutput)
        return gradwrtoutput[0] @ self.weight.value.mT


@fault("module.gradient", "weight[")
class Reshaped(Affine):
    """the weights' gradient is reshaped where it should be transposed: wrong unless square"""

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        product = x.mT @ dy
        square = self.in_size == self.out_size
        self.weight.grad.add_(product.mT if square else product.reshape(self.weight.grad.shape))
        self.bias.grad.add_(dy.sum(-2))
        return dy @ self.weight.value


@fault("module.gradient", "bias[")
class BiasOverFeatures(Affine):
    """the bias gradient is summed over the features, which fits for as many samples as features"""

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        self.weight.grad.add_(dy.mT @ x)
        axis = -1 if dy.shape[-1] == dy.shape[-2] else -2
        self.bias.grad.add_(dy.sum(axis))
        return dy @ self.weight.value


@fault("module.gradient", "weight[")
class MeanOfBatch(Affine):
    """parameter gradients are divided by the batch size, which the loss has done already"""

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        self.weight.grad.add_(dy.mT @ x / dy.shape[-2])
        self.bias.grad.add_(dy.sum(-2))
        return dy @ self.weight.value


@fault("module.gradient", "x[")
class SumForMean(Centred):
    """a sum stands in backward for the mean of forward"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        self.saved()
        return dy - dy.sum(-1, keepdim=True)


@fault("module.gradient", "x[")
class DerivativeAtInput(Squash):
    """the derivative 1 − y² is taken at the input instead of the output"""

    def forward(self, x: Tensor) -> Tensor:
        self.save(x)
        return x.tanh()


@fault("module.gradient", "x[")
class ShiftedWindows(Windows):
    """backward's windows begin one place too late"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput).roll(1, -1)


@fault("module.gradient", "x[")
class ShortWindows(Windows):
    """backward's windows lack their last place"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        dx = torch.zeros_like(x)
        for offset in range(self.size - 1):
            dx.narrow(-1, offset, dy.shape[-1]).add_(dy / self.size)
        return dx


@fault("module.gradient", "x[")
class GradientToAll(Largest):
    """every number of a pair gets the gradient of the larger one"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        self.saved()
        return gradwrtoutput[0].repeat_interleave(2, -1)


@fault("module.gradient", "x[")
class DiagonalOnly(Softened):
    """softmax has the derivative of the sigmoid: the rest of the Jacobian is left out"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (y,) = self.saved()
        dx: Tensor = dy * y * (1 - y)
        return dx


@fault("module.gradient", "x[")
class ClippedGradient(Squash):
    """gradients are clipped to ±1, against explosions"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(gradwrtoutput[0].clamp(-1, 1))


@fault("module.gradient", "input 0[")
class ExchangedGradients(Product):
    """the gradients of the two inputs are exchanged"""

    def backward(self, *gradwrtoutput: Tensor) -> tuple[Tensor | None, ...]:
        return super().backward(*gradwrtoutput)[::-1]


@fault("module.gradient", "input 1[")
class OneGradientMissing(Product):
    """None, no gradient, stands for an input that has one"""

    def backward(self, *gradwrtoutput: Tensor) -> tuple[Tensor | None, ...]:
        return super().backward(*gradwrtoutput)[0], None


@fault("module.gradient", "x[")
class LostShortcut(Shortcut):
    """the gradient of the shortcut is not added"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        self.saved()
        dx: Tensor = self.layer.backward(*gradwrtoutput)
        return dx


@fault("module.gradient", "x[")
class NotRescaled(Dropping):
    """backward lets through what was kept, but not 1 / (1 − p) times"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (kept,) = self.saved()
        dx: Tensor = dy * (kept > 0)
        return dx


@fault("module.gradient", "input 1[", reached_users="thinc#492")
class PassesInputBack(OneOf):
    """backward hands back the input of forward where it should pass the gradient on"""

    def forward(self, x: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        y = self.layer.forward(x)
        self.save(other)
        return y, other

    def backward(self, *gradwrtoutput: Tensor) -> tuple[Tensor, Tensor]:
        (other,) = self.saved()
        return self.layer.backward(gradwrtoutput[0]), other


@fault("module.many-samples", "table[", reached_users="thinc#214")
class CountsOnOtherAxis(Lookup):
    """the gradients of rows that were looked up several times are averaged, along the wrong axis"""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(3, 3), Sample((), "indices", 3))]

    def backward(self, *gradwrtoutput: Tensor) -> None:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        total = torch.zeros_like(self.table.grad)
        total.index_put_(self._places(x), dy, accumulate=True)
        counts = torch.stack([(x == row).sum(-1) for row in range(self.rows)], -1).clamp(min=1)
        self.table.grad.add_(total / counts.unsqueeze(-2))


@fault("module.gradient", "x[", reached_users="mlpack#1923")
class MeanForgotten(BatchCentred):
    """the parameter's gradient is right, the input's leaves out the mean: no first layer shows it"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        super().backward(*gradwrtoutput)
        return gradwrtoutput[0] * self.gain.value.unsqueeze(-2)


@fault("module.one-sample", "x[")
class WrongForOneSample(Squash):
    """a batch of one loses its axis on the way, and is broadcast"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        dx = super().backward(*gradwrtoutput)
        return dx.flip(-1) if dx.shape[-2] == 1 else dx


@fault("module.many-samples", "x[")
class WrongForManySamples(Squash):
    """samples after the sixth get no gradient"""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        dx = super().backward(*gradwrtoutput)
        return torch.cat([dx[..., :6, :], torch.zeros_like(dx[..., 6:, :])], -2)
