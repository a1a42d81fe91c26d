"""Compare: two components of one kind, on the same seeds and the same inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from time import perf_counter
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor

from coreframe.assembly.create import create, load_class
from coreframe.assembly.spec import Spec, parse_spec
from coreframe.errors import ArgumentError, CoreframeError
from coreframe.interfaces.example import Example, Sample
from coreframe.interfaces.module import Module
from coreframe.interfaces.optimizer import Optimizer
from coreframe.registry.registry import get_registry
from coreframe.testing.comparison import Difference, find_difference
from coreframe.testing.conformance import examples_of
from coreframe.testing.numbers import Training
from coreframe.testing.subjects import dataset_of, loss_of, module_of, schedule_of
from coreframe.testing.trial import Trial, named

__all__ = ["Compared", "Comparison", "compare"]

BATCH, STEPS, ROUNDS = 32, 10, 15
FACTORS = 100

Play: TypeAlias = Callable[[], dict[str, Tensor]]
"""One run of a component; gives what it computed, by name."""


class Side(NamedTuple):
    """One of the two: its kind, what to call it, and how to run it."""

    kind: str
    shown: str
    example: Example


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
        SpecError: for what is neither a name nor a spec.
        ArgumentError: if they cannot take the same inputs, or give outputs of unlike shapes.
        CheckFailed: if there are no examples to take a name or inputs from.
        UnknownComponent, AmbiguousComponent, BrokenPlugin: if a name cannot be loaded, or the
            second is of another kind.
    """
    one = _side(first, kind, inputs, None)
    two = _side(second, one.kind, inputs, one.example)
    try:
        plays = _plays(one.kind, one.example, two.example, seed)
        results = [play() for play in plays]
    except Exception as error:  # whatever a component raises for inputs that are not its own
        cause = str(error).partition("\n")[0]
        cause = cause if isinstance(error, CoreframeError) else f"{type(error).__name__}: {cause}"
        on = " and ".join(str(sample.shape) for sample in one.example.inputs)
        raise ArgumentError(
            f"{one.shown} and {two.shown} cannot be compared{on and f' on inputs of {on}'}: {cause}"
            + ("; give sizes that both take, with --input" if on and not inputs else "")
        ) from error
    times = _seconds(plays)
    return Comparison(one.shown, two.shown, _differences(*results), times[0], times[1])


def _side(
    text: str,
    kind: str | None,
    inputs: Sequence[Sequence[int]] | None,
    like: Example | None,
) -> Side:
    spec = parse_spec(text)
    record = get_registry().find(spec.name, kind=kind, distribution=spec.distribution)
    load_class(record)
    kind = record.kind
    if inputs and kind not in ("module", "loss"):
        raise ArgumentError(f"{text}: a {kind} takes no inputs")
    written_out = "(" in text
    examples: Sequence[Example] = ()
    if not written_out or (kind in ("module", "loss") and not (inputs or like)):
        _, _, examples = examples_of(spec.qualified, kind=kind)
    samples = _samples(inputs, (like or examples[0]).inputs if like or examples else ())
    if written_out and kind == "optimizer":
        return Side(kind, str(spec), Example(partial(_create_optimizer, spec)))
    if written_out:
        own = Example(create(kind, spec), *samples)
        return Side(kind, repr(own), own)
    shapes = [sample.shape for sample in samples]
    fitting = [e for e in examples if [sample.shape for sample in e.inputs] == shapes]
    chosen = (fitting or list(examples))[0]
    return Side(kind, repr(chosen), Example(chosen.component, *samples))


def _samples(inputs: Sequence[Sequence[int]] | None, usual: Sequence[Sample]) -> Sequence[Sample]:
    """The usual ones, in the shapes that are asked for: indices stay indices."""
    if not inputs:
        return usual
    if len(inputs) != len(usual):
        usual = [Sample()] * len(inputs)
    return [
        replace(sample, shape=tuple(shape)) for sample, shape in zip(usual, inputs, strict=True)
    ]


def _create_optimizer(spec: Spec, model: Module) -> Optimizer:
    return create("optimizer", spec, model)


def _plays(kind: str, one: Example, two: Example, seed: int) -> list[Play]:
    if kind == "module":
        return _module_plays(one, two, seed)
    if kind == "loss":
        return [_loss_play(example, one, seed) for example in (one, two)]
    if kind == "optimizer":
        return [_optimizer_play(example, seed) for example in (one, two)]
    if kind == "dataset":
        return [_dataset_play(example) for example in (one, two)]
    return [_schedule_play(example) for example in (one, two)]


def _module_plays(one: Example, two: Example, seed: int) -> list[Play]:
    x = one.draw((BATCH,), seed)
    trials = [Trial(module_of(example), x, seed=seed) for example in (one, two)]
    first, second = (trial.module.state() for trial in trials)
    if {n: v.shape for n, v in first.items()} == {n: v.shape for n, v in second.items()}:
        trials[1].module.load_state(first)
    shapes = [[tuple(y.shape[1:]) for y in trial.forward()] for trial in trials]
    if shapes[0] != shapes[1]:
        raise ArgumentError(
            "their outputs have shapes "
            + " and ".join(", ".join(map(str, own)) or "none" for own in shapes)
        )
    dy = trials[0].random_dy()

    def play(trial: Trial) -> dict[str, Tensor]:
        trial.module.forget()
        trial.module.zero_grad()
        outputs = trial.forward()
        gradients = trial.gradients(*trial.backward(dy)).items()
        return named("y", outputs) | {f"the gradient of {name}": g for name, g in gradients}

    return [partial(play, trial) for trial in trials]


def _loss_play(example: Example, like: Example, seed: int) -> Play:
    inputs = like.draw((BATCH,), seed)
    if len(inputs) != 2:
        raise ArgumentError(f"a loss takes two inputs, pred and actual, not {len(inputs)}")
    pred, actual = inputs
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
    splits = {"train": data.train, "test": data.test, "validation": data.validation}

    def play() -> dict[str, Tensor]:
        drawn: dict[str, Tensor] = {}
        for name, split in splits.items():
            if split is not None:
                indices = torch.arange(len(split)).expand(*data.replicas, -1)
                taken = split.take(indices)
                drawn |= {f"inputs of {name}": taken[0], f"targets of {name}": taken[1]}
        return drawn

    return play


def _schedule_play(example: Example) -> Play:
    schedule = schedule_of(example)

    def play() -> dict[str, Tensor]:
        factors = [schedule.factor(step, FACTORS) for step in range(FACTORS)]
        rows = [torch.as_tensor(factor, dtype=torch.float64) for factor in factors]
        return {f"the factor of {FACTORS} steps": torch.stack(rows)}

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
