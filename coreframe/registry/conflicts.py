"""Conflicts: one name that is offered more than once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from coreframe.registry.record import ComponentRecord, normalize

__all__ = ["mark_conflicts"]


def mark_conflicts(offered: Sequence[ComponentRecord]) -> list[ComponentRecord]:
    """The records, with a status that says so where several can be used under one name.

    A faulty record is nobody's rival: it stays as it is, and so does the one beside it.
    """
    own = list(_one_each(record for record in offered if record.is_usable))
    count = Counter((r.kind, r.name) for r in own if r.is_usable)
    marked = [
        replace(
            r,
            status="ambiguous",
            detail=f"another distribution offers this name too; write {r.qualified}",
        )
        if r.is_usable and count[r.kind, r.name] > 1
        else r
        for r in own
    ]
    return marked + [record for record in offered if not record.is_usable]


def _one_each(usable: Iterable[ComponentRecord]) -> Iterator[ComponentRecord]:
    """One record for each name of a distribution, malformed if it stands for several targets."""
    groups: dict[tuple[str, str, str], list[ComponentRecord]] = {}
    for r in usable:
        groups.setdefault((r.kind, r.name, normalize(r.distribution)), []).append(r)
    for group in groups.values():
        first, targets = group[0], list(dict.fromkeys(record.target for record in group))
        if len(targets) == 1:
            yield first
            continue
        times = "twice" if len(targets) == 2 else f"{len(targets)} times"
        yield replace(
            first,
            status="malformed",
            detail=f"it offers {first.name} {times}, as {' and '.join(targets)}; "
            f"report this to the author of {first.distribution}",
        )
