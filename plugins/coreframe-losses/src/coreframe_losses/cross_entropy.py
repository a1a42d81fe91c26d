"""CrossEntropy: of probabilities that a softmax makes of the outputs."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from coreframe import Example, Graph, Loss, Sample
from coreframe_losses.class_indices import (
    expect_class_indices,
    expect_classes,
    of_named_class,
    one_hot,
)
from coreframe_losses.class_weights import ClassWeights
from coreframe_losses.number_between import number_between

__all__ = ["CrossEntropy"]


class CrossEntropy(Loss):
    """Cross-entropy; outputs are logits, p = softmax(pred) over the last axis.

    ℓ = −(1/n) Σᵢ Σₖ qᵢₖ log pᵢₖ,  qᵢₖ = c(k) ((1 − ε) tᵢₖ + ε/K)
    dpredᵢₖ = (pᵢₖ Σⱼ qᵢⱼ − qᵢₖ) / n

    t are the targets: probabilities, or [k = yᵢ] for class indices y. ε is the label smoothing,
    c(k) the weight of class k (or 1), K the number of classes. n counts the rows: samples, times
    positions where a sample has several. With weights, row i counts wᵢ / (positions · Σ w).

    A class weight multiplies, and the mean stays one over samples, so that means of batches add
    up to that of all. torch does likewise with probabilities; with class indices it divides by
    Σᵢ c(yᵢ) instead: its mean is this one · n / Σᵢ c(yᵢ).

    Shapes: pred (*replicas, batch, *positions, classes); actual (*replicas, batch, *positions)
    of class indices, or probabilities in the shape of pred → ℓ (*replicas,).
    Source: Bishop 2006, Pattern Recognition and Machine Learning, §4.3.4; Szegedy et al. 2016,
    Rethinking the Inception architecture for computer vision, §7, for label smoothing.

    Args:
        label_smoothing: ε, the part of each target that is spread over all classes, from 0 to
            below 1.
        class_weights: c, one for each class.

    Raises:
        ArgumentError: for settings out of range; in compute_loss, for class indices that are not
            int64 or name no class.
        ShapeError: in compute_loss, for shapes that do not fit.
    """

    targets = ("class indices", "like outputs")

    def __init__(
        self, *, label_smoothing: float = 0.0, class_weights: Sequence[float] | None = None
    ) -> None:
        name, bounds = "CrossEntropy: label_smoothing", "a number from 0 to below 1"
        self.label_smoothing = number_between(name, label_smoothing, bounds, least=0.0, below=1.0)
        self._class_weights = None if class_weights is None else ClassWeights(class_weights)

    @classmethod
    def examples(cls) -> list[Example]:
        rows = [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]  # −log p is 2.407606, 1.407606, 0.407606; log 3
        three, soft = Sample((), "indices", 3), Sample((3,), "probabilities")
        weighted = cls(class_weights=[1.0, 2.0, 4.0])
        smooth, both = cls(label_smoothing=0.3), cls(label_smoothing=0.25, class_weights=[3, 0, 1])
        return [
            Example(cls(), (3,), three, known=[((rows, [0, 1]), 1.753109126)]),
            Example(weighted, (3,), three, known=[((rows, [0, 1]), 2.302415271)]),
            Example(smooth, (3,), three, known=[((rows[:1], [2]), 0.707605964)]),
            Example(cls(), (3,), soft, known=[((rows[:1], [[0.2, 0.3, 0.5]]), 1.107605964)]),
            Example(smooth, (3,), soft, known=[((rows[:1], [[0.0, 0.0, 1.0]]), 0.707605964)]),
            Example(both, (3,), three, known=[((rows[1:], [0]), 2.838082018)]),  # 31/12 · log 3
            Example(both, (2, 3), Sample((2, 3), "probabilities")),
            Example(cls(class_weights=[1, 0, 2, 0.5]), (2, 4), Sample((2,), "indices", 4)),
        ]

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        if actual.is_floating_point():
            self.expect_same_shape(pred, actual)
            expect_classes(self, pred)
            return self._of_probabilities(pred, actual.to(pred.dtype), weight)
        expect_class_indices(self, pred, actual)
        if self.label_smoothing:
            return self._of_probabilities(pred, one_hot(self, pred, actual), weight)
        return self._of_classes(pred, actual, weight)

    def _of_classes(self, pred: Tensor, actual: Tensor, weight: Tensor | None) -> Tensor:
        scores = _below_largest(pred)
        score = of_named_class(self, scores, actual)
        share = self.share(score, weight)
        if self._class_weights is not None:
            share = share * self._class_weights.like(pred, self)[actual].unsqueeze(-1)
        total = scores.exp_().sum(-1, keepdim=True)
        surprise = total.log().sub_(score)
        self.save(scores, total, actual, surprise, share)
        return self.weighted_sum(surprise, share)

    def _of_probabilities(self, pred: Tensor, target: Tensor, weight: Tensor | None) -> Tensor:
        smoothing = self.label_smoothing
        if smoothing:
            target = (target * (1 - smoothing)).add_(smoothing / pred.shape[-1])
        if self._class_weights is not None:
            target = target * self._class_weights.like(pred, self)
        scores = _below_largest(pred)
        score = (target * scores).sum(-1, keepdim=True)
        share = self.share(score, weight)
        total = scores.exp_().sum(-1, keepdim=True)
        surprise = target.sum(-1, keepdim=True).mul_(total.log()).sub_(score)
        self.save(scores, total, target, None, share)
        return self.weighted_sum(surprise, share)

    def backward(self) -> Tensor:
        exponentials, total, target, surprise, share = self.saved()
        # log pₖ = xₖ − log Σⱼ e^xⱼ, so ∂ log pₖ / ∂xⱼ = [j = k] − pⱼ
        gradient: Tensor = exponentials
        if surprise is None:
            gradient.mul_(target.sum(-1, keepdim=True).div_(total)).sub_(target)
            return gradient.mul_(share)
        # Of each row only the named class has a q, and there p − q = expm1(log p).
        named = surprise.neg_().expm1_().mul_(share)
        return gradient.mul_(share / total).scatter_(-1, target.unsqueeze(-1), named)

    def predict(self, output: Tensor) -> Tensor:
        """The class with the largest output."""
        return output.argmax(-1)

    def classes(self, actual: Tensor) -> Tensor:
        return actual.argmax(-1) if actual.is_floating_point() else actual

    def probabilities(self, output: Tensor) -> Tensor:
        """Softmax over the classes."""
        return output.softmax(-1)

    def export_probabilities(self, graph: Graph, output: str) -> str:
        return graph.add("Softmax", output, axis=-1)


def _below_largest(pred: Tensor) -> Tensor:
    """x − max x of each row: its exponentials do not overflow, and their sum is at least 1.

    The softmax is written out, for torch's own is many times as slow on rows of few classes, and
    keeps no exponentials for backward.
    """
    return pred - pred.amax(-1, keepdim=True)
