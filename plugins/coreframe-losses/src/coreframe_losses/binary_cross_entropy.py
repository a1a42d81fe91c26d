"""BinaryCrossEntropy: of probabilities that a sigmoid makes of the outputs."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import ArgumentError, Example, Graph, Loss, Sample, ShapeError

__all__ = ["BinaryCrossEntropy"]


class BinaryCrossEntropy(Loss):
    """Cross-entropy of yes and no, over all elements; outputs z are logits, p = 1 / (1 + e⁻ᶻ).

    ℓ = −(1/n) Σᵢ tᵢ log pᵢ + (1 − tᵢ) log(1 − pᵢ) = (1/n) Σᵢ max(zᵢ, 0) − tᵢ zᵢ + log(1 + e^−|zᵢ|)
    dz = (p − t) / n

    The second form has no overflow, nor a logarithm of zero. n counts the elements: samples times
    features. With weights, element i counts wᵢ / (features · Σ w).

    Targets are probabilities from 0 to 1 in the outputs' shape. For a single output they may as
    well be class indices, 0 or 1, without the axis of that output. An output above 0 predicts
    class 1, a target above ½ is of class 1.

    Shapes: pred z and actual t (*replicas, batch, *features) → ℓ (*replicas,); or pred
    (*replicas, batch, 1) with class indices (*replicas, batch).
    Source: Bishop 2006, Pattern Recognition and Machine Learning, §4.3.2.

    Raises:
        ArgumentError: in compute_loss, for class indices that are not int64.
        ShapeError: in compute_loss, for shapes that differ.
    """

    targets = ("like outputs", "class indices")

    @classmethod
    def examples(cls) -> list[Example]:
        known = [
            (([[0.0], [2.0]], [[1.0], [0.0]]), 1.410037596),  # (log 2 + log(1 + e²)) / 2
            (([[2.0]], [[0.25]]), 1.626928011),  # log(1 + e²) − 2/4
        ]
        return [
            Example(cls(), (1,), Sample((1,), "one-hot"), known=known),
            Example(cls(), (2, 3), Sample((2, 3), "one-hot")),
            Example(cls(), (1,), Sample((), "indices", 2), known=[(([[2.0]], [0]), 2.126928011)]),
            Example(cls(), (), Sample((), "indices", 2)),
        ]

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        target = self._target(pred, actual)
        share = self.share(pred, weight)
        self.save(pred, target, share)
        elements = pred.abs().neg_().exp_().log1p_()
        elements.add_(pred.relu()).addcmul_(pred, target, value=-1)
        return self.weighted_sum(elements, share)

    def backward(self) -> Tensor:
        pred, target, share = self.saved()
        # d/dz log(1 + eᶻ) = p
        gradient: Tensor = pred.sigmoid().sub_(target).mul_(share)
        return gradient

    def predict(self, output: Tensor) -> Tensor:
        """Class 1 where the output is above 0; the axis of a single output is left out."""
        return self._without_single(output > 0).long()

    def classes(self, actual: Tensor) -> Tensor:
        if not actual.is_floating_point():
            return actual
        return self._without_single(actual > 0.5).long()

    def probabilities(self, output: Tensor) -> Tensor:
        """Sigmoid: the probability of class 1."""
        return output.sigmoid()

    def export_probabilities(self, graph: Graph, output: str) -> str:
        return graph.add("Sigmoid", output)

    def _target(self, pred: Tensor, actual: Tensor) -> Tensor:
        """The targets as probabilities, in the outputs' shape."""
        self.expect_replicas(pred)
        if actual.is_floating_point():
            self.expect_same_shape(pred, actual)
            return actual.to(pred.dtype)
        wanted = self._without_single(pred).shape
        if actual.shape != wanted or pred.shape[len(wanted) :].numel() != 1:
            raise ShapeError(
                f"{self!r} takes class indices for a single output, (*replicas, batch) for "
                f"(*replicas, batch, 1); it got {tuple(actual.shape)} for {tuple(pred.shape)}"
            )
        if actual.dtype != torch.int64:
            raise ArgumentError(f"{self!r} needs class indices of int64, got {actual.dtype}")
        return actual.to(pred.dtype).reshape(pred.shape)

    def _without_single(self, tensor: Tensor) -> Tensor:
        """Without the axis of a single output, if it has one."""
        has_features = tensor.dim() > len(self.replicas) + 1
        return tensor.squeeze(-1) if has_features else tensor
