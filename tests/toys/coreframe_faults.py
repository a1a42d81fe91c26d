"""Components that are wrong in one way each, to show that the conformance kit finds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from coreframe_toys import Affine, Square, SumOfSquares
from torch import Tensor

from coreframe import Initializer, RandomStreams

__all__ = [
    "Attribute",
    "BatchOfReplicas",
    "ChangesGradient",
    "ChangesInput",
    "ChangesOutput",
    "ChangesSaved",
    "LeavesSaved",
    "LeavesTensor",
    "Loud",
    "MixesReplicas",
    "MixesWhereSizesCoincide",
    "NoInputGradient",
    "NotFinite",
    "OneDrawForAll",
    "OneNumber",
    "OtherParameterGradient",
    "Overwrites",
    "RaisesIndexError",
    "SavesAlways",
    "SharesDraws",
    "SmallBiasError",
    "WrongFactor",
    "WrongShape",
]


class WrongFactor(Square):
    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput) * (1 + 1e-5)


class NoInputGradient(Square):
    def backward(self, *gradwrtoutput: Tensor) -> Any:
        self.saved()


class WrongShape(Square):
    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput).sum(0)


class NotFinite(Square):
    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput) / 0.0


class SmallBiasError(Affine):
    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        dx = super().backward(*gradwrtoutput)
        self.bias.grad[..., -1] *= 1.001
        return dx


class Overwrites(Affine):
    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        self.weight.grad.zero_()
        return super().backward(*gradwrtoutput)


class Attribute(Square):
    """Keeps its input as an attribute, so that the last forward wins."""

    x: Tensor

    def forward(self, x: Tensor) -> Tensor:
        self.x = x
        return x * x

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return 2 * self.x * gradwrtoutput[0]


class RaisesIndexError(Square):
    """Keeps a stack of its own."""

    def __init__(self) -> None:
        self.stack: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.stack.append(x)
        return x * x

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return 2 * self.stack.pop() * gradwrtoutput[0]


class ChangesInput(Square):
    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x.clone())
        x.mul_(1.5)
        return y


class ChangesGradient(Square):
    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        return dy.mul_(2 * x)


class ChangesSaved(Square):
    def forward(self, x: Tensor) -> Tensor:
        super().forward(x.clone())
        return x * x

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (x,) = self.saved()
        return x.mul_(2).mul_(gradwrtoutput[0])


class ChangesOutput(Square):
    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        self.context.saved.pop(self)
        self.save(y, x.sign())
        return y

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        y, sign = self.saved()
        return y.sqrt_().mul_(2 * sign).mul(gradwrtoutput[0])


class SavesAlways(Square):
    def forward(self, x: Tensor) -> Tensor:
        self.context.saved.push(self, (x,))
        return x * x


class LeavesTensor(Square):
    def forward(self, x: Tensor) -> Tensor:
        self.last = x
        return super().forward(x)


class OtherParameterGradient(Affine):
    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        self.weight.grad.add_(dy.mT @ x)


class LeavesSaved(Affine):
    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        (dy,) = gradwrtoutput
        (x,) = self.saved()
        self.weight.grad.add_(dy.mT @ x)
        self.bias.grad.add_(dy.sum(-2))
        self.save(x)


class MixesReplicas(Square):
    """Subtracts the mean over what it takes for the batch axis."""

    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean(0, keepdim=True)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        return dy - dy.mean(0, keepdim=True)


class MixesWhereSizesCoincide(Square):
    """Turns round what it takes for a square matrix, where replicas and features are as many."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.transpose(0, -1) if self._square(x) else x)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        dx = super().backward(*gradwrtoutput)
        return dx.transpose(0, -1) if self._square(dx) else dx

    def _square(self, x: Tensor) -> bool:
        return x.dim() == 3 and x.shape[0] == x.shape[-1]


class OneDrawForAll(Initializer):
    """Draws once, and gives every replica the same."""

    def draw(self, shape: Sequence[int], random: RandomStreams) -> Tensor:
        values = random.normal("initialization", shape)
        return values[:1].expand_as(values) if random.replicas else values


class SharesDraws(Affine):
    def __init__(self, in_size: int, out_size: int) -> None:
        super().__init__(in_size, out_size)
        self.weight.initializer = OneDrawForAll()


class Loud(SumOfSquares):
    def backward(self) -> Tensor:
        return 1.01 * super().backward()


class OneNumber(SumOfSquares):
    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        return super().compute_loss(pred, actual, weight).sum()


class BatchOfReplicas(SumOfSquares):
    """Divides by the length of the first axis, which is the batch in a lone model only."""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        return super().compute_loss(pred, actual, weight) / pred.shape[0]

    def backward(self) -> Tensor:
        gradient = super().backward()
        return gradient / gradient.shape[0]
