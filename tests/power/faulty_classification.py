"""The losses of coreframe-losses with one fault each, most of them of classification."""

from __future__ import annotations

import torch
from planting import fault
from torch import Tensor

from coreframe_losses import NLL, BinaryCrossEntropy, CrossEntropy, Huber, KLDivergence


@fault("loss.known", "the loss")
class SmoothedTwice(CrossEntropy):
    """label smoothing is added twice, with a gradient that agrees"""

    def _of_probabilities(self, pred: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        smoothing = self.label_smoothing
        target = target * (1 - smoothing) + smoothing / pred.shape[-1]
        return super()._of_probabilities(pred, target, weight)


@fault("loss.gradient", "pred[")
class SmoothedInValueOnly(CrossEntropy):
    """the gradient is that of targets without label smoothing"""

    def _of_probabilities(self, pred: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        value = super()._of_probabilities(pred, target, weight)
        exponentials, total, _, surprise, share = self.saved()
        self.save(exponentials, total, target, surprise, share)
        return value


@fault("loss.gradient", "pred[")
class TargetsOfOne(CrossEntropy):
    """the gradient takes the targets of a row to add up to one, which class weights undo"""

    def backward(self) -> Tensor:
        exponentials, total, target, surprise, share = self.saved()
        if surprise is not None:
            self.save(exponentials, total, target, surprise, share)
            return super().backward()
        gradient: Tensor = (exponentials / total - target) * share
        return gradient


@fault("loss.gradient", "pred[")
class SoftmaxOverBatch(CrossEntropy):
    """the softmax of the gradient runs over the batch"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        value = super().compute_loss(pred, actual, weight)
        _, total, *rest = self.saved()
        self.save(pred.softmax(len(self.replicas)), torch.ones_like(total), *rest)
        return value


@fault("loss.weight", "without the sample")
class DividedByClassWeights(CrossEntropy):
    """a mean over the chosen class weights, where those of samples left out count, too"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        value = super().compute_loss(pred, actual, weight)
        *rest, share = self.saved()
        factor = self._factor(pred, actual)
        shape = (*factor.shape, *[1] * (pred.dim() - factor.dim()))
        self.save(*rest, share * factor.reshape(shape))
        return value * factor

    def _factor(self, pred: Tensor, actual: Tensor) -> Tensor:
        if self._class_weights is None or actual.is_floating_point():
            return pred.new_ones(self.replicas)
        chosen = self._class_weights.like(pred, self)[actual]
        return 1 / chosen.flatten(len(self.replicas)).mean(-1).clamp_min(1e-3)


@fault("loss.known", "the loss")
class WeightOfPrediction(NLL):
    """the class weight is that of the likeliest class, not of the target's"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        value = super().compute_loss(pred, actual, weight)
        if self._class_weights is None:
            return value
        share = self.share(actual.to(pred.dtype), weight)
        share = share * self._class_weights.like(pred, self)[pred.argmax(-1)]
        self.save(pred, actual, share)
        return -self.weighted_sum(pred.gather(-1, actual.unsqueeze(-1)).squeeze(-1), share)


@fault("loss.gradient", "pred[")
class WeightlessClasses(NLL):
    """the gradient leaves the class weights out"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        value = super().compute_loss(pred, actual, weight)
        self.save(*self.saved()[:2], self.share(actual.to(pred.dtype), weight))
        return value


@fault("loss.known", "the loss")
class Exchanged(KLDivergence):
    """the divergence of the targets from the outputs' side: D(e^pred ‖ t) for D(t ‖ e^pred)"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        return super().compute_loss(actual.clamp_min(1e-30).log(), pred.exp(), weight)


@fault("loss.known", "the loss")
class MeanOverClasses(KLDivergence):
    """a mean over the classes, too, as torch's `mean` has it"""

    def weighted_sum(self, elements: Tensor, share: float | Tensor) -> Tensor:
        classes = self._saved[0].shape[-1] if self._saved else 1
        return super().weighted_sum(elements, share) / classes

    def backward(self) -> Tensor:
        gradient = super().backward()
        return gradient / gradient.shape[-1]


@fault("loss.gradient", "pred[")
class Unclipped(Huber):
    """the slope goes on growing behind δ"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        value = super().compute_loss(pred, actual, weight)
        _, share = self.saved()
        self.save(pred - actual.to(pred.dtype), share)
        return value


@fault("loss.known", "the loss")
class ClippedAtOne(Huber):
    """it bends at 1, whatever δ is"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        asked, self.delta = self.delta, 1.0
        value = super().compute_loss(pred, actual, weight)
        self.delta = asked
        return value


@fault("loss.gradient", "pred[")
class WeightlessBinary(BinaryCrossEntropy):
    """the gradient leaves the samples' weights out"""

    def backward(self) -> Tensor:
        pred, target, _ = self.saved()
        gradient: Tensor = (pred.sigmoid() - target) * float(self.share(pred, None))
        return gradient


@fault("loss.extremes", "not finite")
class LogOfSigmoid(BinaryCrossEntropy):
    """the logarithms of a sigmoid that has come to 0 or to 1"""

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        super().compute_loss(pred, actual, weight)
        z, target, share = self.saved()
        p = z.sigmoid()
        elements = -torch.where(target > 0.5, p.log(), (1 - p).log())
        self.save(z, target, share)
        return self.weighted_sum(elements, share)


@fault("loss.predict", "other classes")
class HalfOfLogit(BinaryCrossEntropy):
    """predicts class 1 from a logit of more than 2"""

    def predict(self, output: Tensor) -> Tensor:
        return super().predict(output - 2)
