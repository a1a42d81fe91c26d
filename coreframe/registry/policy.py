"""Policy: which plugins the user lets in, and which one a contested name means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from coreframe.registry.record import ComponentRecord, normalize

__all__ = ["Policy", "Rule"]

OWN = "coreframe"


@dataclass(frozen=True)
class Rule:
    """One line of a policy.

    Attributes:
        pattern: a distribution, a component's name, or both: `coreframe-linear`, `Linear`,
            `coreframe_linear.Linear`. With a dot it is both, and a distribution that has dots
            in its name is written with dashes.
        origin: where it was written, for messages.
    """

    pattern: str
    origin: str

    def matches(self, record: ComponentRecord) -> bool:
        """Whether it names this component, or the distribution that offers it."""
        distribution, dot, name = self.pattern.rpartition(".")
        own = normalize(record.distribution)
        if dot:
            return normalize(distribution) == own and name == record.name
        # A module of hooks may have any name, also that of somebody else's distribution.
        is_named = record.kind != "hooks" and self.pattern.isidentifier()
        return normalize(self.pattern) == own or (is_named and self.pattern == record.name)


@dataclass(frozen=True)
class Policy:
    """What is disabled, what alone is allowed, and what is preferred.

    Attributes:
        disable: what is kept out.
        only: lists of what alone is let in; each list has to admit it. The core's own
            components need no admission.
        prefer: which one a name means that several offer; the first that settles it counts.
        core_only: where it was said that no plugin is let in; empty if it was not.
    """

    disable: tuple[Rule, ...] = ()
    only: tuple[tuple[Rule, ...], ...] = ()
    prefer: tuple[Rule, ...] = ()
    core_only: str = ""

    def apply(self, records: Iterable[ComponentRecord]) -> list[ComponentRecord]:
        """The records, with a status that says so where the policy keeps one out."""
        return [
            replace(record, status="disabled", detail=reason)
            if (reason := self._reason(record))
            else record
            for record in records
        ]

    def preferred(self, rivals: Sequence[ComponentRecord]) -> ComponentRecord | None:
        """The one of these, all of one name, that the user prefers."""
        for rule in self.prefer:
            matches = [record for record in rivals if rule.matches(record)]
            if len(matches) == 1:
                return matches[0]
        return None

    def unmatched(self, records: Sequence[ComponentRecord]) -> list[Rule]:
        """The rules that name nothing of what is installed."""
        rules = [*self.disable, *self.prefer, *(rule for rules in self.only for rule in rules)]
        return [rule for rule in rules if not any(rule.matches(record) for record in records)]

    def _reason(self, record: ComponentRecord) -> str:
        for rule in self.disable:
            if rule.matches(record):
                return f"{rule.origin} disables {rule.pattern}"
        if normalize(record.distribution) == OWN:
            return ""
        if self.core_only:
            return f"{self.core_only} lets no plugin in"
        for rules in self.only:
            if not any(rule.matches(record) for rule in rules):
                allowed = ", ".join(rule.pattern for rule in rules) or "nothing"
                origin = rules[0].origin if rules else "the policy"
                return f"{origin} allows only {allowed}"
        return ""
