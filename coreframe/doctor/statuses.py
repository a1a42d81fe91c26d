"""Statuses: what the registry found wrong with the records themselves."""

from __future__ import annotations

from collections.abc import Iterator

from coreframe.doctor.catalogue import make_finding
from coreframe.doctor.finding import Finding
from coreframe.doctor.installation import Installation
from coreframe.doctor.subject import subject_of
from coreframe.registry.record import ComponentRecord, Status

__all__ = ["examine_statuses"]

_IDS: dict[Status, str] = {"malformed": "CF003", "incompatible": "CF004", "disabled": "CF011"}


def examine_statuses(installation: Installation) -> Iterator[Finding]:
    """Malformed, incompatible, disabled and ambiguous ones."""
    named: dict[tuple[str, str], list[ComponentRecord]] = {}
    for record in installation.records:
        if record.status in _IDS:
            yield make_finding(_IDS[record.status], subject_of(record), record.detail)
        elif record.is_usable and record.kind != "hooks":
            named.setdefault((record.kind, record.name), []).append(record)
    for (kind, name), rivals in named.items():
        # One that is preferred stays ok, and settles the matter.
        if all(record.status == "ambiguous" for record in rivals):
            sources = " and ".join(f"{record.source} ({record.target})" for record in rivals)
            choices = " or ".join(dict.fromkeys(record.qualified for record in rivals))
            yield make_finding(
                "CF005",
                f"{kind} {name}",
                f"{sources} offer it: write {choices}, prefer one, or uninstall all but one",
            )
