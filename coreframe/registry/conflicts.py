"""Conflicts: one name that is offered more than once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from coreframe.registry.policy import Policy
from coreframe.registry.record import ComponentRecord, normalize

__all__ = ["mark_conflicts"]


def mark_conflicts(
    offered: Sequence[ComponentRecord],
    policy: Policy,
    settled: Sequence[ComponentRecord] = (),
) -> list[ComponentRecord]:
    """The records, with a status that says so where several can be used under one name.

    A record that cannot be used is nobody's rival: it stays as it is, and so does the one
    beside it.

    Args:
        offered: the records to look at.
        policy: it may say which one a name means; that one stays as it is.
        settled: records that go before, whose names are taken.
    """
    own = list(_one_each(record for record in offered if record.is_usable))
    rivals: dict[tuple[str, str], list[ComponentRecord]] = {}
    for record in own:
        if record.is_usable:
            rivals.setdefault((record.kind, record.name), []).append(record)
    taken = {(record.kind, record.name) for record in settled if record.is_usable}
    marked = [
        _mark(r, rivals[r.kind, r.name], policy, is_taken=(r.kind, r.name) in taken)
        if r.is_usable
        else r
        for r in own
    ]
    return marked + [record for record in offered if not record.is_usable]


def _mark(
    record: ComponentRecord,
    rivals: Sequence[ComponentRecord],
    policy: Policy,
    *,
    is_taken: bool,
) -> ComponentRecord:
    write = f"write {record.qualified}"
    if is_taken:
        reason = f"an installed component of this name goes before; {write}"
    elif len(rivals) == 1 or record.kind == "hooks" or policy.preferred(rivals) == record:
        return record
    elif preferred := policy.preferred(rivals):
        reason = f"that of {preferred.distribution} is preferred; {write}"
    else:
        reason = f"another distribution offers this name too; {write}"
    return replace(record, status="ambiguous", detail=reason)


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
