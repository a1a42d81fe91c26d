"""MAE: the mean absolute error."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Loss, Sample
from coreframe_losses.largest_output import largest_output

__all__ = ["MAE"]


class MAE(Loss):
    """Mean absolute error, over all elements.

    ℓ = (1/n) Σᵢ |predᵢ − actualᵢ|,  dpred = (1/n) sign(pred − actual)

    n counts the elements: samples times features. With weights, ℓ = Σᵢ wᵢ |predᵢ − actualᵢ| /
    (features · Σ w). The derivative at 0 is taken to be 0. The predicted class is the largest
    output, as with MSE.

    Shapes: pred and actual (*replicas, batch, *features) → ℓ (*replicas,).
    Source: Bishop 2006, Pattern Recognition and Machine Learning, §1.5.5 (q = 1).

    Raises:
        ShapeError: in compute_loss, for shapes that differ.
    """

    @classmethod
    def examples(cls) -> list[Example]:
        known = [(([[1.0, 2.0]], [[0.0, 4.0]]), 1.5), (([[3.0], [3.0]], [[3.0], [1.0]]), 1.0)]
        return [
            Example(cls(), (2,), Sample((2,), "one-hot"), known=known),
            Example(cls(), (1,), (1,)),
            Example(cls(), (3, 4), (3, 4)),
            Example(cls(), (), ()),
        ]

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        self.expect_same_shape(pred, actual)
        difference = pred - actual.to(pred.dtype)
        share = self.share(difference, weight)
        self.save(difference, share)
        return self.weighted_sum(difference.abs(), share)

    def backward(self) -> Tensor:
        difference, share = self.saved()
        gradient: Tensor = difference.sign_().mul_(share)
        return gradient

    def predict(self, output: Tensor) -> Tensor:
        """The class with the largest output; of a single output, its value."""
        return largest_output(output, self.replicas)

    def classes(self, actual: Tensor) -> Tensor:
        return self.predict(actual)
