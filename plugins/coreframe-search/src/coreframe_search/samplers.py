"""Samplers and pruners of Optuna, by the names that a run file gives them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution

from coreframe_search.space import Choices
from coreframe_search.sweep_plan import SweepPlan

__all__ = ["GridPoint", "build_pruner", "build_sampler", "rung_epochs"]

PRIME = 1_000_003  # a study of another seed shares no trial's seed


def build_sampler(plan: SweepPlan, slot: int) -> optuna.samplers.BaseSampler:
    """The sampler of one trial, seeded by its slot: who asks for it changes nothing."""
    seed = (plan.settings.seed * PRIME + slot) % 2**32
    match plan.settings.sampler:
        case "grid":
            return GridPoint(plan, slot)
        case "random":
            return optuna.samplers.RandomSampler(seed=seed)
        case "qmc":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                # One sequence for all trials; its place in it is in the database.
                return optuna.samplers.QMCSampler(
                    scramble=True,
                    seed=plan.settings.seed,
                    independent_sampler=optuna.samplers.RandomSampler(seed=seed),
                    warn_independent_sampling=False,
                )
        case _:
            # The running trials of a block count as bad, so that its trials differ.
            return optuna.samplers.TPESampler(seed=seed, constant_liar=True)


def build_pruner(plan: SweepPlan) -> optuna.pruners.BasePruner:
    """The pruner of a sweep."""
    epochs = _longest(plan)
    rung, reduction = plan.settings.first_rung(epochs), plan.settings.reduction
    match plan.settings.pruner:
        case "median":
            return optuna.pruners.MedianPruner(n_warmup_steps=rung - 1)
        case "halving":
            return optuna.pruners.SuccessiveHalvingPruner(
                min_resource=rung, reduction_factor=reduction
            )
        case "hyperband":
            return optuna.pruners.HyperbandPruner(
                min_resource=rung, max_resource=max(rung, epochs), reduction_factor=reduction
            )
        case _:
            return optuna.pruners.NopPruner()


def rung_epochs(plan: SweepPlan) -> list[int]:
    """After which epochs a pruner is asked; the last epoch of all is not among them."""
    epochs = _longest(plan)
    rung, reduction = plan.settings.first_rung(epochs), plan.settings.reduction
    if plan.settings.pruner == "none":
        return []
    if plan.settings.pruner == "median":
        return list(range(rung, epochs, rung))
    found = []
    while rung < epochs:
        found.append(rung)
        rung *= reduction
    return found


class GridPoint(optuna.samplers.BaseSampler):
    """The point of the grid with this number, for one trial.

    Optuna's own `GridSampler` gives a point again that another worker has begun.
    """

    def __init__(self, plan: SweepPlan, number: int) -> None:
        self.plan, self.number = plan, number

    def infer_relative_search_space(self, *_: object) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(self, *_: object) -> dict[str, Any]:
        return {}

    def sample_independent(
        self,
        study: optuna.Study,  # noqa: ARG002  # as of the next, the interface's
        trial: optuna.trial.FrozenTrial,  # noqa: ARG002
        param_name: str,
        param_distribution: BaseDistribution,  # noqa: ARG002
    ) -> Any:
        return grid_point(self.plan, self.number)[param_name]


def grid_point(plan: SweepPlan, number: int) -> Mapping[str, Any]:
    """The labels of a point of the grid by its number."""
    point: dict[str, Any] = {}
    for path in reversed(plan.grid_order):
        values = plan.grid_values(path)
        number, index = divmod(number, len(values))
        entry = plan.space[path]
        point[path] = entry.labels[index] if isinstance(entry, Choices) else values[index]
    return point


def _longest(plan: SweepPlan) -> int:
    """The most epochs that a trial may have."""
    entry = plan.space.get("run.epochs")
    return max(entry.tried) if entry is not None else plan.base.settings.epochs
