"""Editable installations: whether their metadata still say what the project says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from coreframe.doctor.catalogue import make_finding
from coreframe.doctor.finding import Finding
from coreframe.doctor.installation import Installation
from coreframe.doctor.subject import subject_of
from coreframe.registry.distribution import InstalledDistribution
from coreframe.registry.entry_points import read_entry_points
from coreframe.registry.record import UNKNOWN, normalize

__all__ = ["examine_editable"]


def examine_editable(installation: Installation) -> Iterator[Finding]:
    """Projects that are gone, or have changed since they were installed."""
    for found in installation.counted:
        if not found.editable or found.location == found.place:
            continue  # the latter where it does not say in which folder the project is
        project = Path(found.location, str(found.direct_url.get("subdirectory", "")))
        if not _exists(project):
            yield make_finding(
                "CF018",
                subject_of(found),
                f"it is installed from {project}, and that folder is gone; "
                f"install it from where it is now, or uninstall {found.name}",
            )
            continue
        changes = list(_changes(found, _declared(project / "pyproject.toml")))
        if changes:
            yield make_finding(
                "CF007",
                subject_of(found),
                f"{project / 'pyproject.toml'} has {', '.join(changes)} since it was installed; "
                f"reinstall it: pip install -e {project}",
            )


def _exists(folder: Path) -> bool:
    try:
        return folder.exists()
    except OSError:
        return True  # it is there, and nobody lets us look


def _declared(path: Path) -> Mapping[str, Any]:
    """The project's static metadata; empty where there are none to read."""
    try:
        project = tomllib.loads(path.read_text(encoding="utf-8")).get("project")
    except (OSError, ValueError):
        return {}
    return project if isinstance(project, dict) and project.get("name") else {}


def _changes(found: InstalledDistribution, project: Mapping[str, Any]) -> Iterator[str]:
    if not project:
        return
    dynamic = project.get("dynamic", [])
    name, version = project["name"], project.get("version")
    if isinstance(name, str) and found.name != UNKNOWN and normalize(name) != normalize(found.name):
        yield f"changed its name to {name}"
    if isinstance(version, str) and found.version != UNKNOWN and not _equal(version, found.version):
        yield f"changed its version from {found.version} to {version}"
    declared = project.get("entry-points", {})
    if not isinstance(dynamic, list) or "entry-points" in dynamic or not _is_table(declared):
        return
    lines = [
        line
        for group, entries in declared.items()
        for line in (f"[{group}]", *(f"{name} = {target}" for name, target in entries.items()))
    ]
    now = _offers("\n".join(lines))
    installed = _offers(found.entry_points)
    for verb, offers in (("added", now - installed), ("removed", installed - now)):
        for kind, offered, target in sorted(offers):
            yield f"{verb} {kind} {offered} = {target}"


def _is_table(declared: object) -> bool:
    return isinstance(declared, dict) and all(
        isinstance(entries, dict) and all(isinstance(target, str) for target in entries.values())
        for entries in declared.values()
    )


def _offers(text: str) -> set[tuple[str, str, str]]:
    return {(kind, name, "".join(target.split())) for kind, name, target in read_entry_points(text)}


def _equal(one: str, other: str) -> bool:
    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return one == other
