"""Slots: the places of a sweep, each of which some trial of the study fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from optuna.trial import FrozenTrial, TrialState

__all__ = ["RELEASED", "SLOT", "Slots"]

SLOT, RELEASED = "slot", "released"  # user attributes of trials


@dataclass
class Slots:
    """Which trials have tried to fill each slot, in the order of their numbers.

    A trial that carries no slot of its own has the next one: so two workers that create a trial
    at once get different slots, by the numbers that the database gives. One that takes up what
    another has left carries that one's slot. A trial that has been left is failed and marked as
    released; any other end fills the slot, and the first one counts.
    """

    trials: list[list[FrozenTrial]] = field(default_factory=list)

    @classmethod
    def of(cls, trials: Sequence[FrozenTrial]) -> Slots:
        """Those of all trials of a study."""
        slots = cls()
        for trial in sorted(trials, key=lambda trial: trial.number):
            slot = trial.user_attrs.get(SLOT)
            if slot is None:
                slots.trials.append([trial])
            elif 0 <= slot < len(slots.trials):
                slots.trials[slot].append(trial)
        return slots

    def __len__(self) -> int:
        return len(self.trials)

    def slot(self, trial_id: int) -> int:
        """The slot of a trial."""
        return next(
            slot
            for slot, trials in enumerate(self.trials)
            if any(trial._trial_id == trial_id for trial in trials)  # noqa: SLF001  # has no public name
        )

    def holder(self, slot: int) -> FrozenTrial | None:
        """The trial that counts for a slot, running or done; None if it is open."""
        held = [trial for trial in self.trials[slot] if not is_released(trial)]
        done = [trial for trial in held if trial.state.is_finished()]
        return next(iter(done or held), None)

    def results(self, most: int) -> list[FrozenTrial]:
        """The trials that are done, one for each slot, of the first so many slots."""
        held = [self.holder(slot) for slot in range(min(most, len(self)))]
        return [trial for trial in held if trial is not None and trial.state.is_finished()]


def is_released(trial: FrozenTrial) -> bool:
    """Whether a trial has been left, so that its slot is another's."""
    return trial.state == TrialState.FAIL and RELEASED in trial.user_attrs
