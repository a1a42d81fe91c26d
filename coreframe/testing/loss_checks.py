"""The checks of losses."""

from __future__ import annotations

from coreframe.testing.check import Check, Run
from coreframe.testing.loss_arguments import (
    check_loss_arguments,
    check_loss_dtype,
    check_loss_empty,
    check_loss_layout,
    check_loss_needs_compute,
    check_loss_operators,
    check_loss_predict,
    check_loss_repr,
    check_loss_shapes,
)
from coreframe.testing.loss_values import (
    check_gradient_of_loss,
    check_loss_extremes,
    check_loss_known,
    check_loss_reduction,
    check_loss_weights,
    check_population_of_loss,
)

__all__ = ["LOSS_CHECKS"]

_RUNS: tuple[tuple[str, str, Run], ...] = (
    ("repr", "its repr assembles again to an equal one", check_loss_repr),
    ("known", "it gives the numbers that its examples know", check_loss_known),
    ("gradient", "backward gives the gradient of the loss", check_gradient_of_loss),
    (
        "population",
        "it is one number per replica, as lone losses give it",
        check_population_of_loss,
    ),
    ("shapes", "shapes that do not fit raise, also if they broadcast", check_loss_shapes),
    ("reduction", "it is the mean or the sum that it declares", check_loss_reduction),
    ("weight", "a sample of weight zero counts as left out", check_loss_weights),
    ("extremes", "large and tiny outputs stay finite", check_loss_extremes),
    ("needs-forward", "a backward without compute_loss raises", check_loss_needs_compute),
    ("arguments", "it changes no argument, and repeats itself", check_loss_arguments),
    ("dtype", "float64, float32 and bfloat16 are kept", check_loss_dtype),
    ("layout", "arguments may lie in memory in any way", check_loss_layout),
    ("empty-batch", "a batch may be empty", check_loss_empty),
    ("predict", "predictions and classes can be compared", check_loss_predict),
    ("operators", "no operator of autograd is used", check_loss_operators),
)

LOSS_CHECKS = tuple(Check(f"loss.{name}", shows, run) for name, shows, run in _RUNS)
