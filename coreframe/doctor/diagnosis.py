"""Diagnosis: all that can be found without importing anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from coreframe.doctor.catalogue import make_finding
from coreframe.doctor.editable import examine_editable
from coreframe.doctor.finding import LEVELS, Finding
from coreframe.doctor.foreign_imports import examine_foreign_imports
from coreframe.doctor.hook_functions import examine_hook_functions
from coreframe.doctor.installation import Installation
from coreframe.doctor.metadata import examine_metadata
from coreframe.doctor.module_finder import ModuleFinder
from coreframe.doctor.rules import examine_rules
from coreframe.doctor.statuses import examine_statuses
from coreframe.doctor.targets import examine_targets
from coreframe.registry.hook_plugins import raised

__all__ = ["diagnose", "in_order"]


def diagnose(installation: Installation) -> list[Finding]:
    """What is wrong with what is installed; imports none of it, and raises nothing."""
    finder = ModuleFinder()
    examinations = (
        examine_metadata(installation),
        examine_editable(installation),
        examine_statuses(installation),
        examine_rules(installation, finder),
        examine_targets(installation, finder),
        examine_hook_functions(installation, finder),
        examine_foreign_imports(installation, finder),
    )
    return in_order(finding for each in examinations for finding in _to_its_end(each))


def _to_its_end(examination: Iterator[Finding]) -> Iterator[Finding]:
    """What it finds, also where something that nobody foresaw ends it."""
    try:
        yield from examination
    except Exception as error:  # noqa: BLE001  # whatever odd files lead to
        yield make_finding(
            "CF019",
            "installation",
            f"an examination came to no end, so that more may be wrong: {raised(error)}; "
            "report this to the authors of coreframe",
        )


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The worst first, then by id and subject; each once."""
    return sorted(
        dict.fromkeys(findings),
        key=lambda f: (-LEVELS.index(f.level), f.id, f.subject, f.detail),
    )
