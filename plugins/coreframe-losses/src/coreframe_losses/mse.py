"""MSE: the mean squared error."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Loss, Sample
from coreframe_losses.largest_output import largest_output

__all__ = ["MSE"]


class MSE(Loss):
    """Mean squared error, over all elements.

    ℓ = (1/n) Σᵢ (predᵢ − actualᵢ)²,  dpred = (2/n) (pred − actual)

    n counts the elements: samples times features. With weights, ℓ = Σᵢ wᵢ (predᵢ − actualᵢ)² /
    (features · Σ w). Targets are one-hot for classification, and the predicted class is the
    largest output.

    Shapes: pred and actual (*replicas, batch, features) → ℓ (*replicas,).
    Source: the report, §II.C.1.
    """

    @classmethod
    def examples(cls) -> list[Example]:
        known = [(([[1.0, 2.0]], [[0.0, 4.0]]), 2.5)]
        return [
            Example(cls(), (2,), Sample((2,), "one-hot"), known=known),
            Example(cls(), (1,), (1,)),
            Example(cls(), (3, 4), (3, 4)),
            Example(cls(), (), ()),
        ]

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        self.expect_same_shape(pred, actual)
        difference = pred - actual
        share = self.share(difference, weight)
        self.save(difference, share)
        return self.weighted_sum(difference.square(), share)

    def backward(self) -> Tensor:
        difference, share = self.saved()
        gradient: Tensor = difference * (2 * share)
        return gradient

    def predict(self, output: Tensor) -> Tensor:
        """The class with the largest output; of a single output, its value."""
        return largest_output(output, self.replicas)

    def classes(self, actual: Tensor) -> Tensor:
        return self.predict(actual)
