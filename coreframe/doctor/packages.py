"""Packages: the files that plugins consist of, and to whom they belong."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

from coreframe.doctor.installation import Installation
from coreframe.doctor.module_finder import Located, ModuleFinder
from coreframe.registry.distribution import InstalledDistribution
from coreframe.registry.record import ComponentRecord, normalize

__all__ = ["Package", "find_packages"]

# A plugin's tests may take another plugin as a rival, or an oracle.
_TESTS = re.compile(r"tests?|test_.*|.*_test|conftest", re.IGNORECASE)


@dataclass(frozen=True)
class Package:
    """A package, or a lone module, that belongs to plugins.

    Attributes:
        root: where it was found; within namespaces, the first that is none.
        owners: the distributions, by normalized name, whose entry points lead into it.
        source: `distribution version` of one of them, for messages.
        kinds: of what they offer.
        is_examined: whether any of it can be used.
    """

    root: Located
    owners: frozenset[str]
    source: str
    kinds: frozenset[str]
    is_examined: bool

    @property
    def name(self) -> str:
        """With dots."""
        return self.root.name

    def files(self) -> Iterator[tuple[str, Path]]:
        """Each module of it by name, with its file, but for tests."""
        if self.root.path is not None and not self.root.folders:
            yield self.name, self.root.path
        for top in self.root.folders:
            for folder, inner, files in os.walk(top):  # which follows no links, so ends
                inner[:] = sorted(n for n in inner if n.isidentifier() and not _TESTS.fullmatch(n))
                parts = Path(folder).relative_to(top).parts
                for file in sorted(files):
                    stem, suffix = os.path.splitext(file)  # noqa: PTH122  # many files
                    if suffix == ".py" and stem.isidentifier() and not _TESTS.fullmatch(stem):
                        own = () if stem == "__init__" else (stem,)
                        yield ".".join((self.name, *parts, *own)), Path(folder, file)


def find_packages(installation: Installation, finder: ModuleFinder) -> list[Package]:
    """The packages that the entry points lead to, and that belong to who offers them."""
    by_source = {(d.name, d.version, d.location): d for d in installation.counted}
    records: dict[str, list[ComponentRecord]] = {}
    roots: dict[str, Located] = {}
    for record in installation.records:
        offering = by_source.get((record.distribution, record.version, record.location))
        root = _root(record, finder)
        if root is not None and offering is not None and _brings(offering, root):
            roots[root.name] = root
            records.setdefault(root.name, []).append(record)
    return [
        Package(
            root=root,
            owners=frozenset(normalize(record.distribution) for record in records[name]),
            source=records[name][0].source,
            kinds=frozenset(record.kind for record in records[name]),
            is_examined=any(record.is_usable for record in records[name]),
        )
        for name, root in sorted(roots.items())
    ]


def _root(record: ComponentRecord, finder: ModuleFinder) -> Located | None:
    if record.status in ("malformed", "shadowed"):
        return None
    way = finder.way(record.target.partition(":")[0].strip())
    return next((located for located in way.found if not located.is_namespace), None)


def _brings(found: InstalledDistribution, root: Located) -> bool:
    """Whether it is the distribution's own, and nothing that it merely points to."""
    top = root.name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return False
    if found.editable:
        places = [Path(place).resolve() for place in (root.path, *root.folders) if place]
        project, site = Path(found.location).resolve(), Path(found.place)
        return any(p.is_relative_to(project) and not p.is_relative_to(site) for p in places)
    path = root.name.replace(".", "/")
    listed = _record(found)
    if listed:
        return f"{path}/" in listed or f"{path}." in listed
    return all(_name(other) == normalize(found.name) for other in distributions(name=top))


def _name(distribution: Distribution) -> str:
    try:
        return normalize(distribution.metadata["Name"])
    except Exception:  # noqa: BLE001  # its metadata are missing, or no text
        return ""


def _record(found: InstalledDistribution) -> str:
    """The list of what was installed; empty where there is none."""
    for own in distributions(name=found.name, path=[found.place]):
        try:
            return own.read_text("RECORD") or ""
        except (OSError, UnicodeDecodeError):
            continue
    return ""
