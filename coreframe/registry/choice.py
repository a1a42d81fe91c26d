"""Choice: the one record that a name means, among all that bear it."""

from __future__ import annotations

from collections.abc import Sequence

from coreframe.errors import AmbiguousComponent, BrokenPlugin, DisabledComponent
from coreframe.registry.record import ComponentRecord, normalize
from coreframe.registry.suggestions import article

__all__ = ["choose"]


def choose(
    known: Sequence[ComponentRecord], what: str, name: str, distribution: str | None
) -> ComponentRecord | None:
    """The one record of this name that can be used, or else the only one; None without any.

    Where several can be used, the one that the user prefers is the only one of status ok.

    Args:
        known: the records to choose from.
        what: the kind, `component` or `command`, for messages.
        name: the name.
        distribution: the distribution it must be from, if any.

    Raises:
        AmbiguousComponent: with every source, if several can be used.
        DisabledComponent: if the user's policy keeps out all that could be used.
        BrokenPlugin: with every cause, if there are several and none can be used.
    """
    matches = [
        record
        for record in known
        if record.name == name
        and (not distribution or normalize(distribution) == normalize(record.distribution))
    ]
    usable = [record for record in matches if record.is_usable]
    if len(usable) <= 1 and (usable or len(matches) <= 1):
        return next(iter(usable or matches), None)
    if not usable:
        causes = " and ".join(f"{record.source} ({record.detail})" for record in matches)
        disabled = any(record.status == "disabled" for record in matches)
        error = DisabledComponent if disabled else BrokenPlugin
        raise error(f"{what} {name} cannot be used, as {causes} offer it")
    kinds = sorted({record.kind for record in usable})
    if len(kinds) > 1:
        raise AmbiguousComponent(
            f"{name} is {' and '.join(article(kind) for kind in kinds)}: say which kind"
        )
    preferred = [record for record in usable if record.status == "ok"]
    if len(preferred) == 1:
        return preferred[0]
    sources = " and ".join(f"{record.source} ({record.target})" for record in usable)
    choices = " or ".join(dict.fromkeys(record.qualified for record in usable))
    raise AmbiguousComponent(
        f"{what} {name} is offered by {sources}: write {choices}, prefer one "
        f"(coreframe --prefer {usable[0].qualified}), or uninstall all but one"
    )
