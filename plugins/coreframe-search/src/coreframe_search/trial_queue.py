"""TrialQueue: the trials of a study, handed out and taken back, among any number of workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from coreframe_search.leases import Leases
from coreframe_search.samplers import build_sampler
from coreframe_search.slots import RELEASED, SLOT, Slots
from coreframe_search.sweep_plan import SweepPlan

__all__ = ["Asked", "TrialQueue"]

WORKER, RESULT = "worker", "result"  # user attributes of trials


@dataclass(frozen=True)
class Asked:
    """A trial that this worker has.

    Attributes:
        trial: Optuna's.
        slot: its place in the sweep.
        values: its settings, by path.
    """

    trial: optuna.Trial
    slot: int
    values: dict[str, Any]

    @property
    def number(self) -> int:
        """The study's number of it."""
        return self.trial.number


class TrialQueue:
    """Hands out each slot of a sweep once, and again only where its worker has died.

    Args:
        plan: of the sweep.
        study: of the plan.
        storage: of the study.
        leases: who is at work.
    """

    def __init__(
        self, plan: SweepPlan, study: optuna.Study, storage: BaseStorage, leases: Leases
    ) -> None:
        self.plan, self.study, self.storage, self.leases = plan, study, storage, leases
        self.study_id = storage.get_study_id_from_name(study.study_name)

    def slots(self) -> Slots:
        """All trials as they stand."""
        return Slots.of(self.storage.get_all_trials(self.study_id, deepcopy=False))

    def results(self) -> list[FrozenTrial]:
        """The trials that are done, one for each slot."""
        return self.slots().results(self.plan.trials)

    def ask(self, most: int) -> list[Asked]:
        """Take some trials that nobody has; none where all are done or at work."""
        slots = self.slots()
        asked: list[Asked] = []
        for slot in range(min(len(slots), self.plan.trials)):
            if len(asked) == most:
                return asked
            lost = slots.trials[slot][-1]
            if self._is_open(slots, slot):
                asked += self._retry(slot, lost)
        for _ in range(min(most - len(asked), self.plan.trials - len(slots))):
            trial_id = self.storage.create_new_trial(
                self.study_id,
                create_trial(state=TrialState.RUNNING, user_attrs={WORKER: self.leases.worker}),
            )
            slot = self.slots().slot(trial_id)
            if slot >= self.plan.trials:  # others were quicker
                self._release(trial_id, "there were enough trials")
                break
            asked.append(self._asked(trial_id, slot))
        return asked

    def report(self, asked: Asked, value: float, step: int) -> bool:
        """Tell a figure of a trial after an epoch; false if the trial is another worker's by now."""
        try:
            self.storage.set_trial_intermediate_value(asked.trial._trial_id, step, value)  # noqa: SLF001  # has no public name
        except optuna.exceptions.UpdateFinishedTrialError:
            return False
        return True

    def tell(
        self, asked: Asked, value: float | None, state: TrialState, note: Mapping[str, Any]
    ) -> bool:
        """End a trial; false if it is another worker's by now, whose result counts then."""
        trial_id = asked.trial._trial_id  # noqa: SLF001  # has no public name
        try:
            self.storage.set_trial_user_attr(trial_id, RESULT, dict(note))
            self.storage.set_trial_state_values(
                trial_id, state, None if value is None else [float(value)]
            )
        except optuna.exceptions.UpdateFinishedTrialError:
            return False
        return True

    def release(self, asked: Asked, reason: str) -> None:
        """Give a trial back, for another worker or a later time."""
        self._release(asked.trial._trial_id, reason)  # noqa: SLF001  # has no public name

    def frozen(self, asked: Asked) -> FrozenTrial:
        """The trial as the database has it."""
        return self.storage.get_trial(asked.trial._trial_id)  # noqa: SLF001  # has no public name

    def _is_open(self, slots: Slots, slot: int) -> bool:
        """Whether a slot is nobody's; takes back the trials of workers that have died."""
        holder = slots.holder(slot)
        if holder is None:
            return True
        if holder.state.is_finished():
            return False
        if self.leases.alive(holder.user_attrs.get(WORKER, "")):
            return False
        self._release(holder._trial_id, "its worker has died")  # noqa: SLF001  # has no public name
        holder = self.slots().holder(slot)
        return holder is None

    def _retry(self, slot: int, lost: FrozenTrial) -> list[Asked]:
        """A trial with the settings of one that was lost; none if another worker was quicker."""
        trial_id = self.storage.create_new_trial(
            self.study_id,
            create_trial(
                state=TrialState.RUNNING,
                params=lost.params,
                distributions=lost.distributions,
                user_attrs={WORKER: self.leases.worker, SLOT: slot},
            ),
        )
        holder = self.slots().holder(slot)
        if holder is None or holder._trial_id != trial_id:  # noqa: SLF001  # has no public name
            self._release(trial_id, "another worker has taken it up")
            return []
        return [self._asked(trial_id, slot)]

    def _release(self, trial_id: int, reason: str) -> None:
        try:
            self.storage.set_trial_user_attr(trial_id, RELEASED, reason)
            self.storage.set_trial_state_values(trial_id, TrialState.FAIL)
        except optuna.exceptions.UpdateFinishedTrialError:
            pass  # it has been ended meanwhile

    def _asked(self, trial_id: int, slot: int) -> Asked:
        self.study.sampler = build_sampler(self.plan, slot)
        trial = optuna.trial.Trial(self.study, trial_id)
        labels = {path: self._suggest(trial, path) for path in self.plan.space}
        values = {path: self.plan.space[path].value(label) for path, label in labels.items()}
        return Asked(trial, slot, values)

    def _suggest(self, trial: optuna.Trial, path: str) -> Any:
        match self.plan.space[path].distribution:
            case CategoricalDistribution(choices=choices):
                return trial.suggest_categorical(path, choices)
            case IntDistribution(low=low, high=high, step=step, log=log):
                return trial.suggest_int(path, low, high, step=step, log=log)
            case FloatDistribution(low=least, high=most, step=width, log=log):
                return trial.suggest_float(path, least, most, step=width, log=log)
