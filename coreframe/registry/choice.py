"""Choice: the one record that a name means, among all that bear it."""

from __future__ import annotations

from collections.abc import Sequence

from coreframe.errors import AmbiguousComponent, BrokenPlugin
from coreframe.registry.record import ComponentRecord, normalize
from coreframe.registry.suggestions import article

__all__ = ["choose"]


def choose(
    known: Sequence[ComponentRecord], what: str, name: str, distribution: str | None
) -> ComponentRecord | None:
    """The one record of this name that can be used, or else the only one; None without any.

    Args:
        known: the records to choose from.
        what: the kind, `component` or `command`, for messages.
        name: the name.
        distribution: the distribution it must be from, if any.

    Raises:
        AmbiguousComponent: with every source, if several can be used.
        BrokenPlugin: with every cause, if there are several and none can be used.
    """
    matches = [
        record
        for record in known
        if record.name == name
        and (not distribution or normalize(distribution) == normalize(record.distribution))
    ]
    usable = [record for record in matches if record.is_usable]
    if len(usable or matches) <= 1:
        return next(iter(usable or matches), None)
    if not usable:
        causes = " and ".join(f"{record.source} ({record.detail})" for record in matches)
        raise BrokenPlugin(f"{what} {name} cannot be used, as {causes} offer it")
    kinds = sorted({record.kind for record in usable})
    if len(kinds) > 1:
        raise AmbiguousComponent(
            f"{name} is {' and '.join(article(kind) for kind in kinds)}: say which kind"
        )
    sources = " and ".join(f"{record.source} ({record.target})" for record in usable)
    choices = " or ".join(dict.fromkeys(record.qualified for record in usable))
    raise AmbiguousComponent(
        f"{what} {name} is offered by {sources}: write {choices}, or uninstall all but one"
    )
