"""Sound losses, for faults to be planted in."""

from __future__ import annotations

from math import log
from typing import Any

import torch
from coreframe_statistics import MeanOfSquares
from torch import Tensor

from coreframe import Example, Loss, Sample, ShapeError


class Squares(MeanOfSquares):
    """ℓ = mean of (pred − actual)²."""

    @classmethod
    def examples(cls) -> list[Example]:
        known = [(([[1.0, 2.0]], [[0.0, 0.0]]), 2.5)]
        return [
            Example(cls(), (3,), (3,), known=known),
            Example(cls(), (3,), Sample((3,), "one-hot")),
        ]


class Surprise(Loss):
    """ℓ = mean of −log softmax(pred) at the class."""

    targets = ("class indices",)

    @classmethod
    def examples(cls) -> list[Example]:
        known = [(([[0.0, 0.0]], [1]), log(2))]
        return [Example(cls(), (4,), Sample((), "indices", 4), known=known)]

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        self.expect_replicas(pred)
        if actual.shape != pred.shape[:-1] or actual.dim() == len(self.replicas):
            raise ShapeError(f"{self!r} needs {tuple(pred.shape[:-1])}, got {tuple(actual.shape)}")
        logs = self.logs(pred)
        surprise = -logs.gather(-1, actual.unsqueeze(-1)).squeeze(-1)
        share = self.share(surprise, weight)
        self.save(logs, actual, share)
        return self.weighted_sum(surprise, share)

    def backward(self) -> Tensor:
        logs, actual, share = self.saved()
        expected: Tensor = logs.exp()
        hit = torch.ones_like(expected[..., :1])
        gradient = expected.scatter_add(-1, actual.unsqueeze(-1), -hit)
        return gradient * (share.unsqueeze(-1) if isinstance(share, Tensor) else share)

    def logs(self, pred: Tensor) -> Tensor:
        """log softmax."""
        shifted = pred - pred.amax(-1, keepdim=True)
        return shifted - shifted.exp().sum(-1, keepdim=True).log()

    def predict(self, output: Any) -> Tensor:
        best: Tensor = output.argmax(-1)
        return best
