"""The checks of optimizers, on models whose gradients are set by hand."""

from __future__ import annotations

from coreframe.testing.check import Check, Run
from coreframe.testing.optimizer_populations import (
    check_optimizer_factor,
    check_optimizer_overrides,
    check_optimizer_population,
    check_optimizer_resting,
    check_optimizer_select,
    check_optimizer_settings,
)
from coreframe.testing.optimizer_state import (
    check_optimizer_stale,
    check_optimizer_state,
)
from coreframe.testing.optimizer_steps import (
    check_optimizer_dtype,
    check_optimizer_gradients,
    check_optimizer_kernels,
    check_optimizer_known,
    check_optimizer_loop,
    check_optimizer_not_a_number,
    check_optimizer_quadratic,
    check_optimizer_repr,
)

__all__ = ["OPTIMIZER_CHECKS"]

_RUNS: tuple[tuple[str, str, Run], ...] = (
    ("repr", "its repr assembles again to an equal one", check_optimizer_repr),
    ("known", "a weight takes the steps that its examples know", check_optimizer_known),
    ("quadratic", "it descends a convex quadratic", check_optimizer_quadratic),
    ("loop", "it does what a loop over the parameters does", check_optimizer_loop),
    ("population", "R replicas do what R lone models do", check_optimizer_population),
    ("settings", "numbers of each replica equal those of lone models", check_optimizer_settings),
    ("overrides", "an override is for the parameters that it names", check_optimizer_overrides),
    ("state", "a restored state continues bit for bit, by strict names", check_optimizer_state),
    ("select", "select keeps the state bit for bit, and goes on", check_optimizer_select),
    ("resting", "a replica at rest stays, and no other notices", check_optimizer_resting),
    ("factor", "a schedule's factor multiplies the learning rate", check_optimizer_factor),
    ("nan", "a NaN gradient is gone after zero_grad", check_optimizer_not_a_number),
    ("gradients", "a step changes no gradient", check_optimizer_gradients),
    ("stale", "left behind by a move, it raises", check_optimizer_stale),
    (
        "kernels",
        "kernels do not grow with the layers, and none is autograd's",
        check_optimizer_kernels,
    ),
    ("dtype", "float32 and bfloat16 are kept", check_optimizer_dtype),
)

OPTIMIZER_CHECKS = tuple(Check(f"optimizer.{name}", shows, run) for name, shows, run in _RUNS)
