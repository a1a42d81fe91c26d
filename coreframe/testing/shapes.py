"""Shapes: does a module take inputs of any layout and batch, and say what shape it gives?"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from coreframe.errors import ArgumentError, ShapeError
from coreframe.interfaces.module import Module
from coreframe.testing.gradients import check_gradients
from coreframe.testing.measure import Measure, NotTried
from coreframe.testing.trial import Inputs, Trial, named

__all__ = ["LAYOUTS", "check_empty_batch", "check_layout", "check_one_sample", "check_output_shape"]


def check_layout(
    module: str | Module, x: Inputs, *, seed: int = 0, dtype: torch.dtype = torch.float64
) -> Measure:
    """Inputs and dy that are not contiguous in memory give what contiguous ones give."""
    trial = Trial(module, x, seed=seed, dtype=dtype)
    dy = trial.random_dy()
    outputs, gradients = trial.forward(), trial.one_pass(dy)
    for name, relaid in LAYOUTS.items():
        reason = f"so it is for contiguous inputs; these lay in memory with {name}"
        inputs = tuple(relaid(tensor) for tensor in trial.inputs)
        got = trial.forward(inputs)
        trial.expect_equal(named("y", got), named("y", outputs), reason, tolerance=trial.tolerance)
        trial.module.forget()
        again = trial.one_pass(tuple(relaid(tensor) for tensor in dy), inputs)
        trial.expect_equal(again, gradients, reason, tolerance=trial.tolerance)
    return trial.measured


def check_empty_batch(
    module: str | Module, x: Inputs, *, seed: int = 0, dtype: torch.dtype = torch.float64
) -> None:
    """A batch of no samples gives outputs of no samples, and adds nothing to any gradient.

    A module that cannot take one raises `ShapeError` or `ArgumentError`.
    """
    whole = Trial(module, x, seed=seed, dtype=dtype)
    wanted = whole.forward()
    axis = len(whole.module.replicas)
    empty = tuple(tensor.narrow(axis, 0, 0) for tensor in whole.inputs)
    trial = Trial(module, empty, seed=seed, dtype=dtype)
    try:
        outputs = trial.forward()
    except (ShapeError, ArgumentError):
        return
    for output, other in zip(outputs, wanted, strict=True):
        shape = (*other.shape[:axis], 0, *other.shape[axis + 1 :])
        if tuple(output.shape) != shape:
            trial.fail(f"an empty batch gave the shape {tuple(output.shape)}, not {shape}")
    trial.module.zero_grad()
    trial.backward(outputs)
    zeros = {name: torch.zeros_like(p.grad) for name, p in trial.module.named_parameters()}
    trial.expect_equal(
        trial.gradients(), zeros, "an empty batch must leave every gradient as it is"
    )


def check_one_sample(module: str | Module, x: Inputs, *, seed: int = 0) -> Measure | NotTried:
    """The gradients are right for a batch of one sample, too.

    A module that cannot take one raises `ShapeError` or `ArgumentError`.
    """
    trial = Trial(module, x, seed=seed)
    axis = len(trial.module.replicas)
    one = tuple(tensor.narrow(axis, 0, 1) for tensor in trial.inputs)
    try:
        trial.forward(one)
    except (ShapeError, ArgumentError) as error:
        return NotTried(f"it takes no single sample: {error}")
    return check_gradients(module, one, seed=seed)


def check_output_shape(module: str | Module, x: Inputs, *, seed: int = 0) -> NotTried | None:
    """What `output_shape` says is the shape that forward gives, unless it says None."""
    trial = Trial(module, x, seed=seed)
    if len(trial.inputs) != 1:
        return NotTried("output_shape is for one input")
    leading = len(trial.module.replicas) + 1
    given = tuple(trial.inputs[0].shape[leading:])
    said = trial.module.output_shape(given)
    (output, *_) = trial.forward()
    got = tuple(output.shape[leading:])
    if said is not None and tuple(said) != got:
        trial.fail(f"output_shape({given}) says {tuple(said)}, forward gives {got}")
    last = trial.module.output_shape(None)
    if last is not None and tuple(last) != got[len(got) - len(last) :]:
        trial.fail(f"output_shape(None) says {tuple(last)}, forward gives {got}")
    return NotTried("output_shape gives None: it is unknown") if said is None else None


def _every_second(tensor: Tensor) -> Tensor:
    return torch.stack([tensor, torch.zeros_like(tensor)], -1)[..., 0]


def _swapped(tensor: Tensor) -> Tensor:
    if tensor.dim() < 2:  # axes to swap
        return tensor
    return tensor.transpose(-1, -2).contiguous().transpose(-1, -2)


def _leading_swapped(tensor: Tensor) -> Tensor:
    if tensor.dim() < 2:
        return tensor
    return tensor.transpose(0, 1).contiguous().transpose(0, 1)


LAYOUTS: dict[str, Callable[[Tensor], Tensor]] = {
    "every second element": _every_second,
    "the axes swapped": _swapped,
    "the first axes swapped": _leading_swapped,
}
"""Ways for the same numbers to lie in memory."""
