"""Components with examples, of a plugin that nobody has checked yet: some sound, some not.

`UNPROVEN` offers them by name to a registry, under the distribution `coreframe-unproven`;
`ENTRY_POINTS` does the same for a distribution made by a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import torch
from coreframe_toys import Affine, Descent, Points, Square, SumOfSquares
from torch import Tensor

from coreframe import ComponentRecord, Example, Sample, Schedule, Slab, hookimpl

__all__ = [
    "ENTRY_POINTS",
    "UNPROVEN",
    "Cloud",
    "Cut",
    "Decline",
    "Distance",
    "Drift",
    "Flaky",
    "Level",
    "Lopsided",
    "Momentum",
    "Paired",
    "Score",
    "Sine",
    "Tilted",
    "Unbuildable",
    "Undefined",
    "Wave",
]


class Level(Affine):
    """Sound."""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(4, 3), (4,))]


class Tilted(Level):
    """The last gradient of its bias is a thousandth too large."""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        dx = super().backward(*gradwrtoutput)
        self.bias.grad[..., -1] *= 1.001
        return dx


class Sine(Square):
    """y = sin x; sound."""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(), (4,))]

    def forward(self, x: Tensor) -> Tensor:
        self.save(x)
        return x.sin()

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        (x,) = self.saved()
        return gradwrtoutput[0] * x.cos()


class Undefined(Sine):
    """The last feature is NaN."""

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        y[..., -1] = torch.nan
        return y


class Paired(Sine):
    """y = sin x₀ + x₁."""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(), (4,), (4,))]

    def forward(self, x0: Tensor, x1: Tensor) -> Tensor:  # type: ignore[override]  # of two
        return super().forward(x0) + x1

    def backward(self, *gradwrtoutput: Tensor) -> Any:
        return super().backward(*gradwrtoutput), gradwrtoutput[0]


class Flaky(Sine):
    """Looks up what is not there."""

    def forward(self, x: Tensor) -> Tensor:
        settings: dict[str, Tensor] = {}
        return settings["scale"] * x


class Unbuildable(Affine):
    """Its examples do not know its own constructor."""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(4), (4,))]  # type: ignore[call-arg]  # the mistake


class Wave(Sine):
    """The sine or the cosine."""

    def __init__(self, kind: str = "sine") -> None:
        self.shift = {"sine": 0.0, "cosine": torch.pi / 2}[kind]

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x + self.shift)


class Distance(SumOfSquares):
    """The sum of squares, with examples."""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(), (2,), (2,))]


class Lopsided(Distance):
    """Its gradient is a hundredth too large."""

    def backward(self) -> Tensor:
        return 1.01 * super().backward()


class Score(Distance):
    """ℓ = −Σ pred[actual], of class indices."""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(), (3,), Sample((), "indices", below=3))]

    def compute_loss(self, pred: Tensor, actual: Tensor, weight: Tensor | None = None) -> Tensor:
        chosen = torch.eye(pred.shape[-1], dtype=pred.dtype)[actual]
        self.save(chosen)
        return -(pred * chosen).sum((-1, -2))

    def backward(self) -> Tensor:
        (chosen,) = self.saved()
        gradient: Tensor = -chosen
        return gradient


class Momentum(Descent):
    """Sound."""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(partial(cls, lr=0.1, momentum=0.5))]


class Drift(Momentum):
    """Each step also moves every weight by a hundredth."""

    def update(self, slab: Slab) -> None:
        super().update(slab)
        slab.value.add_(0.01)


class Cloud(Points):
    """Sound."""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls(20))]


class Decline(Schedule):
    """1 − step / total; sound."""

    @classmethod
    def examples(cls) -> list[Example]:
        return [Example(cls())]

    def factor(self, step: int, total: int) -> float:
        return 1 - step / total


class Cut(Decline):
    """Rests after half of the steps."""

    def factor(self, step: int, total: int) -> float:
        return super().factor(step, total) if 2 * step < total else 0.0


KINDS: dict[str, Sequence[str]] = {
    "module": (
        "Flaky",
        "Level",
        "Paired",
        "Sine",
        "Tilted",
        "Unbuildable",
        "Undefined",
        "Wave",
    ),
    "loss": ("Distance", "Lopsided", "Score"),
    "optimizer": ("Drift", "Momentum"),
    "dataset": ("Cloud",),
    "schedule": ("Cut", "Decline"),
}

GROUPS = {"loss": "losses"}

ENTRY_POINTS = "\n".join(
    f"[coreframe.{GROUPS.get(kind, f'{kind}s')}]\n"
    + "".join(f"{name} = coreframe_unproven:{name}\n" for name in names)
    for kind, names in KINDS.items()
)


class Unproven:
    """Offers the components above to a registry."""

    @hookimpl
    def coreframe_components(self) -> Iterable[ComponentRecord]:
        return [
            ComponentRecord(
                name=name,
                kind=kind,
                distribution="coreframe-unproven",
                version="1.0",
                target=f"coreframe_unproven:{name}",
            )
            for kind, names in KINDS.items()
            for name in names
        ]


UNPROVEN = Unproven()
