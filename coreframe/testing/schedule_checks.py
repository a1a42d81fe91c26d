"""The checks of schedules."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import torch
from torch import Tensor

from coreframe.errors import CheckFailed
from coreframe.interfaces.example import Example
from coreframe.interfaces.schedule import Schedule
from coreframe.testing.check import Check, Run
from coreframe.testing.comparison import expect_equal
from coreframe.testing.known_values import KNOWN_BOUND
from coreframe.testing.measure import Finding, Measure, NotTried
from coreframe.testing.round_trip import check_repr
from coreframe.testing.subjects import schedule_of

__all__ = ["SCHEDULE_CHECKS"]

TOTALS = (1, 2, 7, 100)


def _numbers(schedule: Schedule, step: int, total: int) -> list[float]:
    factor = schedule.factor(step, total)
    if isinstance(factor, Tensor):
        factor = factor.tolist()
    return list(factor) if isinstance(factor, Sequence) else [factor]


def _factors(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    schedule = schedule_of(example)
    for total in TOTALS:
        for step in range(total):
            for number in _numbers(schedule, step, total):
                if not isfinite(number) or number < 0:
                    raise CheckFailed(
                        f"{schedule!r}: the factor at step {step} of {total} is {number}; it must "
                        "be finite and not negative"
                    )


def _asked_again(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    schedule = schedule_of(example)
    forwards = [_numbers(schedule, step, 20) for step in range(20)]
    backwards = [_numbers(schedule, step, 20) for step in reversed(range(20))]
    if forwards != backwards[::-1]:
        raise CheckFailed(
            f"{schedule!r}: the factor of a step depends on what was asked before; only observe "
            "may change it"
        )


def _state(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    for losses in ([1.0, 2.0, 3.0, 3.0], [3.0, 2.0, 1.0]):
        own, other = schedule_of(example), schedule_of(example)
        for loss in losses:
            own.observe({"loss": torch.tensor(loss, dtype=torch.float64)})
        other.load_state(own.state())
        own.observe({"loss": torch.tensor(3.0, dtype=torch.float64)})
        other.observe({"loss": torch.tensor(3.0, dtype=torch.float64)})
        for step in range(20):
            if _numbers(own, step, 20) != _numbers(other, step, 20):
                raise CheckFailed(
                    f"{own!r}: after load_state it goes on otherwise, at step {step} of 20"
                )


def _known(example: Example, seed: int, dtype: torch.dtype) -> Finding:  # noqa: ARG001
    worst: Measure | None = None
    for given, factors in example.known:
        schedule = schedule_of(example)
        if isinstance(given, int):
            got = [_numbers(schedule, step, given) for step in range(given)]
            reason = f"so the factors of a run of {given} steps are known"
        else:
            got = [_after(schedule, loss) for loss in given]
            reason = f"so the factors after epochs of the losses {given} are known"
        wanted = torch.tensor(factors, dtype=torch.float64).reshape(len(factors), -1)
        found = expect_equal(
            schedule,
            {"the factor": torch.tensor(got, dtype=torch.float64)},
            {"the factor": wanted},
            reason,
            KNOWN_BOUND,
        )
        worst = max(worst or found, found)
    return worst or NotTried("no factor of it is known")


def _after(schedule: Schedule, loss: float | Sequence[float]) -> list[float]:
    schedule.observe({"loss": torch.tensor(loss, dtype=torch.float64)})
    return _numbers(schedule, 0, 1)


def _repr(example: Example, seed: int, dtype: torch.dtype) -> Finding:  # noqa: ARG001
    return check_repr(schedule_of(example), seed=seed)


_RUNS: tuple[tuple[str, str, Run], ...] = (
    ("repr", "its repr assembles again to an equal one", _repr),
    ("known", "it gives the factors that its examples know", _known),
    ("factors", "factors are finite and not negative", _factors),
    ("asked-again", "a step has one factor, whatever was asked before", _asked_again),
    ("state", "a restored state goes on as before", _state),
)

SCHEDULE_CHECKS = tuple(Check(f"schedule.{name}", shows, run) for name, shows, run in _RUNS)
