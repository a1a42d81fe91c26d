"""The study: the grid search and the repeats of every variant."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import coreframe as cf
from coreframe_ee559.cross_validation import Score, cross_validate
from coreframe_ee559.repeats import repeat_training
from coreframe_ee559.results import StudyResults
from coreframe_ee559.settings import StudySettings
from coreframe_ee559.variant import VARIANTS, Variant

__all__ = ["count_epochs", "run_study"]


def count_epochs(settings: StudySettings) -> int:
    """How often `run_study` calls `on_epoch`: once per epoch of each population."""
    return len(VARIANTS) * (len(settings.batch_sizes) + 1) * settings.epochs


def run_study(
    settings: StudySettings, jobs: int, on_epoch: Callable[[], None] = lambda: None
) -> StudyResults:
    """Train everything; the result depends on the settings alone, not on `jobs`."""
    start = perf_counter()
    grid = [(variant, size) for variant in VARIANTS for size in settings.batch_sizes]
    tasks = [cf.Task(cross_validate, (variant, size, settings)) for variant, size in grid]
    tasks += [cf.Task(repeat_training, (variant, settings)) for variant in VARIANTS]
    found = cf.run_tasks(tasks, jobs, lambda _index, _value: on_epoch())
    scores: dict[Variant, list[Score]] = {variant: [] for variant in VARIANTS}
    for (variant, _), part in zip(grid, found[: len(grid)], strict=True):
        scores[variant] += part
    repeats = dict(zip(VARIANTS, found[len(grid) :], strict=True))
    return StudyResults(settings, scores, repeats, perf_counter() - start)
