"""Scores: a figure of every fold, and what they say of the mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev

from coreframe import ArgumentError

__all__ = ["Scores"]


@dataclass(frozen=True)
class Scores:
    """A figure, such as the accuracy, of every fold of every repeat.

    Attributes:
        values: x₁ … x_J, repeat after repeat.
        folds: k, the number of folds in each repeat.
    """

    values: Sequence[float]
    folds: int

    @property
    def mean(self) -> float:
        """m = (1/J) Σ xⱼ."""
        return fmean(self.values)

    @property
    def deviation(self) -> float:
        """s, where s² = Σ (xⱼ − m)² / (J − 1)."""
        return stdev(self.values)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """The interval of confidence for the mean.

        m ± t · s √(1/J + 1/(k − 1)),  t = the quantile (1 + level)/2 of Student's t with J − 1
        degrees of freedom

        Folds share training samples, so their figures are not independent, and s/√J alone would
        shrink without end with more repeats. The second term under the root is n₂/n₁, the held-out
        samples per training sample, which is 1/(k − 1) of k folds.

        Source: Nadeau & Bengio 2003, Inference for the generalization error (the corrected
        resampled variance); Bouckaert & Frank 2004, Evaluating the replicability of significance
        tests for comparing learning algorithms, for repeated folds.

        Args:
            level: how often such an interval is to hold the true mean, between 0 and 1.

        Raises:
            ArgumentError: for another level.
        """
        # Imported where it is needed: it takes longer than all the rest.
        from scipy.special import stdtrit  # type: ignore[import-untyped]  # noqa: PLC0415  # it has no types

        if not 0 < level < 1:
            raise ArgumentError(f"the level must be between 0 and 1, got {level!r}")
        count = len(self.values)
        t = float(stdtrit(count - 1, (1 + level) / 2))
        half = t * self.deviation * sqrt(1 / count + 1 / (self.folds - 1))
        return self.mean - half, self.mean + half
