"""InstalledDistribution: what one distribution's metadata say, read without importing it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from packaging.version import InvalidVersion, Version

from coreframe.registry.record import UNKNOWN, normalize

__all__ = ["InstalledDistribution", "scan_distributions"]


@dataclass(frozen=True)
class InstalledDistribution:
    """A distribution that offers something to coreframe.

    Attributes:
        name: as it spells itself.
        version: its version.
        place: the folder that holds its metadata.
        requirements: the lines `Requires-Dist`.
        entry_points: the text of that file.
        direct_url: where it came from, if not from an index (PEP 610); empty otherwise.
        shadowed_by: the copy of the same distribution that is found before it.
    """

    name: str
    version: str
    place: str
    requirements: tuple[str, ...]
    entry_points: str
    direct_url: dict[str, Any]
    shadowed_by: InstalledDistribution | None = None

    @property
    def editable(self) -> bool:
        """Whether it is installed from a project's folder, where it may change."""
        info = self.direct_url.get("dir_info")
        return isinstance(info, dict) and info.get("editable") is True

    @property
    def location(self) -> str:
        """The folder it is imported from; of an editable installation, the project's."""
        url = urlsplit(str(self.direct_url.get("url", "")))
        return _path_of(url.path) if self.editable and url.scheme == "file" else self.place

    def holds(self, other: InstalledDistribution) -> bool:
        """Whether the other's metadata lie in the project that this is the installation of.

        setuptools leaves some there, which are no second installation.
        """
        place, project = Path(other.place), Path(self.location).resolve()
        if not self.editable or self.place == other.place or not place.is_relative_to(project):
            return False
        inner = place.relative_to(project).parts
        return "site-packages" not in inner  # an environment within the project


def scan_distributions() -> list[InstalledDistribution]:
    """Every installed distribution with entry points for coreframe, and the copies it hides.

    `distributions()` rather than `entry_points()`, which hides a distribution's name and
    version; headers of METADATA rather than `.metadata`, which parses the whole file and takes
    ten times as long.
    """
    scanned: list[InstalledDistribution] = []
    seen: set[str] = set()
    for found in distributions():
        if "coreframe." not in _text(found, "entry_points.txt"):
            continue
        read = _read(found)
        if read.name == UNKNOWN:
            scanned.append(read)
        elif normalize(read.name) not in seen:
            seen.add(normalize(read.name))
            scanned += _copies(read)
    return scanned


def _copies(found: InstalledDistribution) -> Iterator[InstalledDistribution]:
    """The distribution of this name that counts, and then those that it hides.

    As for imports, the first on sys.path counts, also where it offers nothing. Of several in one
    folder, left over from earlier versions, it is the newest.
    """
    # A search misses a folder whose name is not normalized, and that for `a` finds the folder
    # `a-b-1.0.dist-info` too.
    searched = [*map(_read, distributions(name=found.name)), found]
    copies = [copy for copy in searched if normalize(copy.name) == normalize(found.name)]
    first = max(
        (copy for copy in copies if copy.place == copies[0].place),
        key=lambda copy: _order(copy.version),
    )
    yield first
    told = {(first.place, first.version)}
    for copy in copies:
        is_same = first.holds(copy) or copy.holds(first)
        if not is_same and (copy.place, copy.version) not in told:  # a folder may be found twice
            told.add((copy.place, copy.version))
            yield replace(copy, shadowed_by=first)


def _read(found: Distribution) -> InstalledDistribution:
    headers = _headers(found)
    name, version = (headers.get(key, [""])[0] or UNKNOWN for key in ("name", "version"))
    return InstalledDistribution(
        name=name,
        version=version,
        place=str(Path(str(found.locate_file(""))).resolve()),
        requirements=tuple(headers.get("requires-dist", [])),
        entry_points=_text(found, "entry_points.txt"),
        direct_url=_direct_url(found),
    )


def _text(distribution: Distribution, file: str) -> str:
    """A file of the metadata, empty if nobody can read it; bytes that are no UTF-8 become marks."""
    try:
        return distribution.read_text(file) or ""
    except UnicodeDecodeError as error:
        return error.object.decode(errors="replace")
    except OSError:
        return ""


def _headers(distribution: Distribution) -> dict[str, list[str]]:
    text = _text(distribution, "METADATA") or _text(distribution, "PKG-INFO")
    headers: dict[str, list[str]] = {}
    for line in text.split("\n\n", 1)[0].splitlines():
        key, colon, value = line.partition(":")
        if colon and not line.startswith((" ", "\t")):
            headers.setdefault(key.lower(), []).append(value.strip())
    return headers


def _direct_url(distribution: Distribution) -> dict[str, Any]:
    try:
        given = json.loads(_text(distribution, "direct_url.json") or "{}")
        url = urlsplit(str(given.get("url", "")))
    except (AttributeError, RecursionError, ValueError):
        return {}
    return {} if "\0" in unquote(url.path) else given


def _order(version: str) -> tuple[bool, Version | str]:
    try:
        return True, Version(version)
    except InvalidVersion:
        return False, version


def _path_of(path: str) -> str:
    """The folder of a file's address; urllib.request, which has this, takes 8 ms to import."""
    decoded = unquote(path)
    return decoded.lstrip("/") if os.name == "nt" else decoded
