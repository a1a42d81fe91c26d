"""Targets: whether what the entry points name is there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from coreframe.doctor.bindings import bound_names
from coreframe.doctor.catalogue import make_finding
from coreframe.doctor.finding import Finding
from coreframe.doctor.installation import Installation
from coreframe.doctor.module_finder import ModuleFinder
from coreframe.doctor.subject import author, subject_of
from coreframe.registry.record import ComponentRecord

__all__ = ["examine_targets"]


def examine_targets(installation: Installation, finder: ModuleFinder) -> Iterator[Finding]:
    """Dead targets, and modules that are no valid Python; nothing is imported."""
    for record in installation.usable:
        yield from _examine(record, finder)


def _examine(record: ComponentRecord, finder: ModuleFinder) -> Iterator[Finding]:
    module, _, attribute = (part.strip() for part in record.target.partition(":"))
    way = finder.way(module)
    if way.missing:
        yield make_finding(
            "CF001",
            subject_of(record),
            f"there is no module {way.missing}, and its entry point is {record.target}; "
            f"reinstall {record.distribution}, or {author(record)}",
        )
        return
    for located in way.found:
        source = finder.read(located.path) if located.path else None
        if source is not None and source.tree is None:
            yield make_finding(
                "CF016",
                subject_of(record),
                f"{source.path}:{source.line} is no valid Python ({source.fault}), and its entry "
                f"point is {record.target}; install another version of {record.distribution}, or "
                f"{author(record)}",
            )
            return
    source = finder.source(module)
    known = bound_names(source.tree) if source is not None and source.tree is not None else None
    name = attribute.partition(".")[0].strip()
    if source is None or known is None or not name or name in known:
        return
    if not finder.way(f"{module}.{name}").missing:
        return  # a part of a package becomes an attribute once anybody imports it
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    yield make_finding(
        "CF002",
        subject_of(record),
        f"{source.path} defines no {name}, and its entry point is {record.target}; {hint}"
        f"install another version of {record.distribution}, or {author(record)}",
    )
