"""Plan: a run file, read and checked in its form."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import tomlkit

from coreframe import CoreframeError
from coreframe_runs.settings import Settings

__all__ = [
    "Plan",
    "RunFileError",
    "nearest",
    "parse_plan",
    "read_plan",
    "read_settings",
    "read_table",
]

COMPONENTS = ("data", "loss", "optimizer", "schedule")
SECTIONS = ("data", "model", "loss", "optimizer", "schedule", "run")
OTHERS = ("sweep",)  # read by other commands on the same file
NEEDED = ("data", "model", "loss", "optimizer")


class Section(Protocol):
    """Settings that can say what is wrong with them: a dataclass with a default for each."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def mistakes(self) -> dict[str, str]:
        """What is wrong with each setting, by its name."""


SettingsT = TypeVar("SettingsT", bound=Section)


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
    mistakes: dict[str, str] = {}
    return parse_plan(read_table(path, mistakes, changes), str(path), mistakes)


def read_table(path: Path, mistakes: dict[str, str], changes: Sequence[str] = ()) -> dict[str, Any]:
    """The sections of a run file as they stand there, but for the changes.

    Args:
        path: the file.
        mistakes: takes up changes that have no meaning, by key.
        changes: settings in place of the file's: `optimizer.lr=0.1`.

    Raises:
        RunFileError: if the file cannot be read.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, RecursionError, ValueError) as error:  # also of numbers without measure
        raise RunFileError(str(path), {"file": f"cannot be read: {error}"}) from error
    for change in changes:
        _apply(change, table, mistakes)
    _find_data(path, table)
    return table


def parse_plan(
    table: Mapping[str, Any], source: str, mistakes: Mapping[str, str] | None = None
) -> Plan:
    """The plan that the sections of a run file make.

    Args:
        table: the sections.
        source: the file, for messages.
        mistakes: those found before, by key.

    Raises:
        RunFileError: naming every mistake of form with its key.
    """
    mistakes = dict(mistakes or {})
    for section in table:
        if section not in (*SECTIONS, *OTHERS):
            mistakes[section] = f"there is no such section{nearest(section, SECTIONS)}"
        elif not isinstance(table[section], dict):
            mistakes[section] = f"must be a section, written [{section}]"
    for section in NEEDED:
        if section not in table:
            mistakes[section] = "the section is missing"
    sections = {name: table[name] for name in SECTIONS if isinstance(table.get(name), dict)}
    plan = Plan(
        source,
        {name: sections[name] for name in COMPONENTS if _names(name, sections, mistakes)},
        _layers(sections.get("model"), mistakes),
        read_settings(Settings, "run", sections.get("run", {}), mistakes),
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


def _find_data(path: Path, table: Mapping[str, Any]) -> None:
    """Make a path of the data absolute: it is meant from where the run file is."""
    data = table.get("data")
    given = data.get("path") if isinstance(data, dict) else None
    if isinstance(given, str) and not Path(given).is_absolute():
        table["data"]["path"] = str(path.absolute().parent / given)


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
            mistakes[f"model.{key}"] = f"there is no such setting{nearest(key, ('layers',))}"
    layers = section.get("layers")
    if not isinstance(layers, list) or not layers or not all(isinstance(s, str) for s in layers):
        mistakes["model.layers"] = f"must be a list of specs, got {layers!r}"
        return []
    return layers


def read_settings(
    kind: type[SettingsT],
    name: str,
    section: Mapping[str, Any],
    mistakes: dict[str, str],
    within: Sequence[str] = (),
) -> SettingsT:
    """The settings of a section, each with a default.

    Args:
        kind: the dataclass of the section; its `mistakes()` says what is wrong with values.
        name: the section's, for the keys of mistakes.
        section: what stands there.
        mistakes: takes up what is wrong, by key.
        within: sections within it, which a misspelt key may be meant for.
    """
    known = {item.name: type(item.default) for item in fields(kind)}
    given: dict[str, Any] = {}
    for key, value in section.items():
        if key not in known:
            mistakes[f"{name}.{key}"] = f"there is no such setting{nearest(key, [*known, *within])}"
        elif not _is(value, known[key]):
            mistakes[f"{name}.{key}"] = f"must be {_article(known[key])}, got {value!r}"
        elif known[key] is float:
            try:
                given[key] = float(value)
            except OverflowError:
                mistakes[f"{name}.{key}"] = "is larger than any number that is computed with"
        else:
            given[key] = value
    settings = kind(**given)
    for key, text in settings.mistakes().items():
        mistakes.setdefault(f"{name}.{key}", text)
    return settings


def _is(value: object, kind: type) -> bool:
    numbers = (int, float) if kind is float else kind
    return isinstance(value, numbers) and (kind is bool or not isinstance(value, bool))


def _article(kind: type) -> str:
    return {bool: "true or false", int: "an integer", float: "a number", str: "a text"}[kind]


def nearest(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    """How a message about an unknown name ends: with the nearest known one, or with all."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
