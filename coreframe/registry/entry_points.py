"""EntryPointSource: the built-in source, which reads installed distributions' metadata."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import Distribution, distributions

from packaging.requirements import InvalidRequirement, Requirement

from coreframe import __version__
from coreframe.registry.hookspecs import hookimpl
from coreframe.registry.kinds import COMMAND_GROUP, KINDS
from coreframe.registry.record import ComponentRecord, Status, normalize

__all__ = ["EntryPointSource"]

_KIND_OF_GROUP = {kind.group: kind.name for kind in KINDS.values()} | {COMMAND_GROUP: "command"}


class EntryPointSource:
    """Reads entry points, and imports nothing.

    `distributions()` rather than `entry_points()`, which hides a distribution's name and
    version; headers of METADATA rather than `.metadata`, which parses the whole file and takes
    ten times as long.
    """

    @hookimpl
    def coreframe_components(self) -> list[ComponentRecord]:
        seen: set[str] = set()
        records: list[ComponentRecord] = []
        for distribution in distributions():
            entry_points = distribution.read_text("entry_points.txt") or ""
            if "coreframe." not in entry_points:
                continue
            headers = _headers(distribution)
            name = headers.get("name", ["?"])[0]
            if normalize(name) in seen:  # as for imports, the first on sys.path counts
                continue
            seen.add(normalize(name))
            version = headers.get("version", ["?"])[0]
            status, detail = _compatibility(headers.get("requires-dist", []))
            records += [
                ComponentRecord(kind, key, name, version, target, *_form(target, status, detail))
                for kind, key, target in _offers(entry_points)
            ]
        return records


def _headers(distribution: Distribution) -> dict[str, list[str]]:
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    headers: dict[str, list[str]] = {}
    for line in text.split("\n\n", 1)[0].splitlines():
        key, colon, value = line.partition(":")
        if colon and not line.startswith((" ", "\t")):
            headers.setdefault(key.lower(), []).append(value.strip())
    return headers


def _offers(entry_points: str) -> Iterator[tuple[str, str, str]]:
    """Kind, name and target of each line in a group of ours; malformed lines keep their text."""
    group = ""
    for raw in entry_points.splitlines():
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
        elif line and not line.startswith("#") and group in _KIND_OF_GROUP:
            name, _, target = line.partition("=")
            yield _KIND_OF_GROUP[group], name.strip(), target.strip()


def _form(target: str, status: Status, detail: str) -> tuple[Status, str]:
    module, colon, attribute = target.partition(":")
    names = [*module.split("."), *attribute.split(".")]
    if colon and all(name.isidentifier() for name in names):
        return status, detail
    return "malformed", f"its entry point {target!r} is not of the form module:Class"


def _compatibility(requirements: list[str]) -> tuple[Status, str]:
    """Whether the distribution's requirement on coreframe admits the version that runs."""
    ours = [text for text in requirements if normalize(text).startswith("coreframe")]
    if not ours:
        return "ok", ""
    for text in ours:
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
