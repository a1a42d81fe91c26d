"""Huber: squared for small errors, absolute for large ones."""

from __future__ import annotations

from sys import float_info

from torch import Tensor

from coreframe import Example, Loss, Sample
from coreframe_losses.largest_output import largest_output
from coreframe_losses.number_between import number_between

__all__ = ["Huber"]


class Huber(Loss):
    """Huber's loss, over all elements, with d = pred − actual.

    ℓ = (1/n) Σᵢ h(dᵢ),  h(d) = d²/2 where |d| ≤ δ, else δ (|d| − δ/2)
    dpred = (1/n) min(max(d, −δ), δ)

    With c = min(max(d, −δ), δ), both branches are h(d) = c (d − c/2), and h′(d) = c. n counts the
    elements: samples times features. With weights, ℓ = Σᵢ wᵢ h(dᵢ) / (features · Σ w). The
    predicted class is the largest output, as with MSE.

    Shapes: pred and actual (*replicas, batch, *features) → ℓ (*replicas,).
    Source: Huber 1964, Robust estimation of a location parameter.

    Args:
        delta: δ, the error from which on the loss grows linearly, in the units of the outputs.

    Raises:
        ArgumentError: unless delta is a positive finite number.
        ShapeError: in compute_loss, for shapes that differ.
    """

    def __init__(self, delta: float = 1.0) -> None:
        bounds = "a positive finite number"
        least, below = float_info.min, float("inf")
        self.delta = number_between("Huber: delta", delta, bounds, least=least, below=below)

    @classmethod
    def examples(cls) -> list[Example]:
        known = [(([[1.5, 5.0]], [[1.0, 3.0]]), 0.8125)]  # (1/8 + 3/2) / 2
        narrow = [(([[0.25], [0.0]], [[0.0], [3.0]]), 0.703125)]  # (1/32 + (3 − 1/4) / 2) / 2
        return [
            Example(cls(), (2,), Sample((2,), "one-hot"), known=known),
            Example(cls(delta=0.5), (1,), (1,), known=narrow),
            Example(cls(delta=1.5), (3, 4), (3, 4)),
            Example(cls(delta=0.25), (), ()),
        ]

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        self.expect_same_shape(pred, actual)
        difference = pred - actual.to(pred.dtype)
        slope = difference.clamp(-self.delta, self.delta)
        share = self.share(difference, weight)
        self.save(slope, share)
        return self.weighted_sum(difference.sub_(slope, alpha=0.5).mul_(slope), share)

    def backward(self) -> Tensor:
        slope, share = self.saved()
        gradient: Tensor = slope.mul_(share)
        return gradient

    def predict(self, output: Tensor) -> Tensor:
        """The class with the largest output; of a single output, its value."""
        return largest_output(output, self.replicas)

    def classes(self, actual: Tensor) -> Tensor:
        return self.predict(actual)
