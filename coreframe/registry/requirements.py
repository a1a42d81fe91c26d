"""Requirements: lines for pip that install the same plugins again."""

from __future__ import annotations

import re
from typing import Any

from coreframe.registry.distribution import InstalledDistribution, scan_distributions
from coreframe.registry.record import UNKNOWN, normalize

__all__ = ["requirement_lines"]

NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def requirement_lines() -> list[str]:
    """A line for each installed distribution that offers something, the core among them.

    A version of an index is pinned; what came from elsewhere is named by where it came from, as
    `pip freeze` does.
    """
    counted = [found for found in scan_distributions() if found.shadowed_by is None]
    return [_line(found) for found in sorted(counted, key=lambda found: normalize(found.name))]


def _line(found: InstalledDistribution) -> str:
    # A name that is none could be an option of pip's.
    if found.version == UNKNOWN or not NAME.fullmatch(found.name):
        return f"# {found.name!r} in {found.place}: its metadata have no name or version"
    if found.editable:
        spaced = any(letter.isspace() for letter in found.location)
        return f"-e {found.direct_url['url'] if spaced else found.location}"
    url = _url(found.direct_url)
    return f"{found.name} @ {url}" if url else f"{found.name}=={found.version}"


def _url(direct_url: dict[str, Any]) -> str:
    """Where it came from, with the commit or the hash, where that is written."""
    url = direct_url.get("url")
    if not isinstance(url, str):
        return ""
    vcs, archive = direct_url.get("vcs_info"), direct_url.get("archive_info")
    fragments: list[str] = []
    if isinstance(vcs, dict):
        commit = vcs.get("commit_id")
        url = f"{vcs.get('vcs')}+{url}" + (f"@{commit}" if commit else "")
    elif isinstance(archive, dict):
        fragments += _hash(archive)
    if folder := direct_url.get("subdirectory"):
        fragments.append(f"subdirectory={folder}")
    return "#".join(filter(None, [url, "&".join(fragments)]))


def _hash(archive: dict[str, Any]) -> list[str]:
    hashes = archive.get("hashes")
    if isinstance(hashes, dict) and hashes:
        name, value = next(iter(hashes.items()))
        return [f"{name}={value}"]
    given = archive.get("hash")
    return [given] if isinstance(given, str) else []
