"""Population: do R replicas do what R lone models do?"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from coreframe.assembly.assemble import assemble
from coreframe.errors import ArgumentError, CheckFailed
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.interfaces.replicas import Setting
from coreframe.testing.comparison import find_difference
from coreframe.testing.measure import Measure, NotTried
from coreframe.testing.trial import TOLERANCE, Inputs, Outputs, Trial, as_tuple, named

__all__ = ["check_loss_population", "check_population", "check_settings", "initialized"]

LARGEST = 16  # a population as large as the features, where these are not many


def check_population(
    module: str | Module, x: Inputs, *, seed: int = 0, dtype: torch.dtype = torch.float64
) -> Measure:
    """Compare R replicas with R lone models of the same seeds, forward and backward, in float64.

    The values drawn must be equal bit for bit; outputs and gradients within 1e-10 of the
    largest. Beside the sizes of `x` it tries as many samples as replicas, and as many of both as
    features: there, an axis taken for another shows in no shape.

    Args:
        module: a module without per-replica settings, or a spec; copies of it are tried.
        x: the input `(R, batch, *features)`, or several; each replica gets its own part.
        seed: replica r has seed + r.
        dtype: to compute in.

    Raises:
        CheckFailed: naming the replica, the tensor and the index.
    """
    inputs = as_tuple(x)
    count, batch, features = inputs[0].shape[0], inputs[0].shape[1], inputs[0].shape[-1]
    sizes = {(count, batch), (count, 1), (count, count), (min(features, LARGEST),) * 2}
    worst = Measure(0.0, TOLERANCE[dtype])
    for replicas, samples in sorted(sizes):
        resized = tuple(_resize(tensor, replicas, samples) for tensor in inputs)
        seeds = range(seed, seed + replicas)
        whole = initialized(module, seeds, dtype)
        lone = [initialized(module, own, dtype) for own in seeds]
        worst = max(worst, _compare(whole, lone, resized, seeds, dtype))
    return worst


def check_settings(
    module: Module, x: Inputs, *, seed: int = 0, dtype: torch.dtype = torch.float64
) -> Measure | NotTried:
    """With a number for each replica, each does what a lone module of that number does.

    Args:
        module: a module; copies of it are tried, with other numbers for each `Hyperparameter`.
        x: the input `(R, batch, *features)`, or several; each replica gets its own part.
        seed: replica r has seed + r.
        dtype: to compute in.

    Raises:
        CheckFailed: naming the replica, the tensor and the index.
    """
    inputs = as_tuple(x)
    seeds = range(seed, seed + inputs[0].shape[0])
    worst: Measure | None = None
    for name, hyperparameter in module.hyperparameters.items():
        value = vars(module)[name]
        if not isinstance(value, float):
            continue
        numbers = [value / (r + 1) for r in range(len(seeds))]
        try:
            hyperparameter.check(numbers)
        except ArgumentError:
            continue  # it may not be that small
        whole = initialized(_with(module, name, numbers), seeds, dtype)
        lone = [
            initialized(_with(module, name, number), own, dtype)
            for own, number in zip(seeds, numbers, strict=True)
        ]
        found = _compare(whole, lone, inputs, seeds, dtype)
        worst = max(worst or found, found)
    return worst or NotTried("it declares no number of each replica")


def _with(module: Module, name: str, value: Setting) -> Module:
    own = copy.deepcopy(module)
    own.__setattr__(name, value)
    return own


def check_loss_population(
    loss: Loss, pred: Tensor, actual: Tensor, weight: Tensor | None = None
) -> Measure:
    """Compare a loss of R replicas with R lone ones, value and gradient, in float64.

    Args:
        loss: the loss; copies of it are tried.
        pred: outputs `(R, batch, *features)`.
        actual: targets `(R, batch, …)`.
        weight: `(R, batch)`.

    Raises:
        CheckFailed: naming the replica, the tensor and the index.
    """
    whole, lone = copy.deepcopy(loss), copy.deepcopy(loss)
    whole.replicas, lone.replicas = tuple(pred.shape[:1]), ()
    pred = pred.double()
    actual = actual.double() if actual.is_floating_point() else actual
    weight = None if weight is None else weight.double()
    value = whole.compute_loss(pred, actual, weight)
    gradient = whole.backward()
    worst, bound = 0.0, TOLERANCE[torch.float64]
    for r in range(pred.shape[0]):
        own = None if weight is None else weight[r]
        wanted = {"the loss": lone.compute_loss(pred[r], actual[r], own), "dpred": lone.backward()}
        for name, got in {"the loss": value[r], "dpred": gradient[r]}.items():
            difference = find_difference(name, got, wanted[name])
            if not difference.figure <= bound:
                raise CheckFailed(
                    f"{loss!r}: replica {r}: {difference.text}, as a lone loss gives it"
                )
            worst = max(worst, difference.figure)
    return Measure(worst, bound)


def _compare(
    whole: Module,
    members: Sequence[Module],
    inputs: Outputs,
    seeds: Sequence[int],
    dtype: torch.dtype,
) -> Measure:
    population = Trial(whole, inputs, seed=seeds[0], dtype=dtype)
    worst = Measure(0.0, population.tolerance)
    values = population.module.state()
    dy = population.random_dy()
    outputs = population.forward()
    gradients = population.one_pass(dy)
    buffers = {name: buffer.value for name, buffer in population.module.named_buffers()}
    for r, seed in enumerate(seeds):
        own_inputs = tuple(tensor[r] for tensor in population.inputs)
        lone = Trial(members[r], own_inputs, seed=seed, dtype=dtype)
        reason = f"so has the lone model of seed {seed}, and replica {r} of {len(seeds)} must too"
        lone.expect_equal({name: t[r] for name, t in values.items()}, lone.module.state(), reason)
        own_outputs = lone.forward()
        got = named("y", [output[r] for output in outputs])
        wanted = named("y", own_outputs)
        got |= {f"the gradient of {name}": g[r] for name, g in gradients.items()}
        own_gradients = lone.one_pass(tuple(tensor[r] for tensor in dy))
        wanted |= {f"the gradient of {name}": g for name, g in own_gradients.items()}
        got |= {name: buffer[r] for name, buffer in buffers.items()}
        wanted |= {name: buffer.value for name, buffer in lone.module.named_buffers()}
        lone.expect_equal(got, wanted, reason, tolerance=lone.tolerance)
        worst = max(worst, lone.measured)
    return worst


def initialized(module: str | Module, seeds: Sequence[int] | int, dtype: torch.dtype) -> Module:
    """A copy with values drawn for one seed, or for a population of them."""
    seed, several = (seeds, None) if isinstance(seeds, int) else (None, seeds)
    if isinstance(module, str):
        return assemble(module, seed=seed, seeds=several, dtype=dtype)
    return copy.deepcopy(module).initialize(seed=seed, seeds=several, dtype=dtype)


def _resize(tensor: Tensor, replicas: int, samples: int) -> Tensor:
    """As many replicas and samples, taken in turn from those there are."""
    rows = torch.arange(replicas) % tensor.shape[0]
    columns = torch.arange(samples) % tensor.shape[1]
    return tensor.index_select(0, rows).index_select(1, columns)
