"""TrialPopulation: trials of one group, trained at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

import coreframe as cf
from coreframe_runs import Plan, RunFileError, create_part, fit_first_layer
from coreframe_search.groups import merge_layers, merge_section

__all__ = ["TrialPopulation", "build_population", "models_of"]

DTYPES = {"float32": torch.float32, "float64": torch.float64}


@dataclass
class TrialPopulation:
    """The objects of a population's training.

    Replicas stand trial by trial, and within a trial fold by fold. Those of a trial begin and shuffle
    by its seed and the next ones.
    """

    plan: Plan
    model: cf.Module
    data: cf.Dataset
    loss: cf.Loss
    optimizer: cf.Optimizer
    schedule: cf.Schedule | None

    def train(self, watchers: Sequence[object]) -> None:
        """Train it to its end; what comes of it the watchers see."""
        settings = self.plan.settings
        cf.train_model(
            self.model,
            self.data,
            self.loss,
            self.optimizer,
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            accumulate=settings.accumulate,
            clip_norm=settings.clip_norm or None,
            schedule=self.schedule,
            log=[] if self.data.validation is None else ["validation"],
            watchers=watchers,
        )


def build_population(
    plans: Sequence[Plan], data: cf.Dataset | None, folds: int, seed: int
) -> TrialPopulation:
    """The population of some plans of one group.

    Args:
        plans: one for each trial.
        data: their dataset, where it has been made before.
        folds: of the training samples, for each of which a trial has models of its own; 0 for none.
        seed: by which the samples are dealt to folds.

    Raises:
        RunFileError: if what they have in common is refused.
        CoreframeError: if something that differs between them is.
    """
    first = plans[0]
    count = models_of(first, folds)
    replicas = [plan for plan in plans for _ in range(count)]
    mistakes: dict[str, str] = {}
    shared = create_part(first, "data", mistakes) if data is None else data
    if mistakes:
        raise RunFileError(first.source, mistakes)
    if folds:
        chosen = [index % folds for index in range(count)] * len(plans)
        shared = cf.Folds(shared, folds, seed=seed).select(chosen)
    model = cf.assemble(
        merge_layers(replicas),
        seeds=[plan.settings.seed + index for plan in plans for index in range(count)],
        dtype=DTYPES[first.settings.dtype],
        device=first.settings.device,
    )
    fit_first_layer(model, shared)
    return TrialPopulation(
        first,
        model,
        shared,
        _create("loss", replicas),
        _create("optimizer", replicas, model),
        _create("schedule", replicas) if "schedule" in first.components else None,
    )


def models_of(plan: Plan, folds: int) -> int:
    """How many models a trial has: the run's replicas, for each fold."""
    return plan.settings.replicas * max(1, folds)


def _create(section: str, replicas: Sequence[Plan], *given: object) -> Any:
    arguments = merge_section(replicas, section)
    name = arguments.pop("name")
    distribution, _, bare = name.rpartition(".")
    if distribution:  # as a spec spells it
        name = cf.get_registry().find(bare, kind=section, distribution=distribution).qualified
    return cf.create(section, name, *given, **arguments)
