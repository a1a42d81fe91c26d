"""The study's whole cross-validation, beside what a loop of torch.nn would take."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from statistics import median
from time import perf_counter

import torch
from populations.extent import Extent
from populations.sizes import SIZES
from rivals.rival import proven
from rivals.torch_loop import TorchLoop
from timing import print_measured, print_target, time_training
from training import Training

import coreframe as cf
from coreframe_ee559.cross_validation import cross_validate
from coreframe_ee559.settings import StudySettings
from coreframe_ee559.variant import VARIANTS

CORES, MINUTES = 2, 3
VALIDATED = [v for v in VARIANTS if v.hidden_layers == 3 and not v.standardize]


def compare_study(extent: Extent) -> None:
    """Time the grid search of three activations once, and torch.nn by an epoch of each cell."""
    study = StudySettings(epochs=extent.study_epochs, samples=extent.study_samples)
    cells = list(product(VALIDATED, study.batch_sizes))
    trainings = {size: len(study.grid(size)) * study.folds for size in study.batch_sizes}
    total = sum(trainings[size] for _, size in cells)
    tasks = [cf.Task(cross_validate, (variant, size, study)) for variant, size in cells]
    start = perf_counter()
    cf.run_tasks(tasks, CORES)
    seconds = perf_counter() - start
    loop = _estimate_loop(study, extent, trainings)
    print(
        f"The study's cross-validation, {total} trainings of {study.epochs} epochs, {CORES} cores"
    )
    print(f"  coreframe: {seconds:.0f} s")
    print(f"  torch.nn loop, the estimate of {CORES} processes: {loop:.0f} s")
    print_target("the cross-validation, minutes", seconds / 60, MINUTES)
    print_measured(f"the cross-validation, time / {TorchLoop.name}", seconds / loop)


def _estimate_loop(study: StudySettings, extent: Extent, trainings: Mapping[int, int]) -> float:
    """Seconds that as many processes of one thread would take, each with a loop of torch.nn."""
    loops = {}
    for variant, size in product(VALIDATED, study.batch_sizes):
        data = cf.create("dataset", variant.data(study.samples), seed=study.seed)
        fold = data.train.take(torch.arange(study.samples // study.folds, study.samples))
        training = Training(SIZES, *fold, size, activation=variant.activation)
        loops[variant, size] = proven(TorchLoop, training)
    seconds = time_training({str(key): loops[key].train for key in loops}, extent.rounds)
    each = [median(seconds[str((v, size))]) * trainings[size] for v, size in loops]
    return sum(each) * study.epochs / CORES
