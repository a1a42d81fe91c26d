"""roles_of: which columns are targets, and which are inputs."""

from __future__ import annotations

from collections.abc import Sequence

from coreframe import ArgumentError
from coreframe_datasets.table_source import TableSource

__all__ = ["roles_of"]


def roles_of(source: TableSource, target: object, features: object) -> tuple[list[str], list[str]]:
    """The columns of the targets, and those of the inputs; all others if `features` is None.

    Raises:
        ArgumentError: for what are no names of columns, none or one twice, or in both roles.
    """
    wanted = source.find(_names("target", target))
    if features is None:
        given = [name for name in source.default_features() if name not in wanted]
        if not given:
            raise source.fault("has no column beside the target")
    else:
        given = source.find(_names("features", features))
    for role, chosen in (("target", wanted), ("features", given)):
        for name in chosen:
            if chosen.count(name) > 1:
                raise ArgumentError(f"Table: {role} has {name!r} twice")
    for name in wanted:
        if name in given:
            raise ArgumentError(f"Table: {name!r} is the target, and cannot be a feature")
    return wanted, given


def _names(role: str, names: object) -> list[str]:
    listed = [names] if isinstance(names, str) else names
    if (
        not isinstance(listed, Sequence)
        or not listed
        or not all(isinstance(name, str) for name in listed)
    ):
        raise ArgumentError(f"Table: {role} must be a column's name, or several, got {names!r}")
    return list(listed)
