"""EntryPointSource: the built-in source, which reads installed distributions' metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from keyword import iskeyword

from packaging.requirements import InvalidRequirement, Requirement

from coreframe.registry.distribution import InstalledDistribution, scan_distributions
from coreframe.registry.hookspecs import hookimpl
from coreframe.registry.kinds import COMMAND_GROUP, HOOKS_GROUP, KINDS
from coreframe.registry.record import ComponentRecord, Status, normalize
from coreframe.version import __version__

__all__ = ["EntryPointSource", "read_entry_points"]

_KIND_OF_GROUP = {kind.group: kind.name for kind in KINDS.values()} | {
    COMMAND_GROUP: "command",
    HOOKS_GROUP: "hooks",
}

_FORMS = {"command": "module:function", "hooks": "module"}


class EntryPointSource:
    """Reads entry points, and imports nothing."""

    @cached_property
    def distributions(self) -> list[InstalledDistribution]:
        """What is installed and offers something; scanned once."""
        return scan_distributions()

    @hookimpl
    def coreframe_components(self) -> list[ComponentRecord]:
        return [record for found in self.distributions for record in _records(found)]


def read_entry_points(text: str) -> Iterator[tuple[str, str, str]]:
    """Kind, name and target of each line in a group of ours; malformed lines keep their text."""
    group = ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif line and not line.startswith("#") and group in _KIND_OF_GROUP:
            name, _, target = line.partition("=")
            yield _KIND_OF_GROUP[group], name.strip(), target.strip()


def _records(found: InstalledDistribution) -> Iterator[ComponentRecord]:
    whole = _shadow(found) if found.shadowed_by else _compatibility(found.requirements)
    for kind, name, target in read_entry_points(found.entry_points):
        status, detail = whole
        fault = _malformation(kind, name, target)
        if fault and status != "shadowed":
            status, detail = "malformed", f"{fault}; report this to the author of {found.name}"
        yield ComponentRecord(
            kind=kind,
            name=name,
            distribution=found.name,
            version=found.version,
            target=target,
            status=status,
            detail=detail,
            location=found.location,
            editable=found.editable,
        )


def _shadow(found: InstalledDistribution) -> tuple[Status, str]:
    first = found.shadowed_by
    assert first is not None  # noqa: S101  # asked before
    return "shadowed", (
        f"{found.name} is installed twice, and {first.version} in {first.place} is found before "
        f"this {found.version} in {found.place}; uninstall one"
    )


def _malformation(kind: str, name: str, target: str) -> str:
    """What is wrong with a line of entry points; empty if it can be used."""
    module, colon, attribute = (part.strip() for part in target.partition(":"))
    names = [*module.split("."), *(attribute.split(".") if colon else [])]
    if not (colon or kind == "hooks") or not all(part.isidentifier() for part in names):
        form = _FORMS.get(kind, "module:Class")
        return f"its entry point {target!r} is not of the form {form}"
    if kind == "command":
        # A dot would end a distribution's name, and a dash in front would make an option.
        typed = re.fullmatch(r"\w[\w-]*", name)
        return "" if typed else f"its name {name!r} cannot be typed as a command"
    if kind != "hooks" and (not name.isidentifier() or iskeyword(name)):
        return f"its name {name!r} cannot stand in a spec"
    return ""


def _compatibility(requirements: Sequence[str]) -> tuple[Status, str]:
    """Whether the distribution's requirement on coreframe admits the version that runs."""
    for text in requirements:
        if not normalize(text).startswith("coreframe"):
            continue
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if normalize(requirement.name) != "coreframe" or not applies:
            continue
        if not requirement.specifier.contains(__version__, prereleases=True):
            return "incompatible", (
                f"it needs coreframe{requirement.specifier}, and this is coreframe {__version__}; "
                "install a version of it that fits"
            )
    return "ok", ""
