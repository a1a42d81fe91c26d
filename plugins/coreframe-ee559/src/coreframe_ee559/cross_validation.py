"""Cross-validation: the grid search behind Table I."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite

import coreframe as cf
from coreframe_ee559.report import BestSettings
from coreframe_ee559.settings import StudySettings
from coreframe_ee559.variant import Variant

__all__ = ["Score", "best_score", "cross_validate"]


@dataclass(frozen=True)
class Score:
    """How one setting did, over the folds.

    Attributes:
        accuracy: mean validation accuracy, from 0 to 1.
        accuracy_std: its standard deviation over the folds.
        loss: mean validation loss; infinite if a fold diverged.
    """

    variant: Variant
    settings: BestSettings
    accuracy: float
    accuracy_std: float
    loss: float


def cross_validate(
    variant: Variant, batch_size: int, study: StudySettings, on_epoch: Callable[[], None]
) -> list[Score]:
    """Train every setting of one batch size on every fold, all as one population.

    The initial values and the order of the data depend on the fold alone, so that settings are
    compared on equal terms.
    """
    grid = study.grid(batch_size)
    trials = [settings for settings in grid for _ in range(study.folds)]
    folds = list(range(study.folds)) * len(grid)
    whole = cf.create("dataset", variant.data(study.samples), seed=study.seed)
    # The report deals its points to folds without a look at their classes.
    dealt = cf.Folds(whole, study.folds, seed=study.seed, stratified=False)
    data = dealt.select(folds)
    model = cf.assemble(
        variant.specs([trial.gain for trial in trials]),
        seeds=[study.seed + fold for fold in folds],
    )
    optimizer = cf.create(
        "optimizer",
        "SGD",
        model,
        lr=[trial.lr for trial in trials],
        momentum=[trial.momentum for trial in trials],
    )
    loss = cf.create("loss", "MSE")
    cf.train_model(
        model,
        data,
        loss,
        optimizer,
        epochs=study.epochs,
        batch_size=batch_size,
        on_epoch=lambda *_: on_epoch(),
    )
    found = cf.evaluate(model, data.part("validation"), loss)
    accuracies = found.accuracy.view(-1, study.folds)
    losses = found.loss.view(-1, study.folds).mean(1).tolist()
    return [
        Score(variant, settings, mean, std, value if isfinite(value) else inf)
        for settings, mean, std, value in zip(
            grid, accuracies.mean(1).tolist(), accuracies.std(1).tolist(), losses, strict=True
        )
    ]


def best_score(scores: list[Score]) -> Score:
    """The highest mean accuracy; of equals, the lowest loss."""
    return max(scores, key=lambda score: (score.accuracy, -score.loss))
