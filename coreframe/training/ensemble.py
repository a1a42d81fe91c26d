"""Ensemble: a population that predicts as one."""

from __future__ import annotations

import copy
from typing import NamedTuple

import torch
from torch import Tensor

from coreframe.errors import ArgumentError, ShapeError
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.interfaces.split import Split
from coreframe.training.ensemble_prediction import EnsemblePrediction
from coreframe.training.evaluation import Evaluation, evaluate, evaluating, evaluation_chunks
from coreframe.training.fit import placing

__all__ = ["Ensemble", "EnsembleEvaluation"]


class EnsembleEvaluation(NamedTuple):
    """Figures of an ensemble on a split: numbers of no axis, but for the members'.

    Attributes:
        loss: where probabilities are averaged, −(1/n) Σᵢ log p̄ᵢ(yᵢ), the log loss of the mean
            with classes yᵢ; otherwise the loss of the mean output.
        accuracy: the share of samples whose class by p̄ is the true one; NaN in regression.
        vote_accuracy: likewise by the most votes.
        members: loss and accuracy of each replica, `(R,)`.
    """

    loss: Tensor
    accuracy: Tensor
    vote_accuracy: Tensor
    members: Evaluation


class Ensemble:
    """A trained population that predicts as one.

        ensemble = Ensemble(models, loss)
        found = ensemble.predict(x)
        found.predicted, found.mean, found.spread

    It is saved as the population is, `save_checkpoint(path, ensemble.model)`, and is there again
    by `Ensemble(load_checkpoint(path).model, loss)`. `ensemble.model.select([0, 2])` keeps some
    replicas of it.

    Args:
        model: a population; all replicas count alike.
        loss: what it was trained with, which says how outputs become predictions.

    Raises:
        ArgumentError: for a lone model, or arguments of another type.
    """

    def __init__(self, model: Module, loss: Loss) -> None:
        if not isinstance(model, Module):
            raise ArgumentError(f"Ensemble: model must be a coreframe Module, got {model!r}")
        if not isinstance(loss, Loss):
            raise ArgumentError(f"Ensemble: loss must be a coreframe Loss, got {loss!r}")
        self.model, self.loss = model, loss
        self._expect_population()

    def __repr__(self) -> str:
        return f"<Ensemble of {self.model.replicas[0]} × {self.model!r}>"

    def member(self, replica: int) -> Module:
        """A copy of one replica as a lone model.

        Raises:
            ArgumentError: if there is no such replica.
        """
        if isinstance(replica, bool) or not isinstance(replica, int):
            raise ArgumentError(f"a member is named by its number, got {replica!r}")
        return copy.deepcopy(self.model).select(replica)

    def predict(self, x: Tensor) -> EnsemblePrediction:
        """What the replicas say of inputs that all of them get, `(samples, *features)`.

        The model is evaluated in evaluation mode, and is left in the mode it was in.

        Raises:
            ArgumentError: for what is no tensor, or if a replica's outputs are not finite.
            ShapeError: for no samples, or inputs or outputs of a shape that does not fit.
        """
        if not isinstance(x, Tensor):
            raise ArgumentError(f"an ensemble predicts from a tensor of inputs, got {x!r}")
        if not x.dim() or not len(x):
            raise ShapeError(f"an ensemble predicts from samples, and {tuple(x.shape)} has none")
        replicas = self._expect_population()
        with torch.inference_mode(), evaluating(self.model):
            place = placing(self.model)
            outputs = [
                self.model.forward(place(x[positions].expand(*replicas, -1, *x.shape[1:])))
                for positions in evaluation_chunks(self.model, len(x))
            ]
        return self._join(torch.cat(outputs, 1), (*replicas, len(x)))  # a tensor like any other

    def evaluate(self, split: Split) -> EnsembleEvaluation:
        """Loss and accuracy on samples that all replicas share.

        Raises:
            ArgumentError, ShapeError: as of `predict`; also for samples of each replica's own.
        """
        members = evaluate(self.model, split, self.loss)
        if split.replicas:
            raise ShapeError(
                f"an ensemble is evaluated on samples that its replicas share, not for replicas "
                f"{split.replicas}"
            )
        loss = copy.copy(self.loss)
        loss.replicas = ()
        place, samples = placing(self.model), len(split)
        sums = torch.zeros(3, dtype=torch.float64)
        for positions in evaluation_chunks(self.model, samples):
            x, actual = split.take(positions)
            found, actual = self.predict(x), place(actual)
            sums += _sums(loss, found, actual)
        is_sum = loss.reduction == "sum" and not found.is_probabilistic
        accuracy, vote_accuracy = sums[1:] / samples
        return EnsembleEvaluation(
            sums[0] if is_sum else sums[0] / samples, accuracy, vote_accuracy, members
        )

    def _join(self, output: Tensor, samples: tuple[int, ...]) -> EnsemblePrediction:
        if tuple(output.shape[:2]) != samples:
            raise ShapeError(
                f"the model gives {tuple(output.shape)}; an ensemble's begins with (*replicas, "
                f"batch) = {samples}"
            )
        finite = output.isfinite().flatten(1).all(1)
        if not bool(finite.all()):
            wrong = ", ".join(map(str, (~finite).nonzero().flatten().tolist()))
            raise ArgumentError(
                f"the outputs of replicas {wrong} are not finite: keep the others with "
                "ensemble.model.select"
            )
        loss = copy.copy(self.loss)
        loss.replicas = self.model.replicas
        opinions = loss.predict(output)
        try:
            return EnsemblePrediction(loss.probabilities(output), opinions)
        except ArgumentError:  # it reads outputs as something else
            loss.replicas = ()
            return EnsemblePrediction(output, opinions, loss.predict(output.mean(0)))

    def _expect_population(self) -> tuple[int, ...]:
        if not self.model.replicas:
            raise ArgumentError(
                "an ensemble is made of a population, and this is a lone model: assemble it with "
                "seeds=range(5)"
            )
        return self.model.replicas


def _sums(loss: Loss, found: EnsemblePrediction, actual: Tensor) -> Tensor:
    """Of some samples, the sum of losses, and how many are right by the mean and by vote."""
    right = [torch.nan, torch.nan]  # values are near or far, not right or wrong
    if not found.predicted.is_floating_point():
        classes = loss.classes(actual)
        right = [float((p == classes).double().mean()) for p in (found.predicted, found.vote)]
    if found.is_probabilistic:
        value, is_sum = _log_loss(found, loss.classes(actual)), False
    else:
        value, is_sum = loss.compute_loss(found.mean, actual), loss.reduction == "sum"
    sums = torch.tensor([float(value), *right], dtype=torch.float64)
    return sums * torch.tensor([1 if is_sum else len(actual), len(actual), len(actual)])


def _log_loss(found: EnsemblePrediction, classes: Tensor) -> Tensor:
    mean = found.mean
    if found.is_categorical:
        named = mean.gather(-1, classes.unsqueeze(-1))
    else:
        named = torch.where(classes.reshape(mean.shape) == 1, mean, 1 - mean)
    # A probability that rounds to zero is not the proof that a class is impossible.
    return named.clamp(min=torch.finfo(mean.dtype).eps).log().neg().mean()
