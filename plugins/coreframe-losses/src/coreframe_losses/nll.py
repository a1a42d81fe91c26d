"""NLL: the negative log-likelihood of the classes."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from coreframe import Example, Graph, Loss, Sample
from coreframe_losses.class_indices import expect_class_indices, of_named_class
from coreframe_losses.class_weights import ClassWeights

__all__ = ["NLL"]


class NLL(Loss):
    """Negative log-likelihood; outputs are log-probabilities, as a log-softmax gives them.

    ℓ = −(1/n) Σᵢ c(yᵢ) predᵢ(yᵢ),  dpredᵢₖ = −(1/n) c(yᵢ) [k = yᵢ]

    yᵢ is the class of row i, c(k) the weight of class k, or 1. n counts the rows: samples, times
    positions where a sample has several. With weights, ℓ = −Σᵢ wᵢ c(yᵢ) predᵢ(yᵢ) /
    (positions · Σ w).

    A class weight multiplies, and the mean stays one over samples, so that means of batches add
    up to that of all. torch divides by Σᵢ c(yᵢ) instead: its mean is this one · n / Σᵢ c(yᵢ).

    Shapes: pred (*replicas, batch, *positions, classes), actual (*replicas, batch, *positions)
    → ℓ (*replicas,).
    Source: Bishop 2006, Pattern Recognition and Machine Learning, §4.3.4.

    Args:
        class_weights: c, one for each class.

    Raises:
        ArgumentError: for class weights that are no list of numbers ≥ 0; in compute_loss, for
            targets that are not int64 or name no class.
        ShapeError: in compute_loss, for shapes that do not fit.
    """

    targets = ("class indices",)

    def __init__(self, *, class_weights: Sequence[float] | None = None) -> None:
        self._class_weights = None if class_weights is None else ClassWeights(class_weights)

    @classmethod
    def examples(cls) -> list[Example]:
        rows = [[-1.386294361, -0.287682072], [-0.693147181, -0.693147181]]  # log ¼, ¾, ½, ½
        return [
            Example(cls(), (3,), Sample((), "indices", 3), known=[((rows, [0, 1]), 1.039720771)]),
            Example(
                cls(class_weights=[3.0, 0.5]),
                (2,),
                Sample((), "indices", 2),
                known=[((rows, [0, 1]), 2.252728337)],  # (3 log 4 + ½ log 2) / 2
            ),
            Example(cls(class_weights=[1, 0, 2, 0.5]), (2, 4), Sample((2,), "indices", 4)),
            Example(cls(), (1,), Sample((), "indices", 1)),
        ]

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        expect_class_indices(self, pred, actual)
        share = self.share(actual.to(pred.dtype), weight)
        logs = of_named_class(self, pred, actual).squeeze(-1)
        if self._class_weights is not None:
            share = share * self._class_weights.like(pred, self)[actual]
        self.save(pred, actual, share)
        return -self.weighted_sum(logs, share)

    def backward(self) -> Tensor:
        pred, actual, share = self.saved()
        gradient: Tensor = pred.new_zeros(pred.shape)
        if isinstance(share, Tensor):
            return gradient.scatter_(
                -1, actual.unsqueeze(-1), -share.expand_as(actual).unsqueeze(-1)
            )
        return gradient.scatter_(-1, actual.unsqueeze(-1), -share)

    def predict(self, output: Tensor) -> Tensor:
        """The class with the largest log-probability."""
        return output.argmax(-1)

    def probabilities(self, output: Tensor) -> Tensor:
        """exp: outputs are log-probabilities."""
        return output.exp()

    def export_probabilities(self, graph: Graph, output: str) -> str:
        return graph.add("Exp", output)
