"""Steps of an optimizer: are they the right ones?"""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe.errors import CheckFailed
from coreframe.interfaces.example import Example
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.testing.comparison import expect_equal
from coreframe.testing.known_values import KNOWN_BOUND
from coreframe.testing.measure import Finding, Measure, NotTried
from coreframe.testing.numbers import Numbers, Training, draw_gradients
from coreframe.testing.purity import Operators
from coreframe.testing.round_trip import check_repr
from coreframe.testing.subjects import optimizer_of
from coreframe.testing.trial import TOLERANCE

__all__ = [
    "check_optimizer_dtype",
    "check_optimizer_gradients",
    "check_optimizer_kernels",
    "check_optimizer_known",
    "check_optimizer_loop",
    "check_optimizer_not_a_number",
    "check_optimizer_quadratic",
    "check_optimizer_repr",
]

STEPS = 6
REPLICAS = 3


def check_optimizer_known(example: Example, seed: int, dtype: torch.dtype) -> Finding:
    """A weight takes the steps that the example knows."""
    worst: Measure | None = None
    for gradients, values in example.known:
        own = Training(example, seed, dtype, shapes=[()])
        (parameter,) = own.model.param()
        parameter.value.fill_(1.0)
        for number, (gradient, value) in enumerate(zip(gradients, values, strict=True)):
            parameter.grad.fill_(gradient)
            own.optimizer.step()
            reason = f"so it is known after step {number + 1} of the gradients {gradients}"
            wanted = torch.tensor(value, dtype=dtype)
            found = expect_equal(
                own.optimizer, {"w": parameter.value}, {"w": wanted}, reason, KNOWN_BOUND
            )
            worst = max(worst or found, found)
    return worst or NotTried("no step of it is known")


def check_optimizer_quadratic(example: Example, seed: int, dtype: torch.dtype) -> Measure:
    """Two hundred steps descend a convex quadratic."""
    own = Training(example, seed, dtype)
    curvature = {n: torch.rand_like(p.value) + 0.5 for n, p in own.model.named_parameters()}

    def height() -> float:
        parameters = own.model.named_parameters()
        return sum(float((curvature[n] * p.value.square()).sum()) for n, p in parameters) / 2

    start = height()
    for _ in range(200):
        for name, parameter in own.model.named_parameters():
            parameter.grad.copy_(curvature[name] * parameter.value)
        own.optimizer.step()
    share = height() / start
    if not share <= 0.9:  # of where it started
        raise CheckFailed(
            f"{own.optimizer!r}: after 200 steps on a convex quadratic it stands at {share:.3g} of "
            f"where it started (seed {seed}); if its learning rate is too small for that, give an "
            "example with a larger one"
        )
    return Measure(share, 0.9, "of the start")


def check_optimizer_loop(example: Example, seed: int, dtype: torch.dtype) -> Measure:
    """One optimizer of all parameters does what one for each of them does."""
    whole = Training(example, seed, dtype)
    apart: list[tuple[str, Module, Optimizer]] = []
    for name, parameter in whole.model.named_parameters():
        model: Module = Numbers(parameter.shape)
        (alone,) = model.initialize(seed=seed, dtype=dtype).param()
        alone.value.copy_(parameter.value)
        apart.append((name, model, optimizer_of(example, model)))
    worst = Measure(0.0, TOLERANCE[dtype])
    for number in range(STEPS):
        whole.step()
        grads = {name: p.grad for name, p in whole.model.named_parameters()}
        got = {name: p.value for name, p in whole.model.named_parameters()}
        wanted: dict[str, Tensor] = {}
        for name, model, optimizer in apart:
            (alone,) = model.param()
            alone.grad.copy_(grads[name])
            optimizer.step()
            wanted[name] = alone.value
        reason = f"so an optimizer of this parameter alone has it after step {number + 1}"
        worst = max(worst, expect_equal(whole.optimizer, got, wanted, reason, TOLERANCE[dtype]))
    return worst


