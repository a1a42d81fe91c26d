"""Rules: a policy that cannot be read, and rules that name nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from coreframe.doctor.catalogue import make_finding
from coreframe.doctor.finding import Finding
from coreframe.doctor.installation import Installation
from coreframe.doctor.module_finder import ModuleFinder
from coreframe.registry.record import ComponentRecord

__all__ = ["examine_rules"]


def examine_rules(installation: Installation, finder: ModuleFinder) -> Iterator[Finding]:
    """What is wrong with the policy itself."""
    if installation.policy_fault:
        yield make_finding("CF015", "policy", installation.policy_fault)
    records = installation.records
    names = [*dict.fromkeys(name for r in records for name in (r.distribution, r.name))]
    sources = [r for r in installation.usable if r.kind == "hooks" and _may_offer(r, finder)]
    for rule in installation.policy.unmatched(records):
        _, _, name = rule.pattern.rpartition(".")
        if sources and name.isidentifier():
            continue  # it may be a component that is found at run time
        near = difflib.get_close_matches(rule.pattern, names, n=1, cutoff=0.7)
        hint = f"did you mean {near[0]}?" if near else "correct it, or take it out"
        yield make_finding(
            "CF012",
            "policy",
            f"{rule.origin} names {rule.pattern}, and nothing of that name is installed; {hint}",
        )


def _may_offer(record: ComponentRecord, finder: ModuleFinder) -> bool:
    """Whether a hooks module may know of more components, which no metadata list."""
    source = finder.source(record.target.partition(":")[0].strip())
    return source is None or "coreframe_components" in source.text
