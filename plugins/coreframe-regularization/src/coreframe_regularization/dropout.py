"""Dropout: numbers are left out at random while training."""

from __future__ import annotations

from torch import Tensor

from coreframe import Example, Graph, Hyperparameter, Module, Setting, Shape

__all__ = ["Dropout"]


class Dropout(Module):
    """Dropout, elementwise; in evaluation the identity.

    y = x ⊙ k / (1 − p),  dx = dy ⊙ k / (1 − p),  k = [u ≥ p],  u uniform in [0, 1)

    Since the mean of k is 1 − p, that of y is x. The numbers u come from the noise stream of each
    replica; they are drawn also for p = 0, so that a replica's noise does not depend on the p of
    others.

    Shapes: x (*, features) → y (*, features).
    Source: Srivastava et al. 2014, Dropout, §10 (inverted: scaled while training).

    Args:
        p: probability of being left out, at least 0 and below 1; one number or one per replica.

    Raises:
        ArgumentError: if p is out of range.
    """

    differs_in_evaluation = True

    p = Hyperparameter(below=1.0)

    def __init__(self, p: Setting = 0.5) -> None:
        self.p = p

    @classmethod
    def examples(cls) -> list[Example]:
        known = [([[1.0, -2.0]], [[1.0, -2.0]])]  # in evaluation
        return [Example(cls(), (4,), known=known), Example(cls(0.2), (2, 3)), Example(cls(0.7), ())]

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        kept = self.noise(x)
        p = self.expand(self.p, kept)
        # Compared in place it gives 1 and 0 as real numbers: a product with booleans is slow.
        factor = kept.ge_(p).div_(1 - p).to(x.dtype)
        self.save(factor)
        return x * factor

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (dy,) = gradwrtoutput
        (factor,) = self.saved()
        return dy * factor

    def output_shape(self, input_shape: Shape | None) -> Shape | None:
        return input_shape

    def export(self, graph: Graph, x: str) -> str:  # noqa: ARG002  # the identity
        return x
