"""Metadata: distributions that are installed twice, nameless, or without a requirement."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from coreframe.doctor.catalogue import make_finding
from coreframe.doctor.finding import Finding
from coreframe.doctor.installation import Installation
from coreframe.doctor.subject import subject_of
from coreframe.registry.distribution import InstalledDistribution
from coreframe.registry.entry_points import read_entry_points, unknown_groups
from coreframe.registry.kinds import COMMAND_GROUP, HOOKS_GROUP, KINDS
from coreframe.registry.record import UNKNOWN, normalize

__all__ = ["examine_metadata"]

OWN = "coreframe"

GROUPS = [*(kind.group for kind in KINDS.values()), COMMAND_GROUP, HOOKS_GROUP]


def examine_metadata(installation: Installation) -> Iterator[Finding]:
    """What is wrong with whole distributions."""
    if installation.metadata_fault:
        yield make_finding(
            "CF019",
            "installation",
            f"reading the installed metadata failed, so that nothing can be used: "
            f"{installation.metadata_fault}; uninstall what was installed last, and report this",
        )
    for found in installation.distributions:
        first = found.shadowed_by
        if first is not None:
            yield make_finding("CF006", subject_of(found), _twice(found, first))
            continue
        for group in unknown_groups(found.entry_points):
            hint = _nearest_group(group)
            yield make_finding(
                "CF003",
                subject_of(found),
                f"there is no group of entry points {group}, so what stands there is lost; {hint}",
            )
        offers = [name for _, name, _ in read_entry_points(found.entry_points)]
        lacks = [
            f"no {header}"
            for header, value in (("Name", found.name), ("Version", found.version))
            if value == UNKNOWN
        ]
        if offers and lacks:
            yield make_finding(
                "CF013",
                subject_of(found),
                f"metadata in {found.place} that offer {', '.join(offers)} have "
                f"{' and '.join(lacks)}; reinstall what they belong to",
            )
        elif offers and normalize(found.name) != OWN and not _requires_core(found):
            yield make_finding(
                "CF014",
                subject_of(found),
                "it requires no coreframe, so that nobody can tell whether it fits this one; "
                "declare it, such as coreframe>=0.1,<0.2, or report this to the author of "
                f"{found.name}",
            )


def _twice(found: InstalledDistribution, first: InstalledDistribution) -> str:
    name = found.name
    if found.place == first.place:
        return (
            f"{found.place} holds metadata of {name} {first.version} and of {found.version}, which "
            f"is left over; remove the latter, or uninstall {name} and install it again"
        )
    return (
        f"{name} is installed twice, and {first.version} in {first.place} is found before "
        f"{found.version} in {found.place}; uninstall one"
    )


def _requires_core(found: InstalledDistribution) -> bool:
    for text in found.requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        of_an_extra = requirement.marker is not None and "extra" in str(requirement.marker)
        if normalize(requirement.name) == OWN and not of_an_extra:
            return True
    return False


def _nearest_group(group: str) -> str:
    by_end = {known.partition(".")[2]: known for known in GROUPS}  # all begin alike
    near = difflib.get_close_matches(group.partition(".")[2], by_end, n=1)
    return f"did you mean {by_end[near[0]]}?" if near else f"there are {', '.join(GROUPS)}"
