"""Space: the values that a sweep may give each setting."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count as numbers_from
from itertools import islice, takewhile
from math import isfinite
from typing import Any, TypeAlias

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from coreframe_runs import nearest

__all__ = ["Choices", "Interval", "Space", "read_space"]

KEYS = ("low", "high", "log", "step", "count")
MOST_CHOICES = 100_000


@dataclass(frozen=True)
class Choices:
    """Some values, of any kind that a run file can hold."""

    values: tuple[Any, ...]

    @property
    def labels(self) -> tuple[str | int | float | bool, ...]:
        """The values as a database keeps them: lists and sections as JSON."""
        return tuple(json.dumps(v) if isinstance(v, list | dict) else v for v in self.values)

    @property
    def distribution(self) -> BaseDistribution:
        """The same for Optuna."""
        return CategoricalDistribution(self.labels)

    @property
    def tried(self) -> tuple[Any, ...]:
        """The values that are tried before anything starts: all."""
        return self.values

    def value(self, label: Any) -> Any:
        """What a label stands for."""
        # By type too: True is not 1 here.
        return next(
            value
            for value, known in zip(self.values, self.labels, strict=True)
            if known == label and type(known) is type(label)
        )

    @property
    def plain(self) -> object:
        """As JSON can hold it."""
        return list(self.values)


@dataclass(frozen=True)
class Interval:
    """All numbers from `low` to `high`; whole ones if all its numbers are."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it has whole numbers only."""
        return all(isinstance(n, int) for n in (self.low, self.high, self.step or 1))

    @property
    def distribution(self) -> BaseDistribution:
        """The same for Optuna."""
        if self.is_whole:
            return IntDistribution(
                int(self.low), int(self.high), log=self.log, step=int(self.step or 1)
            )
        return FloatDistribution(float(self.low), float(self.high), log=self.log, step=self.step)

    @property
    def tried(self) -> tuple[Any, ...]:
        """The values that are tried before anything starts: both ends."""
        ends = (self.low, self.high)
        return ends if self.is_whole else tuple(map(float, ends))

    @property
    def choices(self) -> Choices | None:
        """Its numbers, if they can be counted, as a grid needs them."""
        if (self.step is None and not self.is_whole) or self.log:
            return None
        step = self.step or 1
        # A step may be rounded: the last number may lie above `high` by a little.
        most = self.high + 1e-9 * step
        found = takewhile(lambda n: n <= most, (self.low + i * step for i in numbers_from()))
        return Choices(tuple(islice(found, MOST_CHOICES + 1)))

    def value(self, label: Any) -> Any:
        """What a database's number stands for."""
        return label

    @property
    def plain(self) -> object:
        """As JSON can hold it."""
        return {"low": self.low, "high": self.high, "log": self.log, "step": self.step}


Space: TypeAlias = dict[str, Choices | Interval]
"""The values of each setting, by its path."""


def read_space(table: Mapping[str, Any], mistakes: dict[str, str]) -> Space:
    """The section [sweep.space]: lists of values, and tables of `low` and `high`, by path.

    `optimizer.lr` may stand in quotes, or as TOML's dotted key.

    Args:
        table: the section.
        mistakes: takes up what is wrong, by key.
    """
    space: Space = {}
    for path, entry in _flat(table, ""):
        key = f"sweep.space.{path}"
        if isinstance(entry, list):
            found: Choices | Interval | None = _choices(key, entry, mistakes)
        elif isinstance(entry, dict):
            found = _interval(key, entry, mistakes)
        else:
            mistakes[key] = f"must be a list of values, or a table of low and high, got {entry!r}"
            continue
        if found is not None:
            space[path] = found
    if not space and not mistakes:
        mistakes["sweep.space"] = (
            'has no setting to search; write one like "optimizer.lr" = [0.01, 0.1]'
        )
    return space


def _flat(table: Mapping[str, Any], prefix: str) -> list[tuple[str, Any]]:
    """The entries with their paths; a table without any key of an interval holds more of them."""
    found: list[tuple[str, Any]] = []
    for name, entry in table.items():
        if isinstance(entry, dict) and entry and not entry.keys() & set(KEYS):
            found += _flat(entry, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", entry))
    return found


def _choices(key: str, values: list[Any], mistakes: dict[str, str]) -> Choices | None:
    if not values:
        mistakes[key] = "the list has no value"
        return None
    choices = Choices(tuple(values))
    try:
        texts = [json.dumps(value, allow_nan=False) for value in values]
    except (TypeError, ValueError):
        mistakes[key] = f"has a value that is no finite number, text, list or table: {values!r}"
        return None
    twice = next((text for i, text in enumerate(texts) if text in texts[:i]), None)
    if twice is not None:
        mistakes[key] = f"has {twice} twice"
        return None
    return choices


def _interval(
    key: str, entry: dict[str, Any], mistakes: dict[str, str]
) -> Choices | Interval | None:
    wrong = _mistyped(key, entry)
    if not wrong:
        reason = _impossible(**entry)
        wrong = {key: reason} if reason else {}
    if wrong:
        mistakes.update(wrong)
        return None
    low, high, log = entry["low"], entry["high"], entry.get("log", False)
    if "count" in entry:
        return _spread(low, high, entry["count"], log=log)
    return Interval(low, high, log=log, step=entry.get("step"))


def _mistyped(key: str, entry: dict[str, Any]) -> dict[str, str]:
    """What is wrong with each entry of an interval by itself, by key."""
    wrong = {f"{key}.{name}": "is missing" for name in ("low", "high") if name not in entry}
    for name, value in entry.items():
        if name not in KEYS:
            wrong[f"{key}.{name}"] = f"there is no such key{nearest(name, KEYS)}"
        elif name == "log" and not isinstance(value, bool):
            wrong[f"{key}.log"] = f"must be true or false, got {value!r}"
        elif name != "log" and not (_is_number(value) and isfinite(value)):
            wrong[f"{key}.{name}"] = f"must be a number, got {value!r}"
    return wrong


def _impossible(
    low: float,
    high: float,
    *,
    log: bool = False,
    step: float | None = None,
    count: float | None = None,
) -> str:
    """What is wrong with an interval as a whole; empty if nothing is."""
    if not low < high:
        return f"low must be less than high, got {low} and {high}"
    if log and not low > 0:
        return f"with log, low must be above 0, got {low}"
    if step is not None and (log or count is not None):
        return "takes a step, or log or a count, not both"
    if step is not None and not 0 < step <= high - low:
        return f"step must be above 0 and within the range, got {step}"
    if count is not None and not (isinstance(count, int) and 2 <= count <= MOST_CHOICES):
        return f"count must be a whole number from 2 to {MOST_CHOICES}, got {count}"
    return ""


def _spread(low: float, high: float, count: int, *, log: bool) -> Choices:
    """So many numbers from low to high, with equal differences, or equal ratios with `log`."""
    parts = [i / (count - 1) for i in range(count)]
    inner = [low * (high / low) ** p if log else low + (high - low) * p for p in parts[1:-1]]
    found = [float(low), *inner, float(high)]
    if isinstance(low, int) and isinstance(high, int):
        return Choices(tuple(dict.fromkeys(round(number) for number in found)))
    return Choices(tuple(found))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
