"""Parts: what a plan names, made and tried on each other before anything is trained."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch

import coreframe as cf
from coreframe_runs.device import device_fault
from coreframe_runs.first_layer import fit_first_layer
from coreframe_runs.plan import Plan, RunFileError

__all__ = ["Parts", "assemble_layers", "build_parts", "create_part", "splits"]

Kind = Literal["dataset", "loss", "optimizer", "schedule"]

KINDS: dict[str, Kind] = {
    "data": "dataset",
    "loss": "loss",
    "optimizer": "optimizer",
    "schedule": "schedule",
}

DTYPES = {"float32": torch.float32, "float64": torch.float64}


@dataclass
class Parts:
    """The objects of a run."""

    data: cf.Dataset
    model: cf.Module
    loss: cf.Loss
    optimizer: cf.Optimizer
    schedule: cf.Schedule | None


def build_parts(plan: Plan, data: cf.Dataset | None = None) -> Parts:
    """Make everything that the plan names, and try one batch.

    Args:
        plan: what to make.
        data: the plan's dataset, where it has been made before.

    Raises:
        RunFileError: naming every mistake with its key, as far as they do not hide each other.
    """
    mistakes: dict[str, str] = {}
    if data is None:
        data = create_part(plan, "data", mistakes)
    loss = create_part(plan, "loss", mistakes)
    schedule = create_part(plan, "schedule", mistakes) if "schedule" in plan.components else None
    model = assemble_layers(plan, mistakes)
    # Without a model its optimizer can be tried on an empty one.
    trained = model or cf.Sequential().initialize(seed=0)
    optimizer = create_part(plan, "optimizer", mistakes, trained)
    if isinstance(data, cf.Dataset) and model is not None and isinstance(loss, cf.Loss):
        _fit(data, model, mistakes)
        _try(plan, data, model, loss, mistakes)
        _expect_monitor(plan, data, mistakes)
    if mistakes:
        raise RunFileError(plan.source, mistakes)
    return Parts(data, model, loss, optimizer, schedule)  # type: ignore[arg-type]  # no mistakes


def create_part(plan: Plan, section: str, mistakes: dict[str, str], *given: object) -> Any:
    """The component of a section; None, and a mistake by its key, where it cannot be made.

    Args:
        plan: what the run file says.
        section: data, loss, optimizer or schedule.
        mistakes: takes up what is wrong, by key.
        given: what no file can hold: the model of an optimizer.
    """
    arguments = dict(plan.components[section])
    name, kind = arguments.pop("name"), KINDS[section]
    distribution, _, bare = name.rpartition(".")
    try:
        record = cf.get_registry().find(bare, kind=kind, distribution=distribution or None)
        cls = cf.get_registry().load(record)
    except cf.CoreframeError as error:
        mistakes[f"{section}.name"] = str(error)
        return None
    unknown = _unknown(cls, arguments)
    if distribution:
        name = record.qualified  # as a spec spells it
    for argument, hint in unknown.items():
        mistakes[f"{section}.{argument}"] = f"{name} has no such argument{hint}"
    if unknown:
        return None
    try:
        return cf.create(kind, name, *given, **arguments)
    except cf.CoreframeError as error:
        mistakes[section] = str(error)
    except (ArithmeticError, OSError, RuntimeError, TypeError, ValueError) as error:
        mistakes[section] = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    return None


def _unknown(cls: Any, arguments: Mapping[str, Any]) -> dict[str, str]:
    """Arguments that the constructor does not have, each with the nearest that it has."""
    parameters = inspect.signature(cls).parameters
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return {}
    hints: dict[str, str] = {}
    for name in arguments:
        if name not in parameters:
            near = difflib.get_close_matches(name, parameters, n=1)
            hints[name] = (
                f"; did you mean {near[0]}?" if near else f"; it has {', '.join(parameters)}"
            )
    return hints


def assemble_layers(plan: Plan, mistakes: dict[str, str]) -> cf.Module | None:
    """The model; None, and a mistake by its key, where it cannot be made."""
    settings = plan.settings
    for index, spec in enumerate(plan.layers):
        try:
            cf.create("module", spec)
        except cf.CoreframeError as error:
            mistakes[f"model.layers[{index}]"] = str(error)
    if fault := device_fault(settings.device):
        mistakes["run.device"] = fault
    if any(key.startswith("model") or key == "run.device" for key in mistakes):
        return None
    try:
        seeds = list(range(settings.seed, settings.seed + settings.replicas))
        return cf.assemble(
            plan.layers,
            seed=seeds[0] if len(seeds) == 1 else None,
            seeds=None if len(seeds) == 1 else seeds,
            dtype=DTYPES[settings.dtype],
            device=settings.device,
        )
    except cf.CoreframeError as error:
        mistakes["model.layers"] = str(error)
    return None


def _fit(data: cf.Dataset, model: cf.Module, mistakes: dict[str, str]) -> None:
    try:
        fit_first_layer(model, data)
    except cf.CoreframeError as error:
        mistakes["model.layers[0]"] = str(error)


def _try(
    plan: Plan, data: cf.Dataset, model: cf.Module, loss: cf.Loss, mistakes: dict[str, str]
) -> None:
    """One small batch: whether the data's shapes fit the model's, and its targets the loss."""
    if mistakes:
        return
    if data.replicas:
        mistakes["data"] = f"it has samples for {data.replicas[0]} models, and a run shares its own"
        return
    few = torch.arange(min(2, len(data.train))).expand(*model.replicas, -1)
    x, actual = data.train.take(few)
    loss.replicas = model.replicas
    dtype = DTYPES[plan.settings.dtype]
    x, actual = (t.to(dtype if t.is_floating_point() else t.dtype) for t in (x, actual))
    model.eval()
    try:
        with torch.inference_mode():
            output = model.forward(x.to(plan.settings.device))
            try:
                loss.compute_loss(output, actual.to(plan.settings.device))
            except cf.CoreframeError as error:
                mistakes["loss"] = str(error)
    except cf.CoreframeError as error:
        mistakes["model.layers"] = str(error)
    finally:
        loss.clear()
        model.forget()
        model.train()


def _expect_monitor(plan: Plan, data: cf.Dataset, mistakes: dict[str, str]) -> None:
    figures = ["loss"]
    if data.validation is not None:
        figures += ["validation_loss", "validation_accuracy"]
    if plan.settings.monitor and plan.settings.monitor not in figures:
        near = difflib.get_close_matches(plan.settings.monitor, figures, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        mistakes["run.monitor"] = f"the run has {', '.join(figures)}{hint}"


def monitor_of(plan: Plan, data: cf.Dataset) -> str:
    """The figure by which the best epoch is kept."""
    default = "loss" if data.validation is None else "validation_loss"
    return plan.settings.monitor or default


def splits(data: cf.Dataset) -> list[str]:
    """The names of the splits that the data has."""
    found = {"train": data.train, "validation": data.validation, "test": data.test}
    return [name for name, split in found.items() if split is not None]
