"""Repeats: the same training many times over, behind Table II and the figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

import coreframe as cf
from coreframe_ee559.disc import Disc
from coreframe_ee559.report import TABLE_ONE
from coreframe_ee559.settings import StudySettings
from coreframe_ee559.variant import Variant

__all__ = ["FIGURES", "MAP_POINTS", "Repeats", "repeat_training"]

FIGURES = ("train_accuracy", "test_accuracy", "train_loss", "test_loss")
MAP_POINTS = 101  # along each side of the unit square


@dataclass(frozen=True)
class Repeats:
    """What the repeats of one variant gave.

    Attributes:
        curves: by figure, `(epochs, repeats)`.
        votes: share of the repeats that call a point inside, `(MAP_POINTS, MAP_POINTS)`, rows
            along x₂, columns along x₁.
    """

    variant: Variant
    curves: dict[str, Tensor]
    votes: Tensor


def repeat_training(
    variant: Variant, study: StudySettings, on_epoch: Callable[[], None]
) -> Repeats:
    """Train the repeats as one population, each with data and a seed of its own.

    The settings are those of the report's Table I, for the study's number of epochs.
    """
    settings = replace(TABLE_ONE[variant.activation], epochs=study.epochs)
    seeds = range(study.seed, study.seed + study.repeats)
    data = cf.create("dataset", variant.data(study.samples), seed=seeds)
    model = cf.assemble(variant.specs(settings.gain), seeds=seeds)
    optimizer = cf.create("optimizer", "SGD", model, lr=settings.lr, momentum=settings.momentum)
    history = cf.train_model(
        model,
        data,
        cf.create("loss", "MSE"),
        optimizer,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        log=True,
        on_epoch=lambda *_: on_epoch(),
    )
    curves = {name: getattr(history, name) for name in FIGURES}
    return Repeats(variant, curves, _map_votes(model, data))


def _map_votes(model: cf.Module, data: cf.Dataset) -> Tensor:
    axis = torch.linspace(0, 1, MAP_POINTS)
    points = torch.cartesian_prod(axis, axis).flip(1)  # rows along x₂
    points = points.expand(*model.replicas, -1, -1)
    if isinstance(data, Disc):
        points = data.standardized(points)
    with torch.inference_mode():
        inside = model.eval().forward(points).argmax(-1) == 1
    share: Tensor = inside.double().mean(0)
    return share.view(MAP_POINTS, MAP_POINTS).clone()
