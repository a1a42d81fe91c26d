"""Subject: what a finding is about, as messages name it everywhere."""

from __future__ import annotations

from coreframe.registry.distribution import InstalledDistribution
from coreframe.registry.record import ComponentRecord

__all__ = ["author", "subject_of"]


def subject_of(thing: ComponentRecord | InstalledDistribution) -> str:
    """`module Linear of coreframe-linear 0.1.0`, or `coreframe-linear 0.1.0`."""
    if isinstance(thing, InstalledDistribution):
        return f"{thing.name} {thing.version}"
    return f"{thing.kind} {thing.name} of {thing.source}"


def author(record: ComponentRecord) -> str:
    """What remains to do where the user cannot mend it."""
    return f"report this to the author of {record.distribution}"
