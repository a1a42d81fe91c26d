"""Every optimizer: fifty steps against torch.optim, lone, in populations, with overrides."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from coreframe import Module, Normal, Optimizer, Parameter
from coreframe_optimizers import SGD, Adagrad, Adam, AdamW, Lion, NAdam, RMSprop

STEPS = 50
SHAPES = ((3,), (2, 5), (), (1, 17))
Settings = dict[str, Any]


class Weights(Module):
    """Nothing but parameters."""

    def __init__(self, shapes: Sequence[Sequence[int]] = SHAPES) -> None:
        self.weights = [Parameter(shape, Normal(1.0)) for shape in shapes]

    def forward(self, x: Any) -> Any:
        return x

    def backward(self, *gradwrtoutput: Any) -> Any:
        return gradwrtoutput[0]


class LionOfTorch(torch.optim.Optimizer):
    """Algorithm 2 of the paper, parameter by parameter, since torch has none."""

    def __init__(self, parameters: Any, **settings: Any) -> None:
        super().__init__(parameters, settings)

    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for w in group["params"]:
                m = self.state[w].get("m", torch.zeros_like(w))
                c = beta1 * m + (1 - beta1) * w.grad
                self.state[w]["m"] = beta2 * m + (1 - beta2) * w.grad
                step = torch.sign(c) + group["weight_decay"] * w.detach()
                w.data = w.detach() - group["lr"] * step


def of_sgd(draw: random.Random) -> Settings:
    nesterov = draw.random() < 0.3
    return {
        "lr": draw.uniform(0.001, 0.3),
        "momentum": draw.uniform(0.1, 0.95),
        "dampening": 0.0 if nesterov else draw.choice([0.0, draw.uniform(0.1, 0.9)]),
        "weight_decay": draw.choice([0.0, draw.uniform(0.001, 0.5)]),
        "nesterov": nesterov,
    }


def of_adam(draw: random.Random) -> Settings:
    return {
        "lr": draw.uniform(0.001, 0.3),
        "beta1": draw.choice([0.0, 0.9, draw.uniform(0.1, 0.99)]),
        # Without a memory it is a sign, which the last bits may decide.
        "beta2": draw.choice([0.3, 0.999, draw.uniform(0.1, 0.999)]),
        "eps": draw.choice([1e-8, 1e-3, 0.5]),
        "weight_decay": draw.choice([0.0, draw.uniform(0.001, 0.5)]),
    }


def of_nadam(draw: random.Random) -> Settings:
    return of_adam(draw) | {"momentum_decay": draw.choice([0.0, 4e-3, draw.uniform(0.0, 2.0)])}


def of_rmsprop(draw: random.Random) -> Settings:
    return {
        "lr": draw.uniform(0.001, 0.1),
        "alpha": draw.choice([0.99, draw.uniform(0.3, 0.99)]),
        "eps": draw.choice([1e-3, 0.5]),  # centred, the first root is nearly zero
        "momentum": draw.choice([0.0, draw.uniform(0.1, 0.9)]),
        "weight_decay": draw.choice([0.0, draw.uniform(0.001, 0.5)]),
        "centered": draw.random() < 0.5,
    }


def of_adagrad(draw: random.Random) -> Settings:
    return {
        "lr": draw.uniform(0.001, 0.5),
        "lr_decay": draw.choice([0.0, draw.uniform(0.0, 0.5)]),
        "eps": draw.choice([1e-10, 1e-3]),
        "weight_decay": draw.choice([0.0, draw.uniform(0.001, 0.5)]),
        "initial_accumulator_value": draw.choice([0.0, draw.uniform(0.0, 2.0)]),
    }


def of_lion(draw: random.Random) -> Settings:
    return {
        "lr": draw.uniform(0.001, 0.1),
        "beta1": draw.uniform(0.1, 0.99),
        "beta2": draw.uniform(0.1, 0.99),
        "weight_decay": draw.choice([0.0, draw.uniform(0.001, 0.5)]),
    }


PAIRS: dict[type[Optimizer], tuple[Any, Callable[[random.Random], Settings]]] = {
    SGD: (torch.optim.SGD, of_sgd),
    Adam: (torch.optim.Adam, of_adam),
    AdamW: (torch.optim.AdamW, of_adam),
    NAdam: (torch.optim.NAdam, of_nadam),
    RMSprop: (torch.optim.RMSprop, of_rmsprop),
    Adagrad: (torch.optim.Adagrad, of_adagrad),
    Lion: (LionOfTorch, of_lion),
}
EACH = pytest.mark.parametrize("ours", PAIRS, ids=lambda cls: cls.__name__)


def as_torch(settings: Mapping[str, Any]) -> Settings:
    """Torch has both betas in a pair."""
    given = dict(settings)
    if "beta1" in given:
        given["betas"] = (given.pop("beta1"), given.pop("beta2"))
    return given


def gradients(step: int, replica: int = 0, scale: float = 1.0) -> list[Tensor]:
    """Those of a step that vary over three decades; every fourth weight has none at all."""
    generator = torch.Generator().manual_seed(1000 * replica + step)
    drawn = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in SHAPES]
    return [
        scale * g * torch.logspace(-2, 1, g.numel()).double().reshape(g.shape).roll(step % 3)
        for g in drawn
    ]


def trajectory_of_torch(
    rival: Any,
    groups: Sequence[Settings],
    start: Mapping[str, Tensor],
    steps: Sequence[tuple[int, int]],
) -> list[Tensor]:
    """Final weights; `groups` has the settings of each weight, `steps` the gradients to take."""
    leaves = [torch.nn.Parameter(value.clone()) for value in start.values()]
    # Settings of constructors that no group takes: torch reads it when it makes the state.
    extra = {"initial_accumulator_value"} & groups[0].keys()
    common = {name: groups[0][name] for name in extra}
    own = [
        {"params": [leaf], **{k: v for k, v in as_torch(group).items() if k not in extra}}
        for leaf, group in zip(leaves, groups, strict=True)
    ]
    oracle = rival(own, **({"lr": 0.1} | common))
    for step, replica in steps:
        for leaf, gradient in zip(leaves, gradients(step, replica), strict=True):
            leaf.grad = gradient.clone()
        oracle.step()
    return [leaf.detach() for leaf in leaves]


def draw_alike(ours: type[Optimizer], seed: int, count: int) -> list[Settings]:
    """Settings that may stand in one optimizer: what is no number is one for all."""
    chance = random.Random(seed)  # noqa: S311  # settings, not secrets
    drawn = [PAIRS[ours][1](chance) for _ in range(count)]
    choices: Settings = {name: value for name, value in drawn[0].items() if isinstance(value, bool)}
    if choices.get("nesterov"):
        choices["dampening"] = 0.0
    return [settings | choices for settings in drawn]


def set_gradients(model: Module, step: int) -> None:
    """Those of its own for each replica."""
    for replica in range(*model.replicas or (1,)):
        for parameter, gradient in zip(model.param(), gradients(step, replica), strict=True):
            (parameter.grad[replica] if model.replicas else parameter.grad).copy_(gradient)


def expect_near(got: Sequence[Tensor], wanted: Sequence[Tensor]) -> None:
    for one, other in zip(got, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    """Torch keeps the product of NAdam's momenta in the default dtype."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@EACH
