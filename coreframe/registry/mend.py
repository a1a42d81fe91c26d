"""Mend: what to do about a plugin that cannot be loaded."""

from __future__ import annotations

from coreframe.registry.record import ComponentRecord

__all__ = ["mend"]


def mend(record: ComponentRecord, error: BaseException) -> str:
    """What the user can do about this error of loading the record's target."""
    author = f"report this to the author of {record.distribution}"
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    if missing and missing.partition(".")[0] != record.target.partition(".")[0].partition(":")[0]:
        return f"install what offers the package {missing}, or {author}"
    if isinstance(error, (SyntaxError, AttributeError)):
        return f"install another version of {record.distribution}, or {author}"
    return f"reinstall {record.distribution}, or {author}"
