"""StudySettings: how large the study is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from coreframe_ee559.report import TABLE_ONE, BestSettings

__all__ = ["StudySettings"]


@dataclass(frozen=True)
class StudySettings:
    """All numbers that decide the study's result; written to `study.json`.

    Attributes:
        lrs, batch_sizes, momenta, gains: the grid.
        epochs: passes over the data in every training.
        folds: of the cross-validation.
        repeats: trainings per activation for Table II, each with data and seed of its own.
        samples: training points, and as many test points.
        seed: from which all other seeds follow.
    """

    lrs: tuple[float, ...] = (0.001, 0.01, 0.03, 0.1, 0.3)
    batch_sizes: tuple[int, ...] = (16, 50, 100)
    momenta: tuple[float, ...] = (0.0, 0.5, 0.8, 0.9)
    gains: tuple[float, ...] = (0.5, 1.0)
    epochs: int = 100
    folds: int = 5
    repeats: int = 30
    samples: int = 1000
    seed: int = 0

    @classmethod
    def quick(cls, seed: int = 0) -> StudySettings:
        """A minute's version: the report's own values as the grid, and fewer of the rest."""
        columns = TABLE_ONE.values()
        return cls(
            lrs=tuple(sorted({column.lr for column in columns})),
            batch_sizes=tuple(sorted({column.batch_size for column in columns})),
            momenta=tuple(sorted({column.momentum for column in columns})),
            gains=tuple(sorted({column.gain for column in columns})),
            epochs=30,
            repeats=10,
            seed=seed,
        )

    def grid(self, batch_size: int) -> list[BestSettings]:
        """The settings of one batch size, which can train as one population."""
        return [
            BestSettings(lr, batch_size, momentum, gain, self.epochs)
            for lr, momentum, gain in product(self.lrs, self.momenta, self.gains)
        ]
