"""Installation: all that is known from metadata, which the examinations look at."""

from __future__ import annotations

from dataclasses import dataclass

from coreframe.errors import PolicyError
from coreframe.registry.distribution import InstalledDistribution
from coreframe.registry.entry_points import EntryPointSource
from coreframe.registry.hook_plugins import raised
from coreframe.registry.policy import Policy
from coreframe.registry.policy_sources import read_policy
from coreframe.registry.record import ComponentRecord
from coreframe.registry.registry import Registry

__all__ = ["Installation", "survey"]


@dataclass(frozen=True)
class Installation:
    """What is installed.

    Attributes:
        distributions: those that offer something, and the copies they hide.
        records: components, commands and hooks modules, with their status.
        policy: what of it the user lets in.
        policy_fault: why the policy could not be read; empty if it could.
        metadata_fault: why the metadata could not be read; empty if they could.
    """

    distributions: tuple[InstalledDistribution, ...]
    records: tuple[ComponentRecord, ...]
    policy: Policy
    policy_fault: str = ""
    metadata_fault: str = ""

    @property
    def usable(self) -> list[ComponentRecord]:
        """The records in which the metadata show no fault."""
        return [record for record in self.records if record.is_usable]

    @property
    def counted(self) -> list[InstalledDistribution]:
        """The distributions without hidden copies."""
        return [found for found in self.distributions if found.shadowed_by is None]


def survey() -> Installation:
    """What is installed now, under the policy of the current folder; imports none of it.

    It raises nothing, whatever is installed: what cannot be read is a fault, and is left out.
    """
    policy, policy_fault = Policy(), ""
    try:
        policy = read_policy()
    except PolicyError as error:
        policy_fault = str(error)
    except Exception as error:  # noqa: BLE001  # as where the current folder is gone
        policy_fault = f"the policy cannot be read: {raised(error)}"
    source = EntryPointSource()
    try:
        distributions = tuple(source.distributions)
        source.coreframe_components()
    except Exception as error:  # noqa: BLE001  # whatever odd metadata lead to
        return Installation((), (), policy, policy_fault, raised(error))
    registry = Registry([source], policy)
    records = (*registry.components(), *registry.commands(), *registry.hook_modules())
    return Installation(distributions, records, policy, policy_fault)
