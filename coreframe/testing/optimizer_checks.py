"""The checks of optimizers, on models whose gradients are set by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from coreframe.errors import CheckFailed, StaleOptimizer, StateError
from coreframe.interfaces.example import Example
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.testing.check import Check
from coreframe.testing.comparison import find_difference
from coreframe.testing.known_values import KNOWN_BOUND
from coreframe.testing.measure import Measure
from coreframe.testing.numbers import Numbers, draw_gradients
from coreframe.testing.purity import Operators
from coreframe.testing.round_trip import check_repr
from coreframe.testing.subjects import optimizer_of
from coreframe.testing.trial import TOLERANCE

__all__ = ["OPTIMIZER_CHECKS"]

STEPS = 6
REPLICAS = 3


class Training:
    """A model of numbers with its optimizer, stepped with gradients of its seeds."""

    def __init__(
        self,
        example: Example,
        seed: int,
        dtype: torch.dtype = torch.float64,
        *,
        replicas: int = 0,
        shapes: Sequence[Sequence[int]] = (),
    ) -> None:
        self.seeds = [seed + r for r in range(max(1, replicas))]
        self.model: Module = Numbers(*shapes)
        if replicas:
            self.model.initialize(seeds=self.seeds, dtype=dtype)
        else:
            self.model.initialize(seed=seed, dtype=dtype)
        self.optimizer = optimizer_of(example, self.model)
        self.taken = 0

    def step(self, count: int = 1, active: Tensor | None = None) -> None:
        for _ in range(count):
            draw_gradients(self.model, self.seeds, self.taken)
            self.optimizer.step(active)
            self.taken += 1

    def select(self, chosen: Sequence[int]) -> None:
        self.model.select(chosen)
        self.optimizer.select(chosen)
        self.seeds = [self.seeds[index] for index in chosen]

    def state(self) -> dict[str, Tensor]:
        return self.model.state() | self.optimizer.state()


def _expect_equal(
    optimizer: Optimizer,
    got: Mapping[str, Tensor],
    wanted: Mapping[str, Tensor],
    reason: str,
    bound: float,
) -> Measure:
    worst = 0.0
    for name, tensor in wanted.items():
        difference = find_difference(name, got[name], tensor)
        if not difference.figure <= bound:
            raise CheckFailed(f"{optimizer!r}: {difference.text}: {reason}")
        worst = max(worst, difference.figure)
    return Measure(worst, bound)


def _known(example: Example, seed: int, dtype: torch.dtype) -> Measure | None:
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
            found = _expect_equal(
                own.optimizer, {"w": parameter.value}, {"w": wanted}, reason, KNOWN_BOUND
            )
            worst = max(worst or found, found)
    return worst


def _quadratic(example: Example, seed: int, dtype: torch.dtype) -> Measure:
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


def _loop(example: Example, seed: int, dtype: torch.dtype) -> Measure:
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
        worst = max(worst, _expect_equal(whole.optimizer, got, wanted, reason, TOLERANCE[dtype]))
    return worst


def _population(example: Example, seed: int, dtype: torch.dtype) -> Measure:
    whole = Training(example, seed, dtype, replicas=REPLICAS)
    lone = [Training(example, seed + r, dtype) for r in range(REPLICAS)]
    return _compare_with_lone(whole, lone, dtype)


def _settings(example: Example, seed: int, dtype: torch.dtype) -> Measure:
    worst = Measure(0.0, TOLERANCE[dtype])
    probe = Training(example, seed, dtype).optimizer
    for name in probe.replica_settings:
        value = probe.arguments.get(name)
        if not isinstance(value, float | int) or isinstance(value, bool):
            continue
        numbers = [value * factor for factor in (1.0, 0.5, 0.25)]
        whole = Training(example, seed, dtype, replicas=REPLICAS)
        lone = [Training(example, seed + r, dtype) for r in range(REPLICAS)]
        _assign(whole.optimizer, name, numbers)
        for training, number in zip(lone, numbers, strict=True):
            _assign(training.optimizer, name, number)
        worst = max(worst, _compare_with_lone(whole, lone, dtype))
    return worst


def _assign(optimizer: Optimizer, name: str, value: Any) -> None:
    optimizer.__setattr__(name, value)


def _compare_with_lone(whole: Training, lone: Sequence[Training], dtype: torch.dtype) -> Measure:
    worst = Measure(0.0, TOLERANCE[dtype])
    for number in range(STEPS):
        whole.step()
        for replica, alone in enumerate(lone):
            alone.step()
            got = {name: tensor[replica] for name, tensor in whole.state().items()}
            reason = f"so the lone model of replica {replica} has it after step {number + 1}"
            worst = max(
                worst,
                _expect_equal(whole.optimizer, got, alone.state(), reason, TOLERANCE[dtype]),
            )
    return worst


def _state(example: Example, seed: int, dtype: torch.dtype) -> None:
    for replicas in (0, REPLICAS):
        own = Training(example, seed, dtype, replicas=replicas)
        own.step(STEPS // 2)
        other = Training(example, seed, dtype, replicas=replicas)
        other.model.load_state(own.model.state())
        other.optimizer = optimizer_of(example, other.model)
        saved = own.optimizer.state()
        other.optimizer.load_state(saved)
        other.taken = own.taken
        own.step(STEPS)
        other.step(STEPS)
        reason = "so it is without the interruption; load_state must bring back all that counts"
        _expect_equal(own.optimizer, other.state(), own.state(), reason, 0.0)
        before = own.optimizer.state()
        for name in saved:
            misfit = {key: tensor for key, tensor in saved.items() if key != name}
            try:
                own.optimizer.load_state(misfit)
            except StateError:
                reason = "load_state of a state that does not fit must change nothing"
                _expect_equal(own.optimizer, own.optimizer.state(), before, reason, 0.0)
            else:
                raise CheckFailed(f"{own.optimizer!r}: load_state took a state without {name!r}")


def _not_a_number(example: Example, seed: int, dtype: torch.dtype) -> None:
    own = Training(example, seed, dtype, replicas=REPLICAS)
    own.step()
    for parameter in own.model.param():
        parameter.grad.fill_(float("nan"))
    own.model.zero_grad()
    own.step()
    for name, tensor in own.state().items():
        if not bool(tensor.isfinite().all()):
            raise CheckFailed(
                f"{own.optimizer!r}: {name} is not finite, though the NaN in the gradients was "
                "zeroed before the step"
            )


def _resting(example: Example, seed: int, dtype: torch.dtype) -> None:
    own = Training(example, seed, dtype, replicas=REPLICAS)
    other = Training(example, seed, dtype, replicas=REPLICAS)
    for training in (own, other):
        training.step(2)
    before = own.state()
    draw_gradients(own.model, own.seeds, 2)
    for parameter in own.model.param():
        parameter.grad[1] = float("nan")
    active = torch.ones(REPLICAS, dtype=torch.bool)
    active[1] = False
    own.optimizer.step(active)
    other.step()
    rest = {name: tensor[1] for name, tensor in before.items()}
    got = {name: tensor[1] for name, tensor in own.state().items()}
    _expect_equal(own.optimizer, got, rest, "so it was before; its replica rests in this step", 0.0)
    for replica in (0, 2):
        got = {name: tensor[replica] for name, tensor in own.state().items()}
        wanted = {name: tensor[replica] for name, tensor in other.state().items()}
        reason = f"so it is where no replica rests; replica {replica} must not notice"
        _expect_equal(own.optimizer, got, wanted, reason, 0.0)


def _kernels(example: Example, seed: int, dtype: torch.dtype) -> Measure:
    counts: list[int] = []
    for layers in (1, 20):
        own = Training(example, seed, dtype, shapes=[(3, 2), (2,)] * layers)
        own.step(2)
        draw_gradients(own.model, own.seeds, 2)
        operators = Operators()
        with torch.inference_mode(), operators:
            own.optimizer.step()
        operators.expect_pure(own.optimizer)
        counts.append(len(operators.names))
    if counts[0] != counts[1]:
        raise CheckFailed(
            f"{own.optimizer!r}: a step runs {counts[0]} kernels for one layer and {counts[1]} for "
            "twenty: work on the flat tensors, not on each parameter"
        )
    return Measure(float(counts[1]), float(counts[0]), "kernels")


def _stale(example: Example, seed: int, dtype: torch.dtype) -> None:
    moves: dict[str, Callable[[Module], object]] = {
        "to": lambda model: model.to(torch.float32 if dtype is torch.float64 else torch.float64),
        "select": lambda model: model.select([1, 0]),
        "load_state": lambda model: model.load_state(model.state()),
    }
    for name, move in moves.items():
        own = Training(example, seed, dtype, replicas=REPLICAS)
        own.step()
        move(own.model)
        before = own.model.state()
        try:
            own.optimizer.step()
        except StaleOptimizer:
            after = own.model.state()
            _expect_equal(own.optimizer, after, before, "a refused step changes nothing", 0.0)
        else:
            raise CheckFailed(
                f"{own.optimizer!r}: a step after the model's {name} must raise StaleOptimizer"
            )


def _select(example: Example, seed: int, dtype: torch.dtype) -> Measure:
    own = Training(example, seed, dtype, replicas=REPLICAS)
    whole = Training(example, seed, dtype, replicas=REPLICAS)
    chosen = [2, 0]
    for training in (own, whole):
        training.step(2)
    before = own.state()
    own.select(chosen)
    kept = {name: tensor[chosen] for name, tensor in before.items()}
    _expect_equal(own.optimizer, own.state(), kept, "select must keep it bit for bit", 0.0)
    own.step(STEPS)
    whole.step(STEPS)
    wanted = {name: tensor[chosen] for name, tensor in whole.state().items()}
    reason = "so it is where all replicas go on"
    return _expect_equal(own.optimizer, own.state(), wanted, reason, TOLERANCE[dtype])


def _factor(example: Example, seed: int, dtype: torch.dtype) -> Measure:
    own, other = (Training(example, seed, dtype, replicas=REPLICAS) for _ in range(2))
    if "lr" not in own.optimizer.arguments:
        return Measure(0.0, TOLERANCE[dtype])
    rate = own.optimizer.lr
    own.optimizer.lr_factor = [0.5, 0.25, 0.0]
    other.optimizer.lr = [factor * float(rate) for factor in (0.5, 0.25, 0.0)]  # type: ignore[arg-type]
    before = own.model.state()
    own.step(STEPS)
    other.step(STEPS)
    for name, value in own.model.state().items():
        if not torch.equal(value[2], before[name][2]):
            raise CheckFailed(
                f"{own.optimizer!r}: a schedule's factor of zero must leave {name} as it is"
            )
    reason = "so it is with the learning rate multiplied by hand"
    return _expect_equal(
        own.optimizer, own.model.state(), other.model.state(), reason, TOLERANCE[dtype]
    )


def _gradients(example: Example, seed: int, dtype: torch.dtype) -> None:
    own = Training(example, seed, dtype, replicas=REPLICAS)
    for number in range(3):
        draw_gradients(own.model, own.seeds, number)
        before = {name: p.grad.clone() for name, p in own.model.named_parameters()}
        own.optimizer.step()
        after = {name: p.grad for name, p in own.model.named_parameters()}
        _expect_equal(own.optimizer, after, before, "a step must not change a gradient", 0.0)


def _dtype(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    worst = 0.0
    for kind, bound in ((torch.float32, 1e-4), (torch.bfloat16, 0.1)):
        own, exact = Training(example, seed, kind), Training(example, seed, torch.float64)
        for one, other in zip(own.model.param(), exact.model.param(), strict=True):
            other.value.copy_(one.value)
        own.step(3)
        exact.step(3)
        got = {name: tensor.double() for name, tensor in own.model.state().items()}
        for name, tensor in own.state().items():
            if name != "steps" and tensor.dtype is not kind:
                raise CheckFailed(f"{own.optimizer!r}: {name} has dtype {tensor.dtype}, not {kind}")
        reason = f"as float64 gives it: {kind} is too far"
        measured = _expect_equal(own.optimizer, got, exact.model.state(), reason, bound)
        worst = max(worst, measured.figure / bound)
    return Measure(worst, 1.0)


def _repr(example: Example, seed: int, dtype: torch.dtype) -> None:
    check_repr(Training(example, seed, dtype).optimizer, seed=seed)


_RUNS: tuple[tuple[str, str, Callable[[Example, int, torch.dtype], Measure | None]], ...] = (
    ("repr", "its repr assembles again to an equal one", _repr),
    ("known", "a weight takes the steps that its examples know", _known),
    ("quadratic", "it descends a convex quadratic", _quadratic),
    ("loop", "it does what a loop over the parameters does", _loop),
    ("population", "R replicas do what R lone models do", _population),
    ("settings", "numbers of each replica equal those of lone models", _settings),
    ("state", "a restored state continues bit for bit, by strict names", _state),
    ("select", "select keeps the state bit for bit, and goes on", _select),
    ("resting", "a replica at rest stays, and no other notices", _resting),
    ("factor", "a schedule's factor multiplies the learning rate", _factor),
    ("nan", "a NaN gradient is gone after zero_grad", _not_a_number),
    ("gradients", "a step changes no gradient", _gradients),
    ("stale", "left behind by a move, it raises", _stale),
    ("kernels", "kernels do not grow with the layers, and none is autograd's", _kernels),
    ("dtype", "float32 and bfloat16 are kept", _dtype),
)

OPTIMIZER_CHECKS = tuple(Check(f"optimizer.{name}", shows, run) for name, shows, run in _RUNS)
