"""Randomness: does a module draw from its own streams only, and what it declares?"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from math import sqrt

import torch
from torch import Tensor

from coreframe.errors import CheckFailed
from coreframe.interfaces.module import Module
from coreframe.testing.measure import Measure
from coreframe.testing.trial import Inputs, Trial, named

__all__ = ["check_determinism", "check_initial_values", "check_mode"]

DRAWS = 300  # so that the spread of a vector of ten is known within two per cent
SIGMAS = 6.0  # a sound module is further off once in a billion


def check_determinism(module: str | Module, x: Inputs, *, seed: int = 0) -> None:
    """One seed gives the same numbers, bit for bit, in every pass and in every copy.

    Whatever torch's global generator holds must not matter.
    """
    before = torch.random.get_rng_state()
    try:
        torch.random.manual_seed(seed)
        first = Trial(_fresh(module, seed), x, seed=seed)
        values = first.module.state()
        dy = first.random_dy()
        wanted = first.one_pass(dy)
        wanted |= named("y", first.forward())
        for which, trial in (("the second pass", first), ("a second module", None)):
            torch.random.manual_seed(seed + 1)
            again = trial or Trial(_fresh(module, seed), x, seed=seed)
            reason = f"so it was in the first pass; {which} of the same seed must give the same"
            if trial is None:
                again.expect_equal(again.module.state(), values, reason)
            got = again.one_pass(dy)
            again.module.forget()
            got |= named("y", again.forward())
            again.expect_equal(got, wanted, reason)
            again.module.forget()
    finally:
        torch.random.set_rng_state(before)


def check_initial_values(
    module: str | Module,
    deviations: Mapping[str, float] | None = None,
    *,
    seed: int = 0,
) -> Measure:
    """`reset_weights` draws new values of the declared deviation, and zeroes the gradients.

    Args:
        module: a module, or a spec; a copy of it is tried.
        deviations: the standard deviation of each parameter by its path; as its initializer
            declares it where this names none.
        seed: of what is drawn.
    """
    own = Trial(_fresh(module, seed), (), seed=seed, as_drawn=True)
    parameters = dict(own.module.named_parameters())
    for name in (deviations or {}).keys() - parameters.keys():
        own.fail(f"a deviation is declared for {name!r}, which is no parameter of it")
    if not parameters:
        return Measure(0.0, SIGMAS, "sigma")
    drawn: dict[str, list[Tensor]] = {name: [] for name in parameters}
    for _ in range(DRAWS):
        for parameter in parameters.values():
            parameter.grad.fill_(1.0)
        own.module.reset_weights()
        for name, parameter in parameters.items():
            drawn[name].append(parameter.value.clone())
            if bool(parameter.grad.any()):
                own.fail(f"reset_weights left a gradient in {name}: it must be zero")
    worst = 0.0
    for name, parameter in parameters.items():
        declared = (deviations or {}).get(name, parameter.initializer.deviation)
        if declared is not None:
            mean = parameter.initializer.mean
            worst = max(worst, _judge(own, name, torch.stack(drawn[name]) - mean, declared))
    return Measure(worst, SIGMAS, "sigma")


def _judge(own: Trial, name: str, drawn: Tensor, declared: float) -> float:
    """How many standard errors the spread of what was drawn is from the declared one."""
    off = _sigmas_off(drawn.flatten(), float(declared))
    if not off <= SIGMAS:
        own.fail(
            f"{name} is drawn with a standard deviation of {float(drawn.std()):.4g} around "
            f"{float(drawn.mean()):.4g} beside its mean, and {float(declared):.4g} is declared"
        )
    if declared and bool((drawn == drawn[0]).all()):  # two draws of signs may well be alike
        own.fail(f"reset_weights draws {name} alike each time: it must go on in its stream")
    return off


def check_mode(module: str | Module, x: Inputs, *, seed: int = 0) -> None:
    """Evaluation gives what training gives, unless declared, and changes no buffer."""
    trial = Trial(module, x, seed=seed)
    trained = named("y", trial.forward())
    trial.module.eval()
    evaluated = named("y", trial.forward())
    again = named("y", trial.forward())
    trial.expect_equal(again, evaluated, "two evaluations must give the same")
    after = {name: buffer.value for name, buffer in trial.module.named_buffers()}
    trial.expect_equal(after, trial.buffers, "evaluation must leave the buffers as they are")
    if not any(m.differs_in_evaluation for _, m in trial.module.named_modules()):
        reason = (
            "so it is in training; a module that differs in evaluation declares "
            "differs_in_evaluation = True"
        )
        trial.expect_equal(evaluated, trained, reason, tolerance=trial.tolerance)


def _sigmas_off(numbers: Tensor, declared: float) -> float:
    """How many standard errors the spread around zero is from the declared one."""
    squares = numbers.square()
    error = float(squares.std()) / sqrt(len(numbers))
    gap = abs(float(squares.mean()) - declared**2)
    if gap <= 1e-12 * declared**2:
        return 0.0
    return gap / error if error else float("inf")


def _fresh(module: str | Module, seed: int) -> str | Module:
    """A copy whose values are drawn with this seed; a spec is one anyway."""
    if isinstance(module, str):
        return module
    own = copy.deepcopy(module)
    if own.replicas:
        return own.initialize(seeds=[seed + r for r in range(own.replicas[0])])
    try:
        return own.initialize(seed=seed)
    except Exception as error:
        raise CheckFailed(f"{module!r}: initialize(seed={seed}) raised {error}") from error
