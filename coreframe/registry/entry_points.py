"""EntryPointSource: the built-in source, which reads installed distributions' metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from keyword import iskeyword

from packaging.requirements import InvalidRequirement, Requirement

from coreframe.registry.hookspecs import hookimpl
from coreframe.registry.kinds import COMMAND_GROUP, KINDS
from coreframe.registry.record import ComponentRecord, Status, normalize
from coreframe.version import __version__

__all__ = ["EntryPointSource"]

_KIND_OF_GROUP = {kind.group: kind.name for kind in KINDS.values()} | {COMMAND_GROUP: "command"}

UNKNOWN = "?"  # stands for the name or version of a distribution whose METADATA is missing


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
        for found in distributions():
            if "coreframe." not in _text(found, "entry_points.txt"):
                continue
            name = _headers(found).get("name", [UNKNOWN])[0]
            if normalize(name) in seen:
                continue
            if name != UNKNOWN:
                seen.add(normalize(name))
            # As for imports, the first on sys.path counts, also where it offers nothing.
            records += _records(next(_named(name), found))
        return records


def _named(name: str) -> Iterator[Distribution]:
    """The distributions of this name; a search for `a` finds the folder `a-b-1.0.dist-info` too."""
    for found in distributions(name=name):
        if normalize(_headers(found).get("name", [UNKNOWN])[0]) == normalize(name):
            yield found


def _records(distribution: Distribution) -> Iterator[ComponentRecord]:
    headers = _headers(distribution)
    name, version = (headers.get(key, [UNKNOWN])[0] for key in ("name", "version"))
    compatibility = _compatibility(headers.get("requires-dist", []))
    for kind, key, target in _offers(_text(distribution, "entry_points.txt")):
        status, detail = compatibility
        fault = _malformation(kind, key, target)
        if fault:
            status, detail = "malformed", f"{fault}; report this to the author of {name}"
        yield ComponentRecord(kind, key, name, version, target, status, detail)


def _text(distribution: Distribution, file: str) -> str:
    """A file of the metadata, empty if it is missing; bytes that are no UTF-8 become marks."""
    try:
        return distribution.read_text(file) or ""
    except UnicodeDecodeError as error:
        return error.object.decode(errors="replace")


def _headers(distribution: Distribution) -> dict[str, list[str]]:
    text = _text(distribution, "METADATA") or _text(distribution, "PKG-INFO")
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


def _malformation(kind: str, name: str, target: str) -> str:
    """What is wrong with a line of entry points; empty if it can be used."""
    module, colon, attribute = (part.strip() for part in target.partition(":"))
    names = [*module.split("."), *attribute.split(".")]
    if not colon or not all(part.isidentifier() for part in names):
        form = "module:function" if kind == "command" else "module:Class"
        return f"its entry point {target!r} is not of the form {form}"
    if kind == "command":
        # A dot would end a distribution's name, and a dash in front would make an option.
        typed = re.fullmatch(r"\w[\w-]*", name)
        return "" if typed else f"its name {name!r} cannot be typed as a command"
    if not name.isidentifier() or iskeyword(name):
        return f"its name {name!r} cannot stand in a spec"
    return ""


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
