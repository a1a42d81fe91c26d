"""Padded batches: does padding leave a replica as if it were not there?"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from coreframe.errors import ArgumentError, ShapeError
from coreframe.interfaces.module import Module
from coreframe.interfaces.padding import Padding
from coreframe.testing.measure import Measure, NotTried
from coreframe.testing.population import initialized
from coreframe.testing.trial import TOLERANCE, Inputs, Trial, named

__all__ = ["check_padding"]


def check_padding(
    module: str | Module, x: Inputs, *, seed: int = 0, dtype: torch.dtype = torch.float64
) -> Measure | NotTried:
    """A replica with fewer samples than the batch does what a lone model does with those alone.

    Compared are the outputs and input gradients of its own samples, its parameters' gradients,
    and its buffers. One replica has all samples, one has fewer, and one rests. The gradients of
    padding must be zero where dy is, or the layers before would count them.

    Args:
        module: a module without per-replica settings, or a spec; copies of it are tried.
        x: the input `(R, batch, *features)`, or several, of three replicas and two samples at
            least.
        seed: replica r has seed + r.
        dtype: to compute in.
    """
    whole = Trial(_of(module, x, seed, dtype), x, seed=seed, dtype=dtype)
    replicas, batch = whole.inputs[0].shape[:2]
    counts = tuple(
        max(0, batch - r * (batch - 1)) if r < 2 else 0 for r in range(replicas)
    )  # all, one, none
    weight = torch.arange(batch) < torch.tensor(counts).unsqueeze(1)
    padding = Padding(counts, weight.to(dtype))
    values = _buffers(whole)
    dy = tuple(_masked(d, weight) for d in whole.random_dy())
    whole.module.zero_grad()
    whole.module.context.padding = padding
    try:
        outputs = whole.forward()
    except (ShapeError, ArgumentError) as error:
        return NotTried(f"it takes no padding: {error}")
    gradients = whole.backward(dy)
    whole.module.forget()
    worst = Measure(0.0, TOLERANCE[dtype])
    for r, count in enumerate(counts):
        reason = f"so has the lone model; replica {r} has {count} of {batch} samples of its own"
        if not count:
            resting = {n: p.grad[r] for n, p in whole.module.named_parameters()}
            zeros = {name: torch.zeros_like(grad) for name, grad in resting.items()}
            whole.expect_equal(resting, zeros, "a replica that rests gets no gradient")
            kept = {name: buffer[r] for name, buffer in _buffers(whole).items()}
            before = {name: buffer[r] for name, buffer in values.items()}
            whole.expect_equal(kept, before, "a replica that rests keeps its buffers")
            continue
        own_inputs = tuple(tensor[r, :count] for tensor in whole.inputs)
        lone = Trial(initialized(module, seed + r, dtype), own_inputs, seed=seed + r, dtype=dtype)
        own_outputs = lone.forward()
        lone.module.zero_grad()
        own_gradients = lone.backward(tuple(d[r, :count] for d in dy))
        got = named("y", [y[r, :count] for y in outputs])
        wanted = named("y", own_outputs)
        got |= named("dx", [None if d is None else d[r, :count] for d in gradients])
        wanted |= named("dx", own_gradients)
        got |= {f"the gradient of {n}": p.grad[r] for n, p in whole.module.named_parameters()}
        wanted |= {f"the gradient of {n}": p.grad for n, p in lone.module.named_parameters()}
        got |= {name: buffer[r] for name, buffer in _buffers(whole).items()}
        wanted |= _buffers(lone)
        lone.expect_equal(got, wanted, reason, tolerance=lone.tolerance)
        worst = max(worst, lone.measured)
    for name, gradient in named("dx", gradients).items():
        if bool(_masked(gradient, ~weight).any()):
            whole.fail(
                f"{name} is not zero in padding, though dy is: layers before it would count it"
            )
    return worst


def _of(module: str | Module, x: Inputs, seed: int, dtype: torch.dtype) -> Module:
    first = x if isinstance(x, Tensor) else x[0]
    return initialized(module, _seeds(seed, first.shape[0]), dtype)


def _seeds(seed: int, count: int) -> Sequence[int]:
    return range(seed, seed + count)


def _buffers(trial: Trial) -> dict[str, Tensor]:
    return {name: buffer.value.clone() for name, buffer in trial.module.named_buffers()}


def _masked(dy: Tensor, own: Tensor) -> Tensor:
    return dy * own.reshape(*own.shape, *[1] * (dy.dim() - 2)).to(dy)
