"""The one table of what can be found; an id never changes its meaning."""

from __future__ import annotations

from dataclasses import dataclass

from coreframe.doctor.finding import Finding, Level

__all__ = ["CATALOGUE", "Entry", "make_finding"]


@dataclass(frozen=True)
class Entry:
    """What can be found.

    Attributes:
        id: `CF001`.
        level: how bad it is.
        means: what is wrong where it is found.
        by_import: whether it takes `--imports` to find it.
    """

    id: str
    level: Level
    means: str
    by_import: bool = False


CATALOGUE: dict[str, Entry] = {
    entry.id: entry
    for entry in (
        Entry("CF001", "error", "the module of an entry point is not there"),
        Entry("CF002", "error", "the module of an entry point does not define its name"),
        Entry("CF003", "error", "an entry point or its group is malformed"),
        Entry("CF004", "error", "a distribution needs another version of coreframe"),
        Entry("CF005", "warning", "several distributions offer one name"),
        Entry("CF006", "warning", "a distribution is installed twice"),
        Entry("CF007", "warning", "an editable installation's metadata are stale"),
        Entry("CF008", "error", "a hooks module has a hook that does not exist or is not marked"),
        Entry("CF009", "warning", "a plugin imports another plugin"),
        Entry("CF010", "warning", "a plugin imports what is not public in coreframe"),
        Entry("CF011", "info", "the policy disables it"),
        Entry("CF012", "warning", "a rule of the policy names nothing that is installed"),
        Entry("CF013", "warning", "metadata have no name or no version"),
        Entry("CF014", "warning", "a distribution declares no requirement on coreframe"),
        Entry("CF015", "error", "the policy cannot be read"),
        Entry("CF016", "error", "the module of an entry point is no valid Python"),
        Entry("CF017", "info", "another file of a plugin is no valid Python"),
        Entry("CF018", "error", "the project of an editable installation is gone"),
        Entry("CF019", "error", "what is installed cannot be examined"),
        Entry("CF020", "error", "it cannot be loaded", by_import=True),
        Entry("CF021", "error", "it is not what its kind asks for", by_import=True),
        Entry("CF022", "error", "its import takes longer than the limit", by_import=True),
        Entry("CF023", "warning", "its import prints", by_import=True),
        Entry("CF024", "error", "its hooks cannot be registered", by_import=True),
    )
}


def make_finding(id: str, subject: str, detail: str) -> Finding:  # noqa: A002  # the field's name
    """A finding of the level that the table gives its id, in one line."""
    return Finding(id, CATALOGUE[id].level, subject, " ".join(detail.split()))
