"""Compare: two components of one kind, on the same seeds and the same inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from time import perf_counter
from typing import TypeAlias

import torch
from torch import Tensor

from coreframe.assembly.create import create
from coreframe.errors import ArgumentError, CoreframeError
from coreframe.interfaces.component import Component
from coreframe.interfaces.example import Example, Sample
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.registry.kinds import kind_of
from coreframe.testing.comparison import Difference, find_difference
from coreframe.testing.conformance import examples_of
from coreframe.testing.optimizer_checks import Training
from coreframe.testing.subjects import dataset_of, loss_of, module_of
from coreframe.testing.trial import Trial

__all__ = ["Compared", "Comparison", "compare"]

BATCH, STEPS, ROUNDS = 32, 10, 15

Play: TypeAlias = Callable[[], dict[str, Tensor]]
"""One run of a component; gives what it computed, by name."""


@dataclass(frozen=True)
class Compared:
    """One thing that both computed: the largest difference, relative, and where it is."""

    what: str
    difference: float
    where: str


@dataclass(frozen=True)
class Comparison:
    """Two components, what they computed, and how long they took for it (seconds, medians)."""

    first: str
    second: str
    rows: tuple[Compared, ...]
    first_seconds: float
    second_seconds: float


def compare(
    first: str,
    second: str,
    *,
    kind: str | None = None,
    inputs: Sequence[Sequence[int]] | None = None,
    seed: int = 0,
) -> Comparison:
    """Run two components on the same seeds and inputs, and say where they differ most.

    Args:
        first: a name, of which the first example is taken, or a spec.
        second: likewise; of a name, the first example that takes the same inputs.
        kind: of the names, where they belong to several kinds.
        inputs: the features of each input; those of the first one's examples if None.
        seed: of the initial values and inputs. A module of the same parameters gets the values
            of the first.

    Raises:
        ArgumentError: if they are of different kinds, or cannot take the same inputs.
        UnknownComponent, AmbiguousComponent, BrokenPlugin: if a name cannot be loaded.
    """
    one_kind, one = _example(first, kind, inputs, None)
    two_kind, two = _example(second, kind or one_kind, inputs, one)
    if one_kind != two_kind:
        raise ArgumentError(f"{first} is a {one_kind}, and {second} is a {two_kind}")
    plays = _plays(one_kind, one, two, seed)
    try:
        results = [play() for play in plays]
    except CoreframeError as error:
        raise ArgumentError(f"{first} and {second} cannot be run on the same: {error}") from error
    times = _seconds(plays)
    return Comparison(
        _shown(first, one), _shown(second, two), _differences(*results), times[0], times[1]
    )


def _shown(text: str, example: Example) -> str:
    return repr(example) if isinstance(example.component, Component) else text


def _example(
    text: str, kind: str | None, inputs: Sequence[Sequence[int]] | None, like: Example | None
) -> tuple[str, Example]:
    name, bracket, _ = text.partition("(")
    cls, _, examples = examples_of(name.strip(), kind=kind)
    own_kind = kind_of(cls)
    samples = tuple(Sample(tuple(shape)) for shape in inputs or ())
    samples = samples or (like or examples[0]).inputs
    if bracket and own_kind == "optimizer":
        return own_kind, Example(partial(_create_optimizer, text))
    if bracket:
        return own_kind, Example(create(own_kind, text), *samples)
    shapes = [sample.shape for sample in samples]
    for example in examples:
        if [sample.shape for sample in example.inputs] == shapes:
            return own_kind, Example(example.component, *samples)
    raise ArgumentError(
        f"no example of {text} takes inputs of {shapes}: write its arguments out, like a spec"
    )


def _create_optimizer(text: str, model: Module) -> Optimizer:
    return create("optimizer", text, model)


def _plays(kind: str, one: Example, two: Example, seed: int) -> list[Play]:
    if kind == "module":
        return _module_plays(one, two, seed)
    if kind == "loss":
        return [_loss_play(example, one, seed) for example in (one, two)]
    if kind == "optimizer":
        return [_optimizer_play(example, seed) for example in (one, two)]
    if kind == "dataset":
        return [_dataset_play(example) for example in (one, two)]
    raise ArgumentError(f"a {kind} cannot be compared")


def _module_plays(one: Example, two: Example, seed: int) -> list[Play]:
    x = one.draw((BATCH,), seed)
    trials = [Trial(module_of(example), x, seed=seed) for example in (one, two)]
    first, second = (trial.module.state() for trial in trials)
    if {n: v.shape for n, v in first.items()} == {n: v.shape for n, v in second.items()}:
        trials[1].module.load_state(first)
    dy = trials[0].random_dy()

    def play(trial: Trial) -> dict[str, Tensor]:
        outputs = trial.forward()
        trial.module.zero_grad()
        named = {f"y {index}" if len(outputs) > 1 else "y": y for index, y in enumerate(outputs)}
        gradients = trial.gradients(*trial.backward(dy))
        return named | {f"the gradient of {name}": grad for name, grad in gradients.items()}

    return [partial(play, trial) for trial in trials]


def _loss_play(example: Example, like: Example, seed: int) -> Play:
    pred, actual = like.draw((BATCH,), seed)
    loss = loss_of(example)

    def play() -> dict[str, Tensor]:
        return {"the loss": loss.compute_loss(pred, actual), "dpred": loss.backward()}

    return play


def _optimizer_play(example: Example, seed: int) -> Play:
    def play() -> dict[str, Tensor]:
        training = Training(example, seed)
        training.step(STEPS)
        return {f"{n} after {STEPS} steps": v for n, v in training.model.state().items()}

    return play


def _dataset_play(example: Example) -> Play:
    data = dataset_of(example)

    def play() -> dict[str, Tensor]:
        indices = torch.arange(len(data.train)).expand(*data.replicas, -1)
        x, y = data.train.take(indices)
        return {"inputs of train": x, "targets of train": y}

    return play


def _differences(one: dict[str, Tensor], two: dict[str, Tensor]) -> tuple[Compared, ...]:
    rows: list[Compared] = []
    for name in [*one, *(name for name in two if name not in one)]:
        if name not in one or name not in two:
            found = Difference(float("inf"), f"only {'A' if name in one else 'B'} has it")
        else:
            found = find_difference(name, two[name], one[name])
        rows.append(Compared(name, found.figure, found.text))
    return tuple(rows)


def _seconds(plays: Sequence[Play]) -> list[float]:
    times: list[list[float]] = [[] for _ in plays]
    for _ in range(ROUNDS):  # in turn, so that both meet the same machine
        for own, play in zip(times, plays, strict=True):
            start = perf_counter()
            play()
            own.append(perf_counter() - start)
    return [median(own) for own in times]
