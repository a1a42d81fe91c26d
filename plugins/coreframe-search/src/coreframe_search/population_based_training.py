"""PopulationBasedTraining: replicas that do badly go on from those that do well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import NamedTuple

import torch
from torch import Tensor

import coreframe as cf

__all__ = ["Exploit", "PopulationBasedTraining"]

MASK = 2**63 - 1


class Exploit(NamedTuple):
    """What was done after an epoch.

    Attributes:
        epoch: how many epochs were done.
        sources: for each replica, whose training it went on with.
        settings: the hyperparameters from then on, `(R,)` each, by name.
    """

    epoch: int
    sources: tuple[int, ...]
    settings: dict[str, tuple[float, ...]]


class PopulationBasedTraining:
    """A watcher that exploits and explores while a population trains.

        cf.train_model(…, watchers=[PopulationBasedTraining("validation_loss", every=5)])

    Every so many epochs the worst replicas, and those that have diverged, take over parameters
    and optimizer state of a random one of the best (exploit, by truncation), along with its
    hyperparameters, each times a random factor (explore). All of it is a gather along the replica
    axis: the population never stops being one. What is random depends on the seed and the epoch
    alone, so a resumed run goes on alike.

    Source: Jaderberg et al. 2017, Population Based Training of Neural Networks.

    Args:
        monitor: the figure that ranks the replicas; accuracies are to rise, losses to fall. What
            is not logged cannot rank: `train_model(log=["validation"])`.
        every: epochs between two exploits.
        fraction: how many are the worst, and how many the best, as a share of the replicas.
        explore: the optimizer's hyperparameters that are varied, each with the factors of which
            one is drawn. A product that the hyperparameter may not be leaves it as it was.
        seed: of the draws.

    Attributes:
        exploits: what was done, in order.

    Raises:
        ArgumentError: for arguments out of range; when the run starts, for a lone model or a
            hyperparameter that the optimizer does not have; after an epoch, for a figure that
            the run does not log.
    """

    def __init__(
        self,
        monitor: str = "validation_loss",
        *,
        every: int = 5,
        fraction: float = 0.2,
        explore: Mapping[str, Sequence[float]] | None = None,
        seed: int = 0,
    ) -> None:
        self.monitor, self.seed = monitor, seed
        self.every = cf.whole_number("PopulationBasedTraining: every", every)
        if not 0 < fraction <= 0.5:  # beyond half, one were best and worst
            raise cf.ArgumentError(
                f"PopulationBasedTraining: fraction must be above 0 and at most 0.5, got {fraction}"
            )
        self.fraction = fraction
        self.explore = {"lr": (0.8, 1.25)} if explore is None else dict(explore)
        for name, factors in self.explore.items():
            if not factors or not all(isfinite(f) and f > 0 for f in factors):
                raise cf.ArgumentError(
                    f"PopulationBasedTraining: the factors of {name} must be positive numbers, "
                    f"got {factors!r}"
                )
        self.exploits: list[Exploit] = []

    @cf.hookimpl
    def coreframe_run_start(self, run: cf.Run) -> None:
        if len(run.alive) < 2 or not run.model.replicas:  # one has no other
            raise cf.ArgumentError("population-based training needs a population of at least 2")
        known = run.optimizer.hyperparameters
        for name in self.explore:
            if name not in known:
                raise cf.ArgumentError(
                    f"{run.optimizer!r} has no hyperparameter {name} to explore; it has "
                    f"{', '.join(known)}"
                )

    @cf.hookimpl
    def coreframe_run_epoch(self, run: cf.Run, figures: Mapping[str, Tensor]) -> None:
        if self.monitor not in figures:
            raise cf.ArgumentError(
                f"population-based training ranks by {self.monitor}, and the run logs "
                f"{', '.join(figures)}"
            )
        if run.epoch % self.every or run.epoch >= run.epochs or run.stopped:
            return
        generator = torch.Generator().manual_seed((self.seed * 1_000_003 + run.epoch) & MASK)
        sources = self._sources(figures[self.monitor], run.diverged, generator)
        run.exploit(sources)
        settings = {name: self._explored(run, name, sources, generator) for name in self.explore}
        self.exploits.append(Exploit(run.epoch, tuple(sources), settings))

    def _sources(self, scores: Tensor, diverged: Tensor, generator: torch.Generator) -> list[int]:
        """Each replica's own index; of the worst ones, that of one of the best."""
        rising = self.monitor.endswith("accuracy")
        scores = (scores if rising else -scores).cpu().double()
        lost = ~scores.isfinite() | diverged
        order = scores.masked_fill(lost, -torch.inf).argsort(descending=True, stable=True).tolist()
        count = max(1, int(self.fraction * len(order)))
        best = [replica for replica in order[:count] if not lost[replica]]
        worst = {*order[-count:], *lost.nonzero().flatten().tolist()} - set(best)
        sources = list(range(len(order)))
        for replica in sorted(worst) if best else ():
            sources[replica] = best[int(torch.randint(len(best), (), generator=generator))]
        return sources

    def _explored(
        self, run: cf.Run, name: str, sources: list[int], generator: torch.Generator
    ) -> tuple[float, ...]:
        """Give those that have taken over another's training its setting times a factor."""
        optimizer, hyperparameter = run.optimizer, run.optimizer.hyperparameters[name]
        given = vars(optimizer)[name]
        numbers = [given] * len(sources) if isinstance(given, float) else list(given)
        found: list[float] = []
        for replica, source in enumerate(sources):
            number = numbers[source]
            if replica != source:
                factors = self.explore[name]
                drawn = factors[int(torch.randint(len(factors), (), generator=generator))]
                number = _allowed(hyperparameter, number * drawn, number)
            found.append(number)
        optimizer.set_hyperparameter(name, tuple(found))
        return tuple(found)


def _allowed(hyperparameter: cf.Hyperparameter, number: float, otherwise: float) -> float:
    try:
        hyperparameter.check(number)
    except cf.ArgumentError:
        return otherwise
    return number
