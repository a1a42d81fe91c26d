"""Components that break the contract in one call each, to show that `debug` names them.

`BiasFirst`, `Gate`, `NamedGradient`, `Narrow`, `Swap` and `Table` do not; they are only unusual.
"""

from __future__ import annotations

from typing import Any

import torch
from coreframe_toys import Affine, Square, SumOfSquares
from torch import Tensor

import coreframe as cf

__all__ = [
    "BiasFirst",
    "CutsGradient",
    "DecaysInForward",
    "DividesByZero",
    "DoubleGate",
    "DoubleGradient",
    "DoubleValue",
    "Gate",
    "InPlaceResidual",
    "InfiniteParameterGradient",
    "KeepsOutput",
    "LogOfZero",
    "MeanOverBatch",
    "MetaGradient",
    "MinusInfinity",
    "NaNForward",
    "NamedGradient",
    "Narrow",
    "NoGradient",
    "NormalizesTarget",
    "Number",
    "OnMeta",
    "OneGradient",
    "ReplicasLast",
    "StepsInBackward",
    "Swap",
    "SwapsWrongly",
    "Table",
    "ToDouble",
    "TwoGradients",
    "WrongOrder",
]


class NaNForward(Square):
    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        y.flatten()[-2:] = torch.nan
        return y


class ReplicasLast(Square):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).movedim(0, -1)


class MeanOverBatch(Square):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).mean(-2)


class ToDouble(Square):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.double())


class OnMeta(Square):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).to("meta")


class DoubleGradient(Square):
    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput).double()


class MetaGradient(Square):
    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return super().backward(*gradwrtoutput).to("meta")


class MinusInfinity(Square):
    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        dx = super().backward(*gradwrtoutput)
        dx[..., -1] = -torch.inf
        return dx


class Number(Square):
    def backward(self, *gradwrtoutput: Tensor) -> Any:
        return float(super().backward(*gradwrtoutput).sum())


class TwoGradients(Square):
    def backward(self, *gradwrtoutput: Tensor) -> Any:
        dx = super().backward(*gradwrtoutput)
        return dx, dx


class DecaysInForward(Affine):
    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        self.weight.value.mul_(0.9)
        return y


class StepsInBackward(Affine):
    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        dx = super().backward(*gradwrtoutput)
        self.bias.value.sub_(0.1)
        return dx


class InfiniteParameterGradient(Affine):
    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        dx = super().backward(*gradwrtoutput)
        self.bias.grad[..., 1] = torch.inf
        return dx


class InPlaceResidual(cf.Module):
    """y = f(x) + x, added where f keeps its output."""

    def __init__(self, body: cf.Module) -> None:
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.body.forward(x)
        return y.add_(x)

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        dx: Tensor = self.body.backward(*gradwrtoutput)
        return dx + gradwrtoutput[0]


class KeepsOutput(Square):
    def forward(self, x: Tensor) -> Tensor:
        y = x.exp()
        self.save(y)
        return y


class CutsGradient(cf.Module):
    """Hands its body a gradient of another shape than the body's output."""

    def __init__(self, body: cf.Module) -> None:
        self.body = body

    def forward(self, x: Tensor) -> Any:
        return self.body.forward(x)

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        return self.body.backward(gradwrtoutput[0][..., :1])


class WrongOrder(cf.Sequential):
    def backward(self, *gradwrtoutput: Tensor) -> Any:
        (dy,) = gradwrtoutput
        for layer in self.layers:
            dy = layer.backward(dy)
        return dy


class Table(cf.Module):
    """Rows of a table by index: an input that has no gradient."""

    def __init__(self, rows: int, size: int) -> None:
        self.rows, self.size = rows, size
        self.table = cf.Parameter((rows, size), cf.Normal(1.0))

    def forward(self, x: Tensor) -> Tensor:
        hot = torch.eye(self.rows, dtype=self.table.value.dtype)[x]
        self.save(hot)
        return hot @ self.table.value

    def backward(self, *gradwrtoutput: Tensor) -> None:
        (hot,) = self.saved()
        self.table.grad.add_(hot.mT @ gradwrtoutput[0])


class Swap(cf.Module):
    """Two inputs, two outputs, the other way round."""

    def forward(self, x0: Tensor, x1: Tensor) -> tuple[Tensor, Tensor]:
        self.save()
        return x1, x0

    def backward(self, *gradwrtoutput: Tensor) -> tuple[Tensor, Tensor]:
        dy0, dy1 = gradwrtoutput
        self.saved()
        return dy1, dy0


class SwapsWrongly(Swap):
    def backward(self, *gradwrtoutput: Tensor) -> tuple[Tensor, Tensor]:
        dy0, dy1 = gradwrtoutput
        self.saved()
        return dy0, dy1


class BiasFirst(Affine):
    """Draws its bias before its weight, as it reads them."""

    def forward(self, x: Tensor) -> Tensor:
        return self.bias.value * 0 + super().forward(x)


class NamedGradient(Square):
    """Its backward has a name for its argument."""

    def backward(self, dy: Tensor) -> Tensor:  # type: ignore[override]  # as a user may write it
        return super().backward(dy)


class Gate(cf.Module):
    """y = x · mask, where there is a mask; the mask has no gradient."""

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        mask = torch.ones_like(x) if mask is None else mask
        self.save(mask)
        return x * mask

    def backward(self, *gradwrtoutput: Tensor) -> tuple[Tensor, None]:
        (mask,) = self.saved()
        return gradwrtoutput[0] * mask, None


class DoubleGate(Gate):
    def backward(self, *gradwrtoutput: Tensor) -> tuple[Tensor, None]:
        return super().backward(*gradwrtoutput)[0].double(), None


class Narrow(cf.Module):
    """y = w x in single precision, whatever the precision of x; dx in that of x."""

    def __init__(self, size: int) -> None:
        self.weight = cf.Parameter((size,), cf.Constant(2.0))

    def forward(self, x: Tensor) -> Tensor:
        self.save(x)
        return self.weight.value * x.float()

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (x,) = self.saved()
        self.weight.grad.add_((gradwrtoutput[0] * x).sum(-2))
        return (self.weight.value * gradwrtoutput[0]).to(x)


class DoubleValue(SumOfSquares):
    def backward(self) -> Tensor:
        return super().backward().double()


class OneGradient(SumOfSquares):
    def backward(self) -> Tensor:
        return super().backward().sum(0)


class NoGradient(SumOfSquares):
    def backward(self) -> Any:
        super().backward()


class LogOfZero(SumOfSquares):
    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        return (0 * super().compute_loss(pred, actual, weight)).log()


class DividesByZero(SumOfSquares):
    def backward(self) -> Tensor:
        return super().backward() * torch.inf


class NormalizesTarget(SumOfSquares):
    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        return super().compute_loss(pred, actual.sub_(1.0), weight)
