"""SweepPlan: a run file with a section [sweep], read and checked in its form."""

from __future__ import annotations

import copy
import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

import tomlkit

import coreframe as cf
from coreframe_runs import Plan, RunFileError, Settings, parse_plan, read_settings, read_table
from coreframe_search.groups import group_key
from coreframe_search.setting_path import parse_path
from coreframe_search.settings import MOST_TRIALS, SweepSettings
from coreframe_search.space import Choices, Interval, Space, read_space

__all__ = ["SweepPlan", "read_sweep"]

WITHOUT_EFFECT = ("threads", "checkpoint_seconds")  # on the figures of a run
TRIALS = 100  # without a grid, if the file does not say


@dataclass(frozen=True)
class SweepPlan:
    """What a run file says about a sweep.

    Attributes:
        source: the file, for messages.
        table: its sections, without [sweep].
        base: the run without a trial's settings.
        settings: the section [sweep].
        space: the values of each setting, by its path.
    """

    source: str
    table: dict[str, Any]
    base: Plan
    settings: SweepSettings
    space: Space

    @property
    def name(self) -> str:
        """The study's name in its database."""
        return self.settings.study or Path(self.source).stem

    @property
    def trials(self) -> int:
        """How many trials there are to be."""
        asked, grid = self.settings.trials, self.grid_size
        if grid:
            return min(asked, grid) if asked else grid
        return asked or TRIALS

    @property
    def grid_size(self) -> int:
        """How many points the grid has; 0 for another sampler."""
        if self.settings.sampler != "grid":
            return 0
        return prod(len(self.grid_values(path)) for path in self.space)

    @property
    def objective(self) -> str:
        """The figure of a trial."""
        return self.settings.objective or self.base.settings.monitor or "validation_loss"

    @property
    def rises(self) -> bool:
        """Whether more of the objective is better."""
        return self.objective.endswith("accuracy")

    def grid_values(self, path: str) -> tuple[Any, ...]:
        """The values of a setting on the grid."""
        entry = self.space[path]
        choices = entry.choices if isinstance(entry, Interval) else entry
        return () if choices is None else choices.values

    @cached_property
    def grid_order(self) -> list[str]:
        """The settings, those first that share no population, so that neighbours can."""

        def divides(path: str) -> bool:
            keys = {group_key(self.plan({path: v})) for v in self.grid_values(path)[:2]}
            return len(keys) > 1

        return sorted(self.space, key=lambda path: not divides(path))

    def plan(self, values: Mapping[str, Any]) -> Plan:
        """The run of a trial.

        Raises:
            RunFileError: if the values make no run.
        """
        table = copy.deepcopy(self.table)
        paths = {text: parse_path(text, [*table, *self.space]) for text in values}
        for text in sorted(paths, key=lambda text: paths[text].depth):
            try:
                paths[text].put(table, copy.deepcopy(values[text]))
            except cf.CoreframeError as error:
                raise RunFileError(self.source, {f"sweep.space.{text}": str(error)}) from error
        return parse_plan(table, self.source)

    @property
    def toml(self) -> str:
        """The whole file, with every setting that it left to its default."""
        document = tomlkit.parse(self.base.toml)
        section = tomlkit.table()
        section.update({**vars(self.settings), "study": self.name})
        section["space"] = {
            path: entry.plain
            if isinstance(entry, Choices)
            else {key: part for key, part in vars(entry).items() if part is not None}
            for path, entry in self.space.items()
        }
        document["sweep"] = section
        return tomlkit.dumps(document)

    @property
    def identity(self) -> dict[str, str]:
        """What must be the same for two sweeps to be one study; a text, or a digest, by key."""
        settings = self.settings
        usual = vars(Settings())
        run = {k: v for k, v in vars(self.base.settings).items() if v != usual[k]}
        run = {k: v for k, v in run.items() if k not in WITHOUT_EFFECT}
        parts = {"data": {}, "loss": {}, "optimizer": {}, "schedule": {}, **self.base.components}
        path = parts["data"].get("path")
        if isinstance(path, str):  # another machine may have the file elsewhere
            parts["data"] = parts["data"] | {"path": Path(path).name}
        rungs = (settings.first_rung(self.base.settings.epochs), settings.reduction)
        return {
            **{f"[{name}]": _digest(part) for name, part in parts.items()},
            "[model]": _digest(self.base.layers),
            "[run]": _digest(run),
            "objective": self.objective,
            **{k: str(vars(settings)[k]) for k in ("epoch", "folds", "sampler", "pruner", "seed")},
            "rungs": "none" if settings.pruner == "none" else str(rungs),
            **{f"space.{p}": json.dumps(e.plain) for p, e in sorted(self.space.items())},
        }


def read_sweep(path: Path, changes: Sequence[str] = (), space: Sequence[str] = ()) -> SweepPlan:
    """Read a run file for a sweep.

    Args:
        path: the file.
        changes: settings in place of the file's: `sweep.trials=20`.
        space: values in place of the file's: `optimizer.lr=[0.01, 0.1]`.

    Raises:
        RunFileError: naming every mistake of form with its key.
    """
    mistakes: dict[str, str] = {}
    table = read_table(path, mistakes, changes)
    section = table.pop("sweep", {})
    if not isinstance(section, dict):
        mistakes["sweep"] = "must be a section, written [sweep]"
        section = {}
    section, searched = _searched(section, mistakes)
    for change in space:
        _add_values(change, searched, mistakes)
    try:
        base = parse_plan(table, str(path), mistakes)
    except RunFileError as error:
        base, mistakes = None, error.mistakes
    settings = read_settings(SweepSettings, "sweep", section, mistakes, ("space",))
    found = read_space(searched, mistakes)
    for text in found:
        try:
            parse_path(text, [*table, *found])
        except cf.ArgumentError as error:
            mistakes[f"sweep.space.{text}"] = str(error)
    if base is None or mistakes:
        raise RunFileError(str(path), mistakes)
    plan = SweepPlan(str(path), table, base, settings, found)
    _expect_grid(plan)
    return plan


def _searched(
    section: dict[str, Any], mistakes: dict[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of [sweep], and its space, which `--set` may have given entry by entry."""
    own = {key: value for key, value in section.items() if key.partition(".")[0] != "space"}
    space = section.get("space", {})
    if not isinstance(space, dict):
        mistakes["sweep.space"] = "must be a section, written [sweep.space]"
        space = {}
    space = dict(space)
    for key, value in section.items():
        if key.startswith("space."):
            space[key.removeprefix("space.")] = value
    return own, space


def _add_values(change: str, space: dict[str, Any], mistakes: dict[str, str]) -> None:
    path, equals, text = change.partition("=")
    path = path.strip()
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (RecursionError, ValueError):
        parsed = {}
    if not equals or not path or parsed.keys() != {"value"}:
        mistakes[f"--space {change}"] = "must be of the form optimizer.lr=[0.01, 0.1]"
        return
    space[path] = parsed["value"]


def _expect_grid(plan: SweepPlan) -> None:
    if plan.settings.sampler != "grid":
        return
    mistakes = {
        f"sweep.space.{path}": "a grid needs a list of values, a step or a count"
        for path in plan.space
        if not plan.grid_values(path)
    }
    if not mistakes and plan.grid_size > MOST_TRIALS:
        mistakes["sweep.space"] = (
            f"the grid has {plan.grid_size} points, more than {MOST_TRIALS}; the sampler random "
            "takes some of them"
        )
    if mistakes:
        raise RunFileError(plan.source, mistakes)


def _digest(part: object) -> str:
    text = json.dumps(part, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
