"""Offers: what the sources of components know of, each asked apart from the others."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

from coreframe.registry.hook_plugins import HookPlugins, raised
from coreframe.registry.kinds import KINDS
from coreframe.registry.malformation import malformation
from coreframe.registry.record import ComponentRecord, Status, normalize

__all__ = ["collect_offers"]


def collect_offers(
    plugins: HookPlugins, *, dynamic: bool
) -> tuple[list[ComponentRecord], list[str]]:
    """The records of all sources, and a sentence for each source that fails.

    A source that fails offers nothing, so that what is listed never depends on how far it came.

    Args:
        plugins: the sources are among these.
        dynamic: whether to ask those of installed hook modules, or the others.
    """
    offered: list[ComponentRecord] = []
    faults: list[str] = []
    for source in plugins.implementations("coreframe_components"):
        origin = plugins.origin(source)
        if dynamic != (origin is not None):
            continue
        try:
            given: Any = source.function()
            records = [] if given is None else list(given)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # also SystemExit: no plugin may end us
            faults.append(_fault(plugins.describe(source), raised(error)))
            continue
        strange = next((text for r in records if (text := _strangeness(r, origin))), "")
        if strange:
            faults.append(_fault(plugins.describe(source), strange))
        else:
            offered += records
    return offered, faults


def _strangeness(given: object, origin: ComponentRecord | None) -> str:
    """What is wrong with a record that a source gave; empty if nothing is."""
    if not isinstance(given, ComponentRecord) or not _is_whole(given):
        return f"it gave {object.__repr__(given)}, which is no whole ComponentRecord"
    if origin and given.kind not in KINDS:
        return f"it offers {given.name} as {given.kind!r}, and the kinds are {', '.join(KINDS)}"
    if origin and (fault := malformation(given.kind, given.name, given.target)):
        return fault
    if origin and given.status not in get_args(Status):
        return f"it gives {given.name} the status {given.status!r}"
    if origin and normalize(given.distribution) != normalize(origin.distribution):
        return f"it offers {given.name} in the name of {given.distribution}, which is not its own"
    return ""


def _is_whole(record: ComponentRecord) -> bool:
    values = vars(record)
    return values.keys() == {field.name for field in fields(ComponentRecord)} and all(
        isinstance(value, bool if name == "editable" else str) for name, value in values.items()
    )


def _fault(source: str, cause: str) -> str:
    return f"the source {source} offers no components: {cause}; report this to its author"
