"""Plan: a run file, read and checked in its form."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import tomlkit

from coreframe import CoreframeError
from coreframe_runs.settings import Settings

__all__ = ["Plan", "RunFileError", "read_plan"]

COMPONENTS = ("data", "loss", "optimizer", "schedule")
SECTIONS = ("data", "model", "loss", "optimizer", "schedule", "run")
NEEDED = ("data", "model", "loss", "optimizer")


class RunFileError(CoreframeError, ValueError):
    """A run file with mistakes, each with the key where it stands."""

    def __init__(self, source: str, mistakes: Mapping[str, str]) -> None:
        self.mistakes = dict(mistakes)
        count = "a mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        told = "; ".join(f"{key}: {text}" for key, text in mistakes.items())
        super().__init__(f"{source} has {count}: {told}")


@dataclass(frozen=True)
class Plan:
    """What a run file says.

    Attributes:
        source: the file, for messages.
        components: name and arguments of the dataset, loss, optimizer and schedule, by section.
        layers: the specs of the model.
        settings: the section [run].
    """

    source: str
    components: dict[str, dict[str, Any]]
    layers: list[str]
    settings: Settings = field(default_factory=Settings)

    @property
    def toml(self) -> str:
        """The whole run file, with every setting that it left to its default."""
        document = tomlkit.document()
        for section in SECTIONS:
            if section == "model":
                document[section] = {"layers": self.layers}
            elif section == "run":
                document[section] = vars(self.settings)
            elif section in self.components:
                document[section] = self.components[section]
        return tomlkit.dumps(document)


def read_plan(path: Path, changes: Sequence[str] = ()) -> Plan:
    """Read a run file.

    Args:
        path: the file.
        changes: settings in place of the file's: `optimizer.lr=0.1`.

    Raises:
        RunFileError: naming every mistake of form with its key.
    """
    source = str(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, RecursionError, ValueError) as error:  # also of numbers without measure
        raise RunFileError(source, {"file": f"cannot be read: {error}"}) from error
    mistakes: dict[str, str] = {}
    for change in changes:
        _apply(change, table, mistakes)
    for section in table:
        if section not in SECTIONS:
            mistakes[section] = f"there is no such section{_nearest(section, SECTIONS)}"
        elif not isinstance(table[section], dict):
            mistakes[section] = f"must be a section, written [{section}]"
    for section in NEEDED:
        if section not in table:
            mistakes[section] = "the section is missing"
    sections = {name: table[name] for name in SECTIONS if isinstance(table.get(name), dict)}
    _find_data(path, sections)
    plan = Plan(
        source,
        {name: sections[name] for name in COMPONENTS if _names(name, sections, mistakes)},
        _layers(sections.get("model"), mistakes),
        _settings(sections.get("run", {}), mistakes),
    )
    if mistakes:
        raise RunFileError(source, mistakes)
    return plan


def _apply(change: str, table: dict[str, Any], mistakes: dict[str, str]) -> None:
    key, equals, text = change.partition("=")
    section, dot, name = key.strip().partition(".")
    if not (equals and section and dot and name):
        mistakes[f"--set {change}"] = "must be of the form optimizer.lr=0.1"
        return
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (RecursionError, ValueError):
        parsed = {"value": text.strip()}  # a name without quotes
    if parsed.keys() != {"value"}:
        mistakes[f"--set {key}"] = "must be one value in one line"
        return
    value = parsed["value"]
    target = table.setdefault(section, {})
    if isinstance(target, dict):
        target[name] = value


def _find_data(path: Path, sections: Mapping[str, Any]) -> None:
    """Make a path of the data absolute: it is meant from where the run file is."""
    given = sections.get("data", {}).get("path")
    if isinstance(given, str) and not Path(given).is_absolute():
        sections["data"]["path"] = str(path.absolute().parent / given)


def _names(section: str, sections: Mapping[str, Any], mistakes: dict[str, str]) -> bool:
    """Whether the section is there and names a component."""
    if section not in sections:
        return False
    name = sections[section].get("name")
    if not isinstance(name, str) or not name.rpartition(".")[2] or name.startswith("."):
        mistakes[f"{section}.name"] = f"must be the name of a component, got {name!r}"
        return False
    return True


def _layers(section: dict[str, Any] | None, mistakes: dict[str, str]) -> list[str]:
    if section is None:
        return []
    for key in section:
        if key != "layers":
            mistakes[f"model.{key}"] = f"there is no such setting{_nearest(key, ('layers',))}"
    layers = section.get("layers")
    if not isinstance(layers, list) or not layers or not all(isinstance(s, str) for s in layers):
        mistakes["model.layers"] = f"must be a list of specs, got {layers!r}"
        return []
    return layers


def _settings(section: dict[str, Any], mistakes: dict[str, str]) -> Settings:
    known = {item.name: type(item.default) for item in fields(Settings)}
    given: dict[str, Any] = {}
    for key, value in section.items():
        if key not in known:
            mistakes[f"run.{key}"] = f"there is no such setting{_nearest(key, known)}"
        elif not _is(value, known[key]):
            mistakes[f"run.{key}"] = f"must be {_article(known[key])}, got {value!r}"
        elif known[key] is float:
            try:
                given[key] = float(value)
            except OverflowError:
                mistakes[f"run.{key}"] = "is larger than any number that is computed with"
        else:
            given[key] = value
    settings = Settings(**given)
    for key, text in settings.mistakes().items():
        mistakes.setdefault(f"run.{key}", text)
    return settings


def _is(value: object, kind: type) -> bool:
    numbers = (int, float) if kind is float else kind
    return isinstance(value, numbers) and not isinstance(value, bool)


def _article(kind: type) -> str:
    return {int: "an integer", float: "a number", str: "a text"}[kind]


def _nearest(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
