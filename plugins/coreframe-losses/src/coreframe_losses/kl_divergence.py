"""KLDivergence: how far predicted probabilities are from those of the targets."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import Example, Graph, Loss, Sample
from coreframe_losses.class_indices import expect_classes

__all__ = ["KLDivergence"]


class KLDivergence(Loss):
    """Kullback-Leibler divergence; outputs are log-probabilities, targets probabilities.

    ℓ = (1/n) Σᵢ Σₖ tᵢₖ (log tᵢₖ − predᵢₖ),  dpred = −t / n

    It is D(t ‖ eᵖʳᵉᵈ), with 0 log 0 = 0. n counts the rows: samples, times positions where a
    sample has several. With weights, row i counts wᵢ / (positions · Σ w). torch calls this mean
    `batchmean`; its `mean` divides by the number of classes, too.

    Shapes: pred and actual (*replicas, batch, *positions, classes) → ℓ (*replicas,).
    Source: Kullback and Leibler 1951, On information and sufficiency.

    Raises:
        ShapeError: in compute_loss, for shapes that differ.
    """

    @classmethod
    def examples(cls) -> list[Example]:
        logs = [[-1.386294361, -0.287682072]]  # log ¼, log ¾
        known = [
            ((logs, [[0.5, 0.5]]), 0.143841036),  # ½ log (4/3)
            ((logs, [[0.0, 1.0]]), 0.287682072),  # log (4/3)
            ((logs * 2, [[0.5, 0.5], [0.0, 1.0]]), 0.215761554),
        ]
        return [
            Example(cls(), (2,), Sample((2,), "probabilities"), known=known),
            Example(cls(), (3,), Sample((3,), "one-hot")),
            Example(cls(), (2, 4), Sample((2, 4), "probabilities")),
        ]

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        self.expect_same_shape(pred, actual)
        expect_classes(self, pred)
        actual = actual.to(pred.dtype)
        divergence = torch.xlogy(actual, actual).addcmul_(actual, pred, value=-1).sum(-1)
        share = self.share(divergence, weight)
        self.save(actual, share)
        return self.weighted_sum(divergence, share)

    def backward(self) -> Tensor:
        actual, share = self.saved()
        gradient: Tensor = actual * -(share.unsqueeze(-1) if isinstance(share, Tensor) else share)
        return gradient

    def predict(self, output: Tensor) -> Tensor:
        """The class with the largest log-probability."""
        return output.argmax(-1)

    def classes(self, actual: Tensor) -> Tensor:
        return actual.argmax(-1)

    def probabilities(self, output: Tensor) -> Tensor:
        """exp: outputs are log-probabilities."""
        return output.exp()

    def export_probabilities(self, graph: Graph, output: str) -> str:
        return graph.add("Exp", output)
