"""Survivors: the mutants that the kit does not notice, and the list of those that are known."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Known", "Survivor", "known_survivors", "unexplained"]

LISTS = Path(__file__).with_name("survivors")  # a list for each package


@dataclass(frozen=True, order=True)
class Survivor:
    """A mutant that passes every check, by what it changes."""

    file: str
    function: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.file}, {self.function}:\n  - {self.before}\n  + {self.after}"


@dataclass(frozen=True)
class Known:
    """Why a mutant survives: because it behaves as before, or through a gap in the kit."""

    equivalent: bool
    reason: str


def known_survivors() -> dict[Survivor, Known]:
    """The committed lists; an entry there may have several changes of one line."""
    known: dict[Survivor, Known] = {}
    for path in sorted(LISTS.glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["survivor"]:
            for after in entry["after"]:
                survivor = Survivor(entry["file"], entry["function"], entry["before"], after)
                if survivor in known or not entry["reason"]:
                    raise ValueError(f"{path.name}: twice, or without its reason:\n{survivor}")
                known[survivor] = Known(entry["equivalent"] is True, entry["reason"])
    return known


def unexplained(found: Iterable[Survivor], known: Iterable[Survivor]) -> str:
    """What the list and a run disagree about; nothing if they agree."""
    survived, listed = set(found), set(known)
    return "\n".join(
        [f"not in {LISTS.name}: {survivor}" for survivor in sorted(survived - listed)]
        + [
            f"in {LISTS.name}, and now killed or gone: {survivor}"
            for survivor in sorted(listed - survived)
        ]
    )
