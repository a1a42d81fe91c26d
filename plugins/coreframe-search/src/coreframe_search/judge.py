"""Judge: the watcher of a population that says which of its trials go on."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from math import inf, isfinite
from statistics import fmean

from optuna.trial import TrialState
from torch import Tensor

import coreframe as cf
from coreframe_runs import Plan
from coreframe_search.samplers import rung_epochs
from coreframe_search.trial_population import models_of
from coreframe_search.trial_queue import Asked, TrialQueue

__all__ = ["Judge", "Judged"]


class Judged:
    """How far a trial has come.

    Args:
        asked: the trial.
        replicas: the places of its models in the population.
    """

    def __init__(self, asked: Asked, replicas: Sequence[int]) -> None:
        self.asked, self.replicas = asked, replicas
        self.state = "running"
        self.epochs = 0

    @property
    def is_running(self) -> bool:
        """Whether it trains still."""
        return self.state == "running"


class Judge:
    """Keeps the figure of each trial, and drops trials that are over before the others.

    A trial is over if a pruner says so, if a model of it diverges, or if each of its models has
    run out of patience. Its models leave the population then, which goes on faster.

    Args:
        queue: where the trials came from, and are told.
        trials: of the population, in its order.
        run: the plan of one of them.
        block: the number by which the population is recorded.
    """

    def __init__(self, queue: TrialQueue, trials: Sequence[Asked], run: Plan, block: int) -> None:
        settings = run.settings
        self.queue, self.settings, self.block = queue, settings, block
        plan, models = queue.plan, models_of(run, queue.plan.settings.folds)
        self.trials = [
            Judged(asked, range(index * models, (index + 1) * models))
            for index, asked in enumerate(trials)
        ]
        count = models * len(trials)
        self.objective, self.rises = plan.objective, plan.rises
        self._monitor = settings.monitor or "validation_loss"
        self._rungs = set(rung_epochs(plan))
        self._keeps_best = plan.settings.epoch == "best"
        self._values = [-inf if self.rises else inf] * count
        self._monitored, self._since, self._over = [-inf] * count, [0] * count, [False] * count

    @cf.hookimpl
    def coreframe_run_epoch(self, run: cf.Run, figures: Mapping[str, Tensor]) -> None:
        self._see(run, figures)
        for trial in self.trials:
            if trial.is_running and all(self._over[replica] for replica in trial.replicas):
                self._complete(trial)
        if run.epoch in self._rungs and run.epoch < run.epochs:
            self._prune(run.epoch)
        self._drop(run)

    def end(self) -> None:
        """Tell the trials that have come to the end of the training."""
        for trial in self.trials:
            if trial.is_running:
                self._complete(trial)

    def diverged(self) -> None:
        """Tell that no model of the population has numbers any more."""
        for trial in self.trials:
            if trial.is_running:
                trial.epochs += 1
                self._diverge(trial)

    def fail(self, reason: str) -> None:
        """Tell that the trials cannot be trained."""
        for trial in self.trials:
            if trial.is_running:
                self._tell(trial, "failed", None, TrialState.FAIL, reason)

    def release(self, reason: str) -> None:
        """Give back the trials that are not over."""
        for trial in self.trials:
            if trial.is_running:
                trial.state = "released"
                self.queue.release(trial.asked, reason)

    def _see(self, run: cf.Run, figures: Mapping[str, Tensor]) -> None:
        """Keep the epoch's figures, each replica's where it stands in the first population."""
        values, losses = figures[self.objective].tolist(), figures["loss"].tolist()
        monitor = figures.get(self._monitor)
        monitored = losses if monitor is None else monitor.tolist()
        lost = {replica for i, replica in enumerate(run.alive) if bool(run.diverged[i])}
        places = {replica: place for place, replica in enumerate(run.alive)}
        for trial in self.trials:
            if not trial.is_running:
                continue
            trial.epochs = run.epoch
            for replica in trial.replicas:
                place = places.get(replica)
                if place is None:  # it ran out of patience before
                    continue
                value = values[place]
                if replica in lost or not (isfinite(value) and isfinite(losses[place])):
                    self._diverge(trial)
                    break
                self._take(replica, value, monitored[place])

    def _take(self, replica: int, value: float, monitored: float) -> None:
        before = self._values[replica]
        is_better = value > before if self.rises else value < before
        if is_better or not self._keeps_best:
            self._values[replica] = value
        score = monitored if self._monitor.endswith("accuracy") else -monitored
        if score > self._monitored[replica]:
            self._monitored[replica], self._since[replica] = score, 0
        else:
            self._since[replica] += 1
        patience = self.settings.patience
        self._over[replica] = bool(patience) and self._since[replica] >= patience

    def _value(self, trial: Judged) -> float:
        return fmean(self._values[replica] for replica in trial.replicas)

    def _prune(self, epoch: int) -> None:
        running = [trial for trial in self.trials if trial.is_running]
        for trial in running:
            if not self.queue.report(trial.asked, self._value(trial), epoch):
                trial.state = "lost"
        judged = [trial for trial in running if trial.is_running]
        frozen = [copy.deepcopy(self.queue.frozen(trial.asked)) for trial in judged]
        study = self.queue.study
        # Successive halving notes a trial's figure at a rung when it is asked about it: so all
        # are asked twice, that the first one is compared with all others of its population, too.
        for _ in range(2):
            answers = [study.pruner.prune(study, trial) for trial in frozen]
        for trial, over in zip(judged, answers, strict=True):
            if over:
                self._tell(trial, "pruned", self._value(trial), TrialState.PRUNED)

    def _drop(self, run: cf.Run) -> None:
        going = {r for t in self.trials if t.is_running for r in t.replicas if not self._over[r]}
        kept = [place for place, replica in enumerate(run.alive) if replica in going]
        if not kept:
            run.stop("all its trials are over")
        elif len(kept) < len(run.alive) and run.epoch < run.epochs:
            run.select(kept)

    def _complete(self, trial: Judged) -> None:
        self._tell(trial, "complete", self._value(trial), TrialState.COMPLETE)

    def _diverge(self, trial: Judged) -> None:
        # Pruned without a figure, so that a sampler that learns takes it for the worst there is.
        note = f"a loss was not finite any more in epoch {trial.epochs}"
        self._tell(trial, "diverged", None, TrialState.PRUNED, note)

    def _tell(
        self, trial: Judged, state: str, value: float | None, told: TrialState, note: str = ""
    ) -> None:
        trial.state = state
        about = {"state": state, "epochs": trial.epochs, "block": self.block, "note": note}
        if not self.queue.tell(trial.asked, value, told, about):
            trial.state = "lost"
