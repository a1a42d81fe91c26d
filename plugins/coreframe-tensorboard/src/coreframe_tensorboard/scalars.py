"""scalars_of: the figures of an epoch as TensorBoard shows them."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, isnan, nan
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["scalars_of"]


def scalars_of(figures: Mapping[str, Tensor]) -> dict[str, float]:
    """A number by its tag; of a population the mean, the least and the greatest.

    Args:
        figures: one `(*replicas,)` for each name.

    Returns:
        `loss` for a lone model; `loss`, `loss/min` and `loss/max` for a population, over those
        replicas that have a finite one, and NaN where none has. In regression there is no
        accuracy, and no tag for it.
    """
    scalars: dict[str, float] = {}
    for name, figure in figures.items():
        values = [float(value) for value in figure.reshape(-1).tolist()]
        if name.endswith("accuracy") and all(map(isnan, values)):
            continue
        if figure.ndim == 0:
            scalars[name] = values[0]
            continue
        finite = [value for value in values if isfinite(value)] or [nan]
        scalars[name] = fmean(finite)
        scalars[f"{name}/min"], scalars[f"{name}/max"] = min(finite), max(finite)
    return scalars
