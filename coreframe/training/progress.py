"""Progress: how far a training has come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from torch import Tensor

from coreframe.training.history import History

__all__ = ["Progress"]

OPTIONAL = ("losses", "order", "alive", "frozen", "diverged")
"""The tensors that there may be."""


@dataclass(frozen=True)
class Progress:
    """What a training needs, beside model and optimizer, to go on bit for bit where it was.

    Attributes:
        epoch: how many epochs are done.
        step: how many batches of the next one are done.
        figures: the history so far, `(epoch, *replicas)` by name.
        losses: of the batches done of the next epoch, `(step, *replicas)`.
        order: the state of the streams that shuffle, from before the next epoch's shuffle; None
            between epochs.
        schedule: the schedule's `state()`.
        alive: which replicas of the run's first population are left; None if all are.
        frozen: which of those are frozen, boolean; None if none is.
        diverged: likewise.
    """

    epoch: int = 0
    step: int = 0
    figures: dict[str, Tensor] = field(default_factory=dict)
    losses: Tensor | None = None
    order: Tensor | None = None
    schedule: dict[str, Tensor] = field(default_factory=dict)
    alive: Tensor | None = None
    frozen: Tensor | None = None
    diverged: Tensor | None = None

    def counts(self) -> dict[str, int]:
        """Its numbers, for a manifest."""
        return {"epoch": self.epoch, "step": self.step}

    def tensors(self) -> dict[str, Tensor]:
        """Its tensors by name, for a file."""
        own = {name: vars(self)[name] for name in OPTIONAL}
        return {
            **{f"figures/{name}": figures for name, figures in self.figures.items()},
            **{f"schedule/{name}": state for name, state in self.schedule.items()},
            **{name: tensor for name, tensor in own.items() if tensor is not None},
        }

    @classmethod
    def read(cls, counts: Mapping[str, int], tensors: Mapping[str, Tensor]) -> Progress:
        """The progress whose `counts` and `tensors` these are.

        Raises:
            KeyError: without a count.
            TypeError: for a count that is none.
        """
        if not all(type(counts[name]) is int and counts[name] >= 0 for name in ("epoch", "step")):
            raise TypeError(f"epoch and step must be counts, got {dict(counts)!r}")
        parts: dict[str, dict[str, Tensor]] = {"figures": {}, "schedule": {}}
        for name, tensor in tensors.items():
            part, slash, rest = name.partition("/")
            if slash:
                parts[part][rest] = tensor
        order = [known.name for known in fields(History)]  # files sort by name
        return cls(
            epoch=counts["epoch"],
            step=counts["step"],
            figures={n: parts["figures"][n] for n in order if n in parts["figures"]},
            schedule=parts["schedule"],
            **{name: tensors.get(name) for name in OPTIONAL},
        )
