"""ModuleFinder: where modules are, as finders tell without importing anything."""

from __future__ import annotations

import pkgutil
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coreframe.doctor.source import Source, read_source

__all__ = ["Located", "ModuleFinder", "Way"]

# What lets a module have parts that no finder knows of before it is imported.
_HIDDEN_PARTS = re.compile(
    r"__path__|\bmeta_path\b|\bpath_hooks\b|\bsys\.(?:path|modules)\b|\bimport modules\b"
)


@dataclass(frozen=True)
class Located:
    """A module that was found.

    Attributes:
        name: with dots.
        path: its source; None where there is none to read: compiled, zipped, built in.
        folders: where its parts are, if it is a package.
        is_namespace: whether it is a package without a file of its own.
    """

    name: str
    path: Path | None
    folders: tuple[str, ...]
    is_namespace: bool


@dataclass(frozen=True)
class Way:
    """The packages that lead to a module, and the module.

    Attributes:
        found: outermost first; not all of them, where one is missing or cannot be known.
        missing: the one that is certainly not there; empty if none is.
    """

    found: tuple[Located, ...]
    missing: str = ""


class ModuleFinder:
    """Finds modules and reads their sources, each once."""

    def __init__(self) -> None:
        self._ways: dict[str, Way] = {}
        self._sources: dict[Path, Source | None] = {}

    def way(self, name: str) -> Way:
        """The way to a module; no package on it is imported."""
        if name not in self._ways:
            self._ways[name] = self._find_way(name)
        return self._ways[name]

    def locate(self, name: str) -> Located | None:
        """The module; None where it is missing or cannot be known."""
        found = self.way(name).found
        return found[-1] if found and found[-1].name == name else None

    def source(self, name: str) -> Source | None:
        """What the module's file says; None where it cannot be known."""
        located = self.locate(name)
        return self.read(located.path) if located and located.path else None

    def read(self, path: Path) -> Source | None:
        """What a file says; None where it cannot be known."""
        if path not in self._sources:
            self._sources[path] = read_source(path)
        return self._sources[path]

    def _find_way(self, name: str) -> Way:
        outer, _, _ = name.rpartition(".")
        if not outer:
            located, is_certain = _find(name, None)
            return Way((located,)) if located else Way((), name if is_certain else "")
        way = self.way(outer)
        if not way.found or way.found[-1].name != outer:
            return way
        package = way.found[-1]
        located, is_certain = _find(name, package.folders) if package.folders else (None, True)
        if located:
            return Way((*way.found, located))
        hides = not package.is_namespace and self._may_have_hidden_parts(package)
        return Way(way.found, name if is_certain and not hides else "")

    def _may_have_hidden_parts(self, package: Located) -> bool:
        source = self.read(package.path) if package.path else None
        return source is None or bool(_HIDDEN_PARTS.search(source.text))


def _find(name: str, folders: Sequence[str] | None) -> tuple[Located | None, bool]:
    """The module, and whether it is certain that there is none."""
    is_certain = True
    for each in sys.meta_path:  # editable installations put finders of their own there
        try:
            spec = each.find_spec(name, folders)
            if spec is not None:
                return _located(spec), True
        except Exception:  # noqa: BLE001  # a finder of a third party may do anything
            is_certain = False
    # The usual finder refuses a namespace within a namespace that was not imported.
    portions: list[str] = []
    for folder in folders or ():
        try:
            entry = pkgutil.get_importer(folder)
            spec = entry.find_spec(name) if entry else None
        except Exception:  # noqa: BLE001
            is_certain = False
            continue
        if spec is not None and spec.loader is not None:
            return _located(spec), True
        if spec is not None:
            portions += spec.submodule_search_locations or ()
    return (Located(name, None, tuple(portions), True) if portions else None), is_certain


def _located(spec: Any) -> Located:
    folders = tuple(str(folder) for folder in spec.submodule_search_locations or ())
    origin = Path(spec.origin) if spec.has_location and spec.origin else None
    path = origin if origin and origin.suffix == ".py" and origin.is_file() else None
    # A namespace has no origin, and since Python 3.11 a loader that loads nothing.
    is_namespace = spec.submodule_search_locations is not None and not spec.origin
    return Located(spec.name, path, folders, is_namespace)
