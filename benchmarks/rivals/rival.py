"""Rival: one way to train a `Training`, and the proof that it is the same training as ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from ours import Ours
from torch import Tensor
from training import Training

TOLERANCE = 1e-3
"""How far a rival's values may be from ours, as a part of the way that an epoch moved ours."""


class Timed(Protocol):
    """What can be timed: epochs of so many models."""

    models: int

    def train(self, epochs: int = 1) -> None:
        """Do the work of some epochs."""


class Rival(Timed, Protocol):
    """A training, which goes on with each call.

    Attributes:
        name: for messages.
        loss: what it minimizes, by coreframe's name.
    """

    name: str
    loss: str

    def values(self) -> Sequence[Tensor]:
        """Weight `(models, out, in)` and bias `(models, out)` of each layer, as they are."""


def proven(make: Callable[[Training], Rival], training: Training) -> Rival:
    """A rival that has trained for an epoch, and has come to our values and our loss by that.

    Raises:
        ArithmeticError: if it has come elsewhere.
    """
    rival = make(training)
    ours = Ours(training, loss=rival.loss)
    rival.train()
    ours.train()
    found, wanted, first = (
        [value[: rival.models] for value in values]
        for values in (rival.values(), ours.values(), training.first_values())
    )
    for theirs, own, start in zip(found, wanted, first, strict=True):
        apart = float((theirs - own).norm() / (own - start).norm())
        if not apart <= TOLERANCE:
            raise ArithmeticError(
                f"{rival.name} is {apart:.1%} of the way apart from coreframe after an epoch: the "
                "two do not train alike, so their times cannot be compared"
            )
    losses = training.loss(found), training.loss(wanted)
    if not losses[0].allclose(losses[1], rtol=TOLERANCE):
        raise ArithmeticError(f"the losses of {rival.name} and of coreframe are {losses}")
    return rival
