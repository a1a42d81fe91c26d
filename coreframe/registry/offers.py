"""Offers: what the sources of components know of, each asked apart from the others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
from typing import Any

from pluggy import HookImpl

from coreframe.registry.record import ComponentRecord

__all__ = ["collect_offers"]


def collect_offers(sources: Iterable[HookImpl]) -> tuple[list[ComponentRecord], list[str]]:
    """The records of all sources, and a sentence for each source that fails.

    A source that fails offers nothing, so that what is listed never depends on how far it came.
    """
    offered: list[ComponentRecord] = []
    faults: list[str] = []
    for source in sources:
        try:
            given: Any = source.function()
            records = [] if given is None else list(given)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # also SystemExit: no plugin may end us
            cause = " ".join(str(error).split()) or "no message"
            faults.append(_fault(source, f"it raised {type(error).__name__}: {cause}"))
            continue
        strange = [record for record in records if not _is_record(record)]
        if strange:
            faults.append(_fault(source, f"it gave {strange[0]!r}, which is no ComponentRecord"))
        else:
            offered += records
    return offered, faults


def _is_record(given: object) -> bool:
    return isinstance(given, ComponentRecord) and all(isinstance(f, str) for f in astuple(given))


def _fault(source: HookImpl, cause: str) -> str:
    return f"the source {source.plugin!r} offers no components: {cause}; report this to its author"