@pytest.mark.parametrize("seed", range(15))
def test_equals_torch(ours: type[Optimizer], seed: int) -> None:
    (settings,) = draw_alike(ours, seed, 1)
    model = Weights().initialize(seed=seed, dtype=torch.float64)
    groups, steps = [settings] * len(SHAPES), [(step, 0) for step in range(STEPS)]
    wanted = trajectory_of_torch(PAIRS[ours][0], groups, model.state(), steps)
    optimizer = ours(model, **settings)
    for step in range(STEPS):
        set_gradients(model, step)
        optimizer.step()
    expect_near(list(model.state().values()), wanted)


@EACH
@pytest.mark.parametrize("seed", range(4))
def test_each_replica_with_numbers_and_steps_of_its_own_equals_torch(
    ours: type[Optimizer], seed: int
) -> None:
    own = draw_alike(ours, 100 + seed, 3)
    together = {
        name: value if isinstance(value, bool) else [settings[name] for settings in own]
        for name, value in own[0].items()
    }
    model = Weights().initialize(seeds=[1, 2, 3], dtype=torch.float64)
    start = model.state()
    optimizer = ours(model, **together)
    active = [torch.tensor([True, step % 3 != 0, step > 5]) for step in range(STEPS)]
    for step in range(STEPS):
        set_gradients(model, step)
        optimizer.step(active[step])
    for replica, settings in enumerate(own):
        alone = {name: value[replica] for name, value in start.items()}
        steps = [(step, replica) for step in range(STEPS) if active[step][replica]]
        wanted = trajectory_of_torch(PAIRS[ours][0], [settings] * len(SHAPES), alone, steps)
        expect_near([value[replica] for value in model.state().values()], wanted)
    assert not gaps(model).any()  # they stay zero


def gaps(model: Module) -> Tensor:
    (flat,) = model.storage.flats
    mask = torch.ones_like(flat.value, dtype=torch.bool)
    for segment in flat.segments:
        segment.view(mask).fill_(False)
    return flat.value[mask]


@EACH
@pytest.mark.parametrize("replicas", [0, 2], ids=["lone", "population"])
@pytest.mark.parametrize("seed", range(3))
def test_overrides_are_the_groups_of_torch(ours: type[Optimizer], replicas: int, seed: int) -> None:
    usual, other = draw_alike(ours, 200 + seed, 2)
    if ours is Adagrad:  # torch takes s₀ for all groups
        other["initial_accumulator_value"] = usual["initial_accumulator_value"]
    overrides = [
        ["weights.1", name, value] for name, value in other.items() if not isinstance(value, bool)
    ]
    model = Weights()
    if replicas:
        model.initialize(seeds=range(replicas), dtype=torch.float64)
    else:
        model.initialize(seed=0, dtype=torch.float64)
    start = {name: value[0] if replicas else value for name, value in model.state().items()}
    groups = [other if number == 1 else usual for number in range(len(SHAPES))]
    steps = [(step, 0) for step in range(STEPS)]
    wanted = trajectory_of_torch(PAIRS[ours][0], groups, start, steps)
    optimizer = ours(model, **usual | {"overrides": overrides})
    for step in range(STEPS):
        set_gradients(model, step)
        optimizer.step()
    expect_near([v[0] if replicas else v for v in model.state().values()], wanted)
    assert not gaps(model).any()
