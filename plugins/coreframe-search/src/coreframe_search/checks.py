"""check_sweep: every value tried, before anything starts."""

from __future__ import annotations

from typing import Any

import coreframe as cf
from coreframe_runs import (
    Plan,
    RunFileError,
    assemble_layers,
    build_parts,
    create_part,
    nearest,
)
from coreframe_search.sweep_plan import SweepPlan

__all__ = ["check_sweep"]

WHOLE = ("model.layers", "loss")  # the keys of layers that do not fit each other, or the data
FIGURES = ("loss", "validation_loss", "validation_accuracy")


def check_sweep(plan: SweepPlan) -> cf.Dataset:
    """Make the run without a trial's settings, and then with each value of each setting alone.

    Returns:
        The dataset, which trials share that do not change it.

    Raises:
        RunFileError: naming every value that is refused, with the reason.
    """
    mistakes: dict[str, str] = {}
    _expect_objective_known(plan, mistakes)
    others: dict[str, Any] = {}  # what is set beside each value
    try:
        parts = build_parts(plan.base)
    except RunFileError as error:
        try:  # what every trial replaces need not be right in the file
            others = {path: entry.tried[0] for path, entry in plan.space.items()}
            parts = build_parts(plan.plan(others))
        except RunFileError:
            raise RunFileError(plan.source, {**mistakes, **error.mistakes}) from error
    _expect_validation(plan, parts.data, mistakes)
    for path, entry in plan.space.items():
        for value in entry.tried:
            _try(plan, path, {**others, path: value}, parts.data, mistakes)
    if mistakes:
        raise RunFileError(plan.source, mistakes)
    return parts.data


def _try(
    plan: SweepPlan,
    path: str,
    values: dict[str, Any],
    data: cf.Dataset,
    mistakes: dict[str, str],
) -> None:
    found: dict[str, str] = {}
    try:
        section = _section(path)
        _make(plan.plan(values), section, data, found)
        if section == "model" and sum(_section(p) == "model" for p in plan.space) > 1:
            # What layers it does not fit alone, it may fit with another value.
            found = {key: text for key, text in found.items() if key not in WHOLE}
    except RunFileError as error:
        found |= error.mistakes
    if found:
        reasons = " and ".join(dict.fromkeys(found.values()))
        mistakes.setdefault(f"sweep.space.{path}", f"the value {values[path]!r}: {reasons}")


def _section(path: str) -> str:
    return path.partition(".")[0]


def _make(trial: Plan, section: str, data: cf.Dataset, found: dict[str, str]) -> None:
    """The component that the value belongs to; others cannot be wrong because of it alone."""
    if section == "optimizer":
        model = assemble_layers(trial, {}) or cf.Sequential().initialize(seed=0)
        create_part(trial, section, found, model)
    elif section in ("data", "loss", "schedule"):
        create_part(trial, section, found)
    elif section == "model":
        model_found = assemble_layers(trial, found)
        if model_found is not None and not found:
            _try_batch(trial, data, found)


def _try_batch(trial: Plan, data: cf.Dataset, found: dict[str, str]) -> None:
    try:
        build_parts(trial, data)
    except RunFileError as error:
        found |= {k: v for k, v in error.mistakes.items() if k.startswith(("model", "loss"))}


def _expect_objective_known(plan: SweepPlan, mistakes: dict[str, str]) -> None:
    if plan.objective not in FIGURES:
        mistakes["sweep.objective"] = (
            f"there is no figure {plan.objective!r}{nearest(plan.objective, FIGURES)}"
        )


def _expect_validation(plan: SweepPlan, data: cf.Dataset, mistakes: dict[str, str]) -> None:
    if plan.settings.folds and data.fitted_by:
        mistakes["sweep.folds"] = (
            f"the data owe something to all of their training samples, also to those that a fold "
            f"holds out, by {data.fitted_by}: leave that out; a first layer Standardize is fitted "
            "on each fold's own"
        )
    elif plan.settings.folds:
        try:
            cf.Folds(data, plan.settings.folds, seed=plan.settings.seed)
        except cf.ArgumentError as error:
            mistakes["sweep.folds"] = str(error)
    elif data.validation is None and plan.objective.startswith("validation"):
        mistakes["sweep.objective"] = (
            f"{plan.objective} needs a validation split of the data, or folds"
        )
