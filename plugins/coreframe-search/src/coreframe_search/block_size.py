"""BlockSizes: how many models of a kind train best together on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import coreframe as cf
from coreframe_runs import Plan
from coreframe_search.groups import group_key
from coreframe_search.population import Population, build_population, models_of
from coreframe_search.settings import SweepSettings

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

    def _fitting(self, plans: Sequence[Plan], data: cf.Dataset | None) -> int:
        """The number of models that fit into the memory that is allowed."""
        each = cf.estimate_memory(*_parts(plans, data, 1), batch_size=plans[0].settings.batch_size)
        return int(self.settings.memory_mib * 2**20 / each)

    def _measure(self, plans: Sequence[Plan], data: cf.Dataset | None) -> int:
        """The number of models; all that there are where it would not pay to measure."""
        most = len(plans) * models_of(plans[0], self.settings.folds)
        population = build_population(plans[:1], data, 0, 0)
        run = plans[0].settings
        steps = run.epochs * -(-len(population.data.train) // run.batch_size)
        if most == 1 or steps < WORTH_MEASURING:
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
    found: Population = build_population(chosen, data, 0, 0)
    return cf.Population(found.model, found.data, found.loss, found.optimizer)
