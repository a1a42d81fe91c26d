"""Extent: how large the benchmark of populations is."""

from __future__ import annotations

from dataclasses import dataclass

from timing import ROUNDS


@dataclass(frozen=True)
class Extent:
    """All numbers that decide how long it takes.

    Attributes:
        rounds: how often everything is timed.
        trial_rounds: how often, where a rival's block size is chosen.
        populations: numbers of models 2-25-25-25-2, from one model on.
        samples: of 2-25-25-25-2; at batch 16, whole batches.
        tables: models 32-64-64-2.
        widths: of 64-w-w-10.
        block_numbers: of a block of 64-w-w-10, at most.
        cores_models, cores_epochs: what is trained on one core and on two.
        study_epochs: of each training of the study's cross-validation.
        study_samples: of the study's data.
    """

    rounds: int = ROUNDS
    trial_rounds: int = 3
    populations: tuple[int, ...] = (1, 3, 10, 30, 100, 300)
    samples: int = 800
    tables: int = 32
    widths: tuple[int, ...] = (8, 16, 32, 64, 128, 256, 512)
    block_numbers: int = 2**22
    cores_models: int = 300
    cores_epochs: int = 30
    study_epochs: int = 100
    study_samples: int = 1000


QUICK = Extent(
    rounds=1,
    trial_rounds=1,
    populations=(1, 3),
    samples=32,
    tables=2,
    widths=(8,),
    block_numbers=2**12,
    cores_models=4,
    cores_epochs=1,
    study_epochs=1,
    study_samples=40,
)
"""A few seconds' version, which shows that everything works, and nothing about speed."""
