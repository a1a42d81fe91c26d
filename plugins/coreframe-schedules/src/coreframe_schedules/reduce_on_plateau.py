"""ReduceOnPlateau: the factor falls when a figure of the history no longer improves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, Self

import torch
from torch import Tensor

from coreframe import (
    ArgumentError,
    Example,
    Hyperparameter,
    Schedule,
    Selection,
    Setting,
    StateError,
)

__all__ = ["ReduceOnPlateau"]

NAMES = ("best", "level", "waited", "cooling")


class ReduceOnPlateau(Schedule):
    """The factor is multiplied by γ after more than `patience` epochs without progress.

    Each replica has a factor of its own, by its own figures. An epoch is progress if its figure
    is below best − θ |best|, where `best` is the least of those that were progress; for mode
    "max", above best + θ |best|. A NaN is none.

    Source: torch.optim.lr_scheduler.ReduceLROnPlateau, whose threshold is of the best's absolute
    value here, so that figures may be negative.

    Args:
        gamma: γ in [0, 1), one or one per replica, as all numbers here.
        patience: epochs.
        threshold: θ ≥ 0.
        cooldown: epochs after a fall in which none is counted.
        least: the factor falls no further, in [0, 1).
        figure: which figure of the history: loss, or of a run with log=True train_loss or
            train_accuracy. One of the test data would choose by what is to judge.
        mode: whether it is to fall, "min", or to rise, "max".

    Raises:
        ArgumentError: for another mode, or in a run whose history has no such figure.
    """

    gamma = Hyperparameter(below=1.0)
    patience = Hyperparameter()
    threshold = Hyperparameter()
    cooldown = Hyperparameter()
    least = Hyperparameter(below=1.0)

    def __init__(
        self,
        gamma: Setting = 0.1,
        *,
        patience: Setting = 10,
        threshold: Setting = 1e-4,
        cooldown: Setting = 0,
        least: Setting = 0.0,
        figure: str = "loss",
        mode: Literal["min", "max"] = "min",
    ) -> None:
        if mode not in {"min", "max"}:
            raise ArgumentError(f"ReduceOnPlateau: mode must be 'min' or 'max', got {mode!r}")
        self.gamma = gamma
        self.patience, self.threshold = patience, threshold
        self.cooldown, self.least = cooldown, least
        self.figure, self.mode = figure, mode
        # Of no axis until the first figures tell how many replicas there are.
        numbers = {"best": math.inf if mode == "min" else -math.inf, "level": 1.0}
        self._kept = {name: _tensor(numbers.get(name, 0.0)) for name in NAMES}

    @classmethod
    def examples(cls) -> list[Example]:
        least = [
            ([1.0, 2.0, 0.99995, 0.9, 0.95], [1.0, 0.1, 0.01, 0.01, 0.001]),
            ([-2.0, -2.0001, -2.001, math.nan], [1.0, 0.1, 0.1, 0.01]),
        ]
        # two epochs of cooldown after each fall, and none below 0.2
        losses = [1.0, 1.5, 0.75, 0.75, 0.75, 2.0, 1.0, 1.0]
        most = [(losses, [1.0, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2])]
        rows = [[1.0, 1.0], [1.0, 2.0], [3.0, 3.0], [3.0, 3.0]]
        pairs = [(rows, [[1.0, 1.0], [0.5, 1.0], [0.25, 0.25], [0.125, 0.25]])]
        return [
            Example(cls(patience=0), known=least),
            Example(
                cls(0.5, patience=0, threshold=0.5, cooldown=2, least=0.2, mode="max"), known=most
            ),
            Example(cls([0.5, 0.25], patience=[0, 1], threshold=0.0), known=pairs),
        ]

    def factor(self, step: int, total: int) -> Setting:  # noqa: ARG002  # the interface's
        factors: float | list[float] = self._kept["level"].tolist()
        return factors

    def observe(self, row: Mapping[str, Tensor]) -> None:
        if self.figure not in row:
            raise ArgumentError(
                f"{self!r} watches {self.figure!r}, and the history has {', '.join(row)}"
            )
        figure = row[self.figure].detach().to("cpu", torch.float64)
        best, level, waited, cooling = (self._kept[name] for name in NAMES)
        better = self._is_better(figure, best)
        waited = torch.where(better | (cooling > 0), 0.0, waited + 1)
        falls = waited > _tensor(self.patience)
        lower = torch.maximum(level * _tensor(self.gamma), _tensor(self.least))
        kept = (
            torch.where(better, figure, best),
            torch.where(falls, lower, level),
            torch.where(falls, 0.0, waited),
            torch.where(falls, _tensor(self.cooldown), (cooling - 1).clamp(min=0)),
        )
        shape = torch.broadcast_shapes(*(t.shape for t in kept))  # type: ignore[no-untyped-call]  # torch's own
        self._kept = {
            name: tensor.expand(shape).clone() for name, tensor in zip(NAMES, kept, strict=True)
        }

    def state(self) -> dict[str, Tensor]:
        return {name: tensor.clone() for name, tensor in self._kept.items()}

    def load_state(self, state: Mapping[str, Tensor]) -> Self:
        wrong = sorted(state.keys() ^ set(NAMES))
        if wrong:
            raise StateError(f"the state of {self!r} is {', '.join(NAMES)}; not so: {wrong}")
        shapes = {tuple(tensor.shape) for tensor in state.values()}
        if len(shapes) > 1 or len(min(shapes)) > 1:
            raise StateError(f"the state of {self!r} has one number per replica, got {shapes}")
        self._kept = {name: state[name].to("cpu", torch.float64, copy=True) for name in NAMES}
        return self

    def select(self, replicas: Selection) -> Self:
        chosen = replicas if isinstance(replicas, int) else list(replicas)
        self._kept = {
            name: tensor[chosen].clone() if tensor.dim() else tensor
            for name, tensor in self._kept.items()
        }
        return super().select(replicas)

    def _is_better(self, figure: Tensor, best: Tensor) -> Tensor:
        margin = _tensor(self.threshold) * best.abs()
        margin = torch.where(best.isfinite(), margin, 0.0)  # ∞ − ∞ would be NaN
        return figure < best - margin if self.mode == "min" else figure > best + margin


def _tensor(numbers: float | tuple[float, ...]) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)
