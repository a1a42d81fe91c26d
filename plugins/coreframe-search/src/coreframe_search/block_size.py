"""BlockSizes: how many models of a kind train best together on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import coreframe as cf
from coreframe_runs import Plan
from coreframe_search.groups import group_key
from coreframe_search.padding import pad, padding_key
from coreframe_search.settings import SweepSettings
from coreframe_search.trial_population import TrialPopulation, build_population, models_of

__all__ = ["BlockSizes"]

WORTH_MEASURING = 1000  # steps of a training; fewer are over before sizes have been compared


class BlockSizes:
    """Chooses how many trials make a population, once for each group.

    Args:
        settings: of the sweep.
    """

    def __init__(self, settings: SweepSettings) -> None:
        self.settings = settings
        self._found: dict[str, int] = {}
        self._pays: dict[str, bool] = {}

    def most(self, plans: Sequence[Plan], data: cf.Dataset | None) -> int:
        """How many of these trials, at least one, make the largest population.

        What the file says; or else, for a training that is long enough, what a short measurement
        of lone models, of two, four and so on says is fastest.

        Args:
            plans: of one group.
            data: their dataset, where it has been made before.
        """
        key = group_key(plans[0])
        if key not in self._found:
            found = self.settings.block or self._measure(plans, data)
            if self.settings.memory_mib:
                found = min(found, self._fitting(plans, data))
            self._found[key] = found
        return max(1, self._found[key] // models_of(plans[0], self.settings.folds))

    def pays(self, groups: Sequence[Sequence[Plan]], data: cf.Dataset | None) -> bool:
        """Whether the plans of these groups train faster as one, padded to their largest widths.

        Found by a short measurement, once for groups that can be padded to the same layers; not
        for trainings that are over before it is.

        Args:
            groups: which share a `padding_key`.
            data: their dataset, where it has been made before.
        """
        if not self.settings.padding or len(groups) == 1:
            return False
        key = padding_key(groups[0][0])
        if key not in self._pays:
            together = pad([plan for plans in groups for plan in plans])
            self._pays[key] = self._worth_measuring(together[0], data) and (
                self._seconds(together, data) < sum(self._seconds(plans, data) for plans in groups)
            )
        return self._pays[key]

    def _seconds(self, plans: Sequence[Plan], data: cf.Dataset | None) -> float:
        """Of a step of all of them, in populations no larger than the file allows."""
        count = len(plans) * models_of(plans[0], self.settings.folds)
        size = min(count, self.settings.block or count)
        if self.settings.memory_mib:
            size = max(1, min(size, self._fitting(plans, data)))
        batch_size = plans[0].settings.batch_size
        found: dict[int, float] = cf.measure_block_sizes(
            lambda chosen: _parts(plans, data, len(chosen)), [size], batch_size
        )
        return found[size] * count

    def _fitting(self, plans: Sequence[Plan], data: cf.Dataset | None) -> int:
        """The number of models that fit into the memory that is allowed."""
        each = cf.estimate_memory(*_parts(plans, data, 1), batch_size=plans[0].settings.batch_size)
        return int(self.settings.memory_mib * 2**20 / each)

    def _worth_measuring(self, plan: Plan, data: cf.Dataset | None) -> bool:
        samples = len(build_population([plan], data, 0, 0).data.train)
        return plan.settings.epochs * -(-samples // plan.settings.batch_size) >= WORTH_MEASURING

    def _measure(self, plans: Sequence[Plan], data: cf.Dataset | None) -> int:
        """The number of models; all that there are where it would not pay to measure."""
        most = len(plans) * models_of(plans[0], self.settings.folds)
        run = plans[0].settings
        if most == 1 or not self._worth_measuring(plans[0], data):
            return most
        try:
            # Which of them are built is no matter for the time.
            return cf.choose_block_size(
                lambda chosen: _parts(plans, data, len(chosen)), most, run.batch_size
            )
        except cf.CoreframeError:  # one of them diverges: its own training tells
            return most


def _parts(plans: Sequence[Plan], data: cf.Dataset | None, count: int) -> cf.Population:
    """A population of so many models, for the measurement."""
    lone = [replace(plan, settings=replace(plan.settings, replicas=1)) for plan in plans]
    chosen = [lone[index % len(lone)] for index in range(count)]
    found: TrialPopulation = build_population(chosen, data, 0, 0)
    return cf.Population(found.model, found.data, found.loss, found.optimizer)
