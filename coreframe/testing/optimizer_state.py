"""State of an optimizer: can it be saved, restored and left behind?"""

from __future__ import annotations

from collections.abc import Callable

import torch

from coreframe.errors import CheckFailed, StaleOptimizer, StateError
from coreframe.interfaces.example import Example
from coreframe.interfaces.module import Module
from coreframe.testing.comparison import expect_equal
from coreframe.testing.numbers import Training
from coreframe.testing.subjects import optimizer_of

__all__ = ["check_optimizer_stale", "check_optimizer_state"]

STEPS = 6
REPLICAS = 3


def check_optimizer_state(example: Example, seed: int, dtype: torch.dtype) -> None:
    """A restored state goes on bit for bit, and one that does not fit changes nothing."""
    for replicas in (0, REPLICAS):
        own = Training(example, seed, dtype, replicas=replicas)
        own.step(STEPS // 2)
        other = Training(example, seed, dtype, replicas=replicas)
        other.model.load_state(own.model.state())
        other.optimizer = optimizer_of(example, other.model)
        saved = own.optimizer.state()
        other.optimizer.load_state(saved)
        other.taken = own.taken
        own.step(STEPS)
        other.step(STEPS)
        reason = "so it is without the interruption; load_state must bring back all that counts"
        expect_equal(own.optimizer, other.state(), own.state(), reason, 0.0)
        before = own.optimizer.state()
        for name in saved:
            misfit = {key: tensor for key, tensor in saved.items() if key != name}
            try:
                own.optimizer.load_state(misfit)
            except StateError:
                reason = "load_state of a state that does not fit must change nothing"
                expect_equal(own.optimizer, own.optimizer.state(), before, reason, 0.0)
            else:
                raise CheckFailed(f"{own.optimizer!r}: load_state took a state without {name!r}")


def check_optimizer_stale(example: Example, seed: int, dtype: torch.dtype) -> None:
    """After a move of its model a step raises `StaleOptimizer` and changes nothing."""
    moves: dict[str, Callable[[Module], object]] = {
        "to": lambda model: model.to(torch.float32 if dtype is torch.float64 else torch.float64),
        "select": lambda model: model.select([1, 0]),
        "load_state": lambda model: model.load_state(model.state()),
    }
    for name, move in moves.items():
        own = Training(example, seed, dtype, replicas=REPLICAS)
        own.step()
        move(own.model)
        before = own.model.state()
        try:
            own.optimizer.step()
        except StaleOptimizer:
            after = own.model.state()
            expect_equal(own.optimizer, after, before, "a refused step changes nothing", 0.0)
        else:
            raise CheckFailed(
                f"{own.optimizer!r}: a step after the model's {name} must raise StaleOptimizer"
            )
