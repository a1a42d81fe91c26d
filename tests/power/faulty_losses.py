"""Losses with one fault each."""

from __future__ import annotations

import torch
from planting import fault
from sound_losses import Squares, Surprise
from torch import Tensor

from coreframe import Example


@fault("loss.gradient", "pred[")
class ForgottenTwo(Squares):
    """the gradient lacks the factor two"""

    def backward(self) -> Tensor:
        return super().backward() / 2


@fault("loss.gradient", "pred[")
class MeanOverSamplesOnly(Squares):
    """the loss is a mean over all elements, the gradient one over samples"""

    def backward(self) -> Tensor:
        gradient = super().backward()
        return gradient * gradient.shape[-1]


@fault("loss.gradient", "pred[")
class WeightlessGradient(Squares):
    """the gradient leaves the samples' weights out"""

    def backward(self) -> Tensor:
        difference, _ = self.saved()
        gradient: Tensor = difference * (2 / difference.shape[len(self.replicas) :].numel())
        return gradient


@fault("loss.gradient", "not one number per replica")
class OneNumberForAll(Squares):
    """a population gets one number, the mean over its replicas"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        return super().compute_loss(pred, actual, weight).mean()


@fault("loss.population", "replica")
class DividedByReplicas(Squares):
    """loss and gradient of each replica are divided by their number"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        value = super().compute_loss(pred, actual, weight)
        return value / (pred.shape[0] if self.replicas else 1)

    def backward(self) -> Tensor:
        gradient = super().backward()
        return gradient / (gradient.shape[0] if self.replicas else 1)


@fault("loss.shapes", "ShapeError")
class Broadcasts(Squares):
    """targets of another shape are broadcast"""

    def expect_same_shape(self, pred: Tensor, actual: Tensor) -> None:
        torch.broadcast_tensors(pred, actual)  # type: ignore[no-untyped-call]  # torch's


@fault("loss.shapes", "not ShapeError")
class RaisesTorchError(Squares):
    """shapes that do not fit raise an error of torch's"""

    def expect_same_shape(self, pred: Tensor, actual: Tensor) -> None:
        if pred.shape != actual.shape:
            raise RuntimeError("The size of tensor a must match the size of tensor b")
        self.expect_replicas(pred)


@fault("loss.weight", "whose weight is zero")
class DividedByCount(Squares):
    """a weighted sum is divided by the number of samples instead of the sum of weights"""

    def share(self, elements: Tensor, weight: Tensor | None) -> float | Tensor:
        share = super().share(elements, weight)
        if weight is None or not isinstance(share, Tensor):
            return share
        return share * weight.sum(-1).reshape(*self.replicas, 1, 1) / weight.shape[-1]


@fault("loss.weight", "0 / 0")
class ZeroByZero(Squares):
    """without any weight it is NaN"""

    def share(self, elements: Tensor, weight: Tensor | None) -> float | Tensor:
        share = super().share(elements, weight)
        return (
            share if weight is None else share / weight.sum(-1).sign().reshape(*self.replicas, 1, 1)
        )


@fault("loss.reduction", "twice")
class UndeclaredSum(Squares):
    """it is a sum over the samples, and declares a mean"""

    def share(self, elements: Tensor, weight: Tensor | None) -> float | Tensor:
        share = super().share(elements, weight)
        count = elements.shape[len(self.replicas)]
        if weight is not None:
            return share * weight.sum(-1).reshape(*self.replicas, 1, 1)
        return share * count


@fault("loss.extremes", "not finite")
class LogOfSoftmax(Surprise):
    """the logarithm of a softmax that has underflown"""

    def logs(self, pred: Tensor) -> Tensor:
        return pred.softmax(-1).log()


@fault("loss.extremes", "not finite")
class MaximumOfAll(Surprise):
    """subtracts the maximum of all samples, so that the small ones underflow"""

    def logs(self, pred: Tensor) -> Tensor:
        shifted = pred - pred.amax()
        return shifted - shifted.exp().sum(-1, keepdim=True).log()


@fault("loss.known", "the loss")
class InBits(Surprise):
    """surprise in bits, with a gradient that agrees"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        return super().compute_loss(pred, actual, weight) * 1.4426950408889634

    def backward(self) -> Tensor:
        return super().backward() * 1.4426950408889634


@fault("loss.arguments", "actual[")
class ChangesTarget(Squares):
    """targets are scaled in place"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        return super().compute_loss(pred, actual.mul_(0.5), weight)


@fault("loss.arguments", "first time")
class RunningTotal(Squares):
    """the loss goes on adding up from call to call"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        value = super().compute_loss(pred, actual, weight)
        before: Tensor = vars(self).get("total", torch.zeros(()))
        self.total = 0.5 * before + value
        return self.total


@fault("loss.needs-forward", "raised nothing")
class BackwardTwice(Squares):
    """what was saved stays, and a second backward takes it again"""

    def saved(self) -> tuple[object, ...]:
        kept = super().saved()
        self.save(*kept)
        return kept


@fault("loss.dtype", "dtype torch.float64")
class DoubleValue(Squares):
    """the loss is of double precision, whatever the outputs are"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        return super().compute_loss(pred, actual, weight).double()


@fault("loss.layout", "raised RuntimeError")
class LooksAtOneRow(Squares):
    """looks at the outputs as one row, which those of another layout are not"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        return super().compute_loss(pred.view(-1).view(pred.shape), actual, weight)


@fault("loss.repr", "assembled again")
class DefaultInRepr(Squares):
    """the repr leaves out what is not the default"""

    def __init__(self, power: float = 2.0) -> None:
        self.power = power

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(3.0), (3,), (3,))]

    def __repr__(self) -> str:
        return "DefaultInRepr()"


@fault("loss.predict", "one by one")
class ClassesAsGiven(Squares):
    """predictions are classes, targets stay one-hot rows"""

    def classes(self, actual: Tensor) -> Tensor:
        return actual


@fault("loss.empty-batch", "no samples")
class NothingIsNaN(Squares):
    """the mean of no samples is NaN"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        value = super().compute_loss(pred, actual, weight)
        return value if pred.numel() else value / 0


@fault("loss.operators", "_log_softmax_backward_data")
class BorrowedGradient(Surprise):
    """backward calls the operator that autograd has for it"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        value = super().compute_loss(pred, actual, weight)
        logs, *rest = self.saved()
        torch.ops.aten._log_softmax_backward_data(logs, logs, -1, logs.dtype)
        self.save(logs, *rest)
        return value
