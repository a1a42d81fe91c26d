"""fit_first_layer: what a layer can learn from raw samples, before the training."""

from __future__ import annotations

import coreframe as cf

__all__ = ["fit_first_layer"]


def fit_first_layer(model: cf.Module, data: cf.Dataset) -> None:
    """Let the first layer learn what it can from training samples, such as their means.

    In a population each replica learns from its own: of folds, from those that it trains on.

    Raises:
        CoreframeError: if the samples do not fit the layer.
    """
    first = next(iter(model.children().values()), None)
    if first is not None and hasattr(first, "fit"):
        first.fit(data.train)
