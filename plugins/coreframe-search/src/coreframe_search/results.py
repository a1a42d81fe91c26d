"""SweepResults: what the trials of a sweep have come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from optuna.trial import FrozenTrial

from coreframe_search.slots import SLOT, Slots
from coreframe_search.sweep_plan import SweepPlan
from coreframe_search.trial_queue import RESULT

__all__ = ["SweepResults", "TrialResult", "collect_results"]


@dataclass(frozen=True)
class TrialResult:
    """A trial that is over.

    Attributes:
        trial: its place in the sweep, from 0.
        state: complete, pruned, diverged or failed.
        value: the objective, the mean over folds; None without a figure.
        epochs: how many it was trained.
        block: of which population it was: the study's number of its first trial.
        seconds: from when it was asked for until it was over.
        note: why it failed or diverged.
        settings: its own, by path.
    """

    trial: int
    state: str
    value: float | None
    epochs: int
    block: int | None
    seconds: float
    note: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def row(self) -> dict[str, Any]:
        """All of it in one row of a table."""
        plain = asdict(self)
        return {**{k: v for k, v in plain.items() if k != "settings"}, **plain["settings"]}


@dataclass(frozen=True)
class SweepResults:
    """The trials of a sweep that are over.

    Attributes:
        plan: of the sweep.
        trials: in the order of their places.
        interrupted: whether Ctrl-C ended it.
    """

    plan: SweepPlan
    trials: Sequence[TrialResult]
    interrupted: bool = False

    @property
    def best(self) -> TrialResult | None:
        """The trial with the best objective among those that were trained to their end."""
        done = [t for t in self.trials if t.state == "complete" and t.value is not None]
        sign = -1 if self.plan.rises else 1
        return min(done, key=lambda trial: (sign * (trial.value or 0.0), trial.trial), default=None)

    def count(self, state: str) -> int:
        """How many trials ended so."""
        return sum(trial.state == state for trial in self.trials)


def collect_results(plan: SweepPlan, slots: Slots, *, interrupted: bool = False) -> SweepResults:
    """The results of the trials that hold the slots."""
    found = {id(trial): slot for slot, trials in enumerate(slots.trials) for trial in trials}
    done = slots.results(plan.trials)
    return SweepResults(
        plan, [_result(plan, found[id(trial)], trial) for trial in done], interrupted
    )


def _result(plan: SweepPlan, slot: int, trial: FrozenTrial) -> TrialResult:
    about = trial.user_attrs.get(RESULT, {})
    begun, ended = trial.datetime_start, trial.datetime_complete
    return TrialResult(
        trial=trial.user_attrs.get(SLOT, slot),
        state=about.get("state", trial.state.name.lower()),
        value=trial.values[0] if trial.values else None,
        epochs=about.get("epochs", 0),
        block=about.get("block"),
        seconds=(ended - begun).total_seconds() if begun and ended else 0.0,
        note=about.get("note", ""),
        settings={
            path: plan.space[path].value(label)
            for path, label in trial.params.items()
            if path in plan.space
        },
    )
