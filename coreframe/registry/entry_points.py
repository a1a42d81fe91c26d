"""EntryPointSource: the built-in source, which reads installed distributions' metadata."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from packaging.requirements import InvalidRequirement, Requirement

from coreframe.registry.distribution import InstalledDistribution, scan_distributions
from coreframe.registry.hookspecs import hookimpl
from coreframe.registry.kinds import COMMAND_GROUP, HOOKS_GROUP, KINDS
from coreframe.registry.malformation import malformation
from coreframe.registry.record import ComponentRecord, Status, normalize
from coreframe.version import __version__

__all__ = ["EntryPointSource", "read_entry_points", "unknown_groups"]

_KIND_OF_GROUP = {kind.group: kind.name for kind in KINDS.values()} | {
    COMMAND_GROUP: "command",
    HOOKS_GROUP: "hooks",
}


class EntryPointSource:
    """Reads entry points, and imports nothing."""

    @cached_property
    def distributions(self) -> list[InstalledDistribution]:
        """What is installed and offers something; scanned once."""
        return scan_distributions()

    @hookimpl
    def coreframe_components(self) -> list[ComponentRecord]:
        return [record for found in self.distributions for record in _safe_records(found)]


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


def unknown_groups(text: str) -> list[str]:
    """The groups that begin as ours do and are none of them."""
    lines = [line.strip() for line in text.splitlines()]
    groups = [line[1:-1].strip() for line in lines if line[:1] == "[" and line[-1:] == "]"]
    return [g for g in groups if g.startswith("coreframe.") and g not in _KIND_OF_GROUP]


def _safe_records(found: InstalledDistribution) -> list[ComponentRecord]:
    """Its records, all malformed where reading one fails: no other distribution pays for it."""
    try:
        return list(_records(found))
    except Exception as error:  # noqa: BLE001  # whatever odd metadata make packaging raise
        cause = " ".join(str(error).split()) or type(error).__name__
        detail = f"its metadata cannot be read: {cause}; reinstall {found.name}"
        return [
            ComponentRecord(
                kind, name, found.name, found.version, target, "malformed", detail, found.place
            )
            for kind, name, target in read_entry_points(found.entry_points)
        ]


def _records(found: InstalledDistribution) -> Iterator[ComponentRecord]:
    whole = _shadow(found) if found.shadowed_by else _compatibility(found.requirements)
    for kind, name, target in read_entry_points(found.entry_points):
        status, detail = whole
        fault = malformation(kind, name, target)
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