def check_optimizer_not_a_number(example: Example, seed: int, dtype: torch.dtype) -> None:
    """A NaN in the gradients is gone after `zero_grad`."""
    for replicas in (0, REPLICAS):
        own = Training(example, seed, dtype, replicas=replicas)
        own.step()
        for parameter in own.model.param():
            parameter.grad.fill_(float("nan"))
        own.model.zero_grad()
        own.optimizer.step()
        for name, tensor in own.state().items():
            if not bool(tensor.isfinite().all()):
                raise CheckFailed(
                    f"{own.optimizer!r}: {name} is not finite, though the NaN in the gradients was "
                    "zeroed before the step"
                )


def check_optimizer_gradients(example: Example, seed: int, dtype: torch.dtype) -> None:
    """A step changes no gradient."""
    for replicas in (0, REPLICAS):
        own = Training(example, seed, dtype, replicas=replicas)
        for number in range(3):
            draw_gradients(own.model, own.seeds, number)
            before = {name: p.grad.clone() for name, p in own.model.named_parameters()}
            own.optimizer.step()
            after = {name: p.grad for name, p in own.model.named_parameters()}
            expect_equal(own.optimizer, after, before, "a step must not change a gradient", 0.0)


def check_optimizer_kernels(example: Example, seed: int, dtype: torch.dtype) -> Measure:
    """The number of kernels does not grow with the layers, and none is autograd's."""
    worst = 0
    for replicas in (0, REPLICAS):
        one, twenty = (_count_kernels(example, seed, dtype, replicas, n) for n in (1, 20))
        if one != twenty:
            raise CheckFailed(
                f"{example!r}: a step runs {one} kernels for one layer and {twenty} for "
                "twenty: work on the flat tensors, not on each parameter"
            )
        worst = max(worst, twenty)
    return Measure(float(worst), None, "kernels")


def _count_kernels(
    example: Example, seed: int, dtype: torch.dtype, replicas: int, layers: int
) -> int:
    shapes = [(3, 2), (2,)] * layers
    own = Training(example, seed, dtype, replicas=replicas, shapes=shapes)
    own.step(2)
    draw_gradients(own.model, own.seeds, 2)
    operators = Operators()
    with torch.inference_mode(), operators:
        own.optimizer.step()
    operators.expect_pure(own.optimizer)
    return len(operators.names)


def check_optimizer_dtype(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    """Values and state keep the dtype, and are near those in double precision.

    With numbers, and with numbers for each replica, which are tensors then.
    """
    worst = 0.0
    for kind, bound, replicas in (
        (torch.float32, 1e-4, 0),
        (torch.float32, 1e-4, REPLICAS),
        (torch.bfloat16, 0.1, 0),
        (torch.bfloat16, 0.1, REPLICAS),
    ):
        own = Training(example, seed, kind, replicas=replicas)
        exact = Training(example, seed, torch.float64, replicas=replicas)
        if replicas:
            for training in (own, exact):
                _repeat_settings(training.optimizer)
        for one, other in zip(own.model.param(), exact.model.param(), strict=True):
            other.value.copy_(one.value)
        own.step(3)
        exact.step(3)
        got = {name: tensor.double() for name, tensor in own.model.state().items()}
        for name, tensor in own.state().items():
            if name != "steps" and tensor.dtype is not kind:
                raise CheckFailed(f"{own.optimizer!r}: {name} has dtype {tensor.dtype}, not {kind}")
        reason = f"as float64 gives it: {kind} is too far"
        measured = expect_equal(own.optimizer, got, exact.model.state(), reason, bound)
        worst = max(worst, measured.figure / bound)
    return Measure(worst, 1.0)


def _repeat_settings(optimizer: Optimizer) -> None:
    """Give each replica its own number for each setting, all of them alike."""
    for name in optimizer.hyperparameters:
        value = vars(optimizer).get(name)
        if isinstance(value, float):
            optimizer.__setattr__(name, (value,) * REPLICAS)


def check_optimizer_repr(example: Example, seed: int, dtype: torch.dtype) -> Finding:
    """The `repr` assembles again to an equal one."""
    return check_repr(Training(example, seed, dtype).optimizer, seed=seed)
