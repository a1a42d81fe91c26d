"""EnsemblePrediction: what the replicas of an ensemble say of some samples, taken together."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from coreframe.errors import ArgumentError

__all__ = ["EnsemblePrediction"]

BINARY, HALF = 2, 0.5


@dataclass(frozen=True)
class EnsemblePrediction:
    """What R replicas say of some samples.

    Where the loss reads outputs as probabilities, these are averaged, otherwise the outputs
    themselves, as in regression:

    p̄ = (1/R) Σᵣ pᵣ,  s = √((1/R) Σᵣ (pᵣ − p̄)²)

    Shapes: below, features are those of the model's outputs: `(classes,)` for CrossEntropy.
    Source: Lakshminarayanan et al. 2017, Simple and scalable predictive uncertainty estimation
    using deep ensembles, §2.4.

    Attributes:
        members: pᵣ, each replica's probabilities or outputs, `(R, samples, *features)`.
        opinions: the class or value that each replica predicts, `(R, samples, …)`.
        of_mean: what the loss predicts from the mean output, `(samples, …)`; None where members
            are probabilities.
    """

    members: Tensor
    opinions: Tensor
    of_mean: Tensor | None = None

    @property
    def mean(self) -> Tensor:
        """p̄, `(samples, *features)`."""
        return self.members.mean(0)

    @property
    def spread(self) -> Tensor:
        """s, how far the replicas differ, `(samples, *features)`.

        It is the standard deviation of the mixture of all replicas, so it divides by R.
        """
        return self.members.std(0, correction=0)

    @property
    def predicted(self) -> Tensor:
        """What the ensemble predicts by p̄, `(samples, …)`: the most probable class.

        Where outputs are averaged, it is what the loss predicts from their mean.
        """
        if self.of_mean is not None:
            return self.of_mean
        if self.is_categorical:
            return self.mean.argmax(-1)
        return (self.mean > HALF).long().reshape(self.opinions.shape[1:])

    @property
    def votes(self) -> Tensor:
        """The share of replicas that predict each class, `(samples, …, classes)`.

        Raises:
            ArgumentError: if values are predicted.
        """
        if self.opinions.is_floating_point():
            raise ArgumentError("there are no votes: the loss predicts values here, not classes")
        classes = self.members.shape[-1] if self.is_categorical else BINARY
        counted = torch.zeros(*self.opinions.shape, classes, device=self.opinions.device)
        return counted.scatter_(-1, self.opinions.unsqueeze(-1), 1.0).mean(0)

    @property
    def vote(self) -> Tensor:
        """The class that most replicas predict, of equal ones the first, `(samples, …)`.

        Source: as scikit-learn's VotingClassifier with `voting="hard"`.
        """
        return self.votes.argmax(-1)

    @property
    def entropy(self) -> Tensor:
        """H(p̄) = −Σₖ p̄ₖ log p̄ₖ, all uncertainty of a prediction in nats, `(samples, …)`.

        Raises:
            ArgumentError: if the members are no probabilities.
        """
        return self._entropy(self.mean, self.opinions.shape[1:])

    @property
    def mutual_information(self) -> Tensor:
        """H(p̄) − (1/R) Σᵣ H(pᵣ) ≥ 0: uncertainty of which replica is right, `(samples, …)`.

        It is zero where all replicas give the same probabilities, however unsure these are.

        Source: Houlsby et al. 2011, Bayesian active learning for classification and preference
        learning, eq. 2.

        Raises:
            ArgumentError: if the members are no probabilities.
        """
        each = self._entropy(self.members, self.opinions.shape)
        return (self.entropy - each.mean(0)).clamp_(min=0)  # below only by rounding

    @property
    def is_probabilistic(self) -> bool:
        """Whether members are probabilities."""
        return self.of_mean is None

    @property
    def is_categorical(self) -> bool:
        """Whether the last axis of members is that of classes, of which one is true."""
        return self.members.dim() > self.opinions.dim() and self.members.shape[-1] > 1

    def _entropy(self, probabilities: Tensor, shape: torch.Size) -> Tensor:
        if not self.is_probabilistic:
            raise ArgumentError("there is no entropy: the loss does not read outputs so")
        terms: Tensor = torch.special.entr(probabilities)
        if self.is_categorical:
            return terms.sum(-1)
        terms = terms + torch.special.entr(1 - probabilities)
        return terms.reshape(shape)
