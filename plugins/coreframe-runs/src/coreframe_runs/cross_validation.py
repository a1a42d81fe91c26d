"""cross_validate: a run on every fold of its training samples, all as one population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

import coreframe as cf
from coreframe_runs.first_layer import fit_first_layer
from coreframe_runs.scores import Scores

__all__ = ["CrossValidation", "cross_validate"]


@dataclass(frozen=True)
class CrossValidation:
    """What the folds came to; replica r held out fold r mod k of repeat ⌊r / k⌋.

    Attributes:
        loss: of each fold's held-out samples; NaN for a fold whose training diverged.
        accuracy: likewise, from 0 to 1; None in regression.
        models: the population of the folds' models.
        data: its data.
        folds: k.
    """

    loss: Scores
    accuracy: Scores | None
    models: cf.Module
    data: cf.Folds
    folds: int

    @property
    def scores(self) -> dict[str, Scores]:
        """Those that there are, by name."""
        found = {"loss": self.loss}
        return found if self.accuracy is None else {**found, "accuracy": self.accuracy}


def cross_validate(
    model: cf.Module,
    data: cf.Dataset,
    loss: cf.Loss,
    optimizer: cf.Optimizer,
    *,
    folds: int = 5,
    repeats: int = 1,
    stratified: bool | None = None,
    epochs: int = 100,
    batch_size: int = 16,
    accumulate: int = 1,
    clip_norm: float | None = None,
    schedule: cf.Schedule | None = None,
    watchers: Sequence[object] = (),
) -> CrossValidation:
    """Train a model anew on all folds but one, for each fold, and evaluate it on that one.

    All folds train as one population, and each gives what it would alone. With s the model's seed,
    the samples are dealt by seed s, and replica r begins and shuffles by seed s + r, so that the
    figures differ by all that a training depends on. A first layer that can be fitted, such as
    Standardize, is fitted on each fold's own training samples. No held-out sample is looked at
    before the training is over.

    Args:
        model: a lone model, whose spec is assembled anew for the folds; it stays as it is.
        data: whose training samples are dealt to folds; neither validation nor test is read.
        loss: what to minimize.
        optimizer: made for this model; one of its spec trains the folds.
        folds: how many, from 2.
        repeats: how often the samples are dealt anew.
        stratified: whether each class is dealt evenly; None for where targets name classes.
        epochs: passes over a fold's training samples.
        batch_size: samples per batch and fold.
        accumulate: batches per update.
        clip_norm: the largest norm of a fold's gradients; None for any.
        schedule: one of its spec is used.
        watchers: of the population's run.

    Raises:
        ArgumentError: for a population, an optimizer of another model, data that owe something to
            all of their training samples, or as of `Folds`.
        DivergedRun: if every fold's loss stops being a number.
    """
    if not isinstance(model, cf.Module) or model.replicas:
        raise cf.ArgumentError(f"cross_validate: model must be a lone model, got {model!r}")
    if not isinstance(optimizer, cf.Optimizer) or optimizer.model is not model:
        raise cf.ArgumentError(f"{optimizer!r} was not made for the model to be cross-validated")
    if isinstance(data, cf.Dataset) and data.fitted_by:
        raise cf.ArgumentError(
            f"{data!r} owes something to all of its training samples, also to those that a fold "
            f"holds out, by {data.fitted_by}: leave that out; a first layer Standardize is fitted "
            "on each fold's own"
        )
    seed = model.random.seeds
    assert isinstance(seed, int)  # noqa: S101  # that of a lone model
    dealt = cf.Folds(data, folds, seed=seed, repeats=repeats, stratified=stratified)
    models = _population(model, [seed + replica for replica in range(*dealt.replicas)])
    fit_first_layer(models, dealt)
    diverged = Diverged()
    cf.train_model(
        models,
        dealt,
        loss,
        cf.create("optimizer", repr(optimizer), models),
        epochs=epochs,
        batch_size=batch_size,
        accumulate=accumulate,
        clip_norm=clip_norm,
        schedule=None if schedule is None else cf.create("schedule", repr(schedule)),
        watchers=[*watchers, diverged],
    )
    found = cf.evaluate(models, dealt.part("validation"), loss)
    is_regression = bool(found.accuracy.isnan().all())
    value, accuracy = (
        Scores(figure.masked_fill(diverged.mask, torch.nan).tolist(), folds) for figure in found
    )
    return CrossValidation(value, None if is_regression else accuracy, models, dealt, folds)


class Diverged:
    """Remembers which replicas lost their numbers."""

    mask: torch.Tensor

    @cf.hookimpl
    def coreframe_run_end(self, run: cf.Run) -> None:
        self.mask = run.diverged


def _population(model: cf.Module, seeds: list[int]) -> cf.Module:
    """The model's spec as a population, of its dtype and on its device."""
    _, first = next(model.named_parameters(), ("", None))
    if first is None:
        return cf.assemble(repr(model), seeds=seeds)
    return cf.assemble(repr(model), seeds=seeds, dtype=first.value.dtype, device=first.value.device)
