"""Precision: does a module keep its dtype and device, and stay finite?"""

from __future__ import annotations

from math import inf, isnan
from typing import NoReturn

import torch
from torch import Tensor

from coreframe.errors import CheckFailed
from coreframe.interfaces.module import Module
from coreframe.testing.comparison import Difference, find_difference
from coreframe.testing.measure import Measure, NotTried
from coreframe.testing.purity import Operators
from coreframe.testing.trial import Inputs, Trial, named

__all__ = ["LARGE", "check_device", "check_dtype", "check_extremes", "check_inference_mode"]

BOUNDS = {torch.float64: 1e-12, torch.float32: 1e-4, torch.bfloat16: 0.06}
"""Of the error, relative to the largest number: some hundred times the dtype's precision."""

OTHER_DRAW = 1_000_003  # from a seed to one whose draws have nothing to do with its own

SCALES = (1e-30, 1e-4, 1e2, 1e4, 1e12)
LARGE = 1e37  # beyond it, single precision overflows for a good reason


def check_dtype(module: str | Module, x: Inputs, *, seed: int = 0) -> Measure:
    """Outputs and gradients have the module's dtype, and are near those in double precision.

    In float64, float32 and bfloat16, from parameters and inputs that are the same numbers. The
    noise of a dtype is its own, so of a module that draws some only the dtypes are compared.

    With eight bits a number can land on the other side of a kink, and a sum can cancel to nothing.
    So in bfloat16 what is too far must be so for other numbers, too, as a fault is.
    """
    worst = 0.0
    noisy = Trial(module, x, seed=seed).draws_noise
    for dtype, bound in BOUNDS.items():
        for name, tensor in _run(module, x, seed, dtype).items():
            if tensor.dtype is not dtype:
                _fail(module, seed, f"{name} has dtype {tensor.dtype}, not {dtype}")
        if not noisy:
            difference = _furthest(module, x, seed, dtype)
            if dtype is torch.bfloat16 and not difference.figure <= bound:
                again = _furthest(module, x, seed + OTHER_DRAW, dtype, scale=0.75)
                difference = again if again.figure <= bound else difference
            if not difference.figure <= bound:
                _fail(module, seed, f"{difference.text}, as float64 gives it: {dtype} is too far")
            worst = max(worst, difference.figure / bound)
        for name, tensor in _evaluated(module, x, seed, dtype).items():
            if tensor.dtype is not dtype:
                _fail(module, seed, f"{name} has dtype {tensor.dtype} in evaluation, not {dtype}")
    return Measure(worst, 1.0)


def check_extremes(module: str | Module, x: Inputs, *, seed: int = 0) -> None:
    """Nothing finite gives NaN, and float32 is finite wherever float64 is: inputs of 1e-30 to 1e12."""
    for scale in SCALES:
        exact = _run(module, x, seed, torch.float64, scale=scale)
        single = _run(module, x, seed, torch.float32, scale=scale)
        for name, tensor in exact.items():
            for dtype, numbers in (("float64", tensor), ("float32", single[name])):
                if bool(numbers.isnan().any()):
                    _fail(module, seed, f"{name} is NaN in {dtype} for inputs of size {scale:g}")
            lost = ~single[name].isfinite() & (tensor.abs() < LARGE)
            if bool(lost.any()):
                flat = int(lost.flatten().double().argmax())
                _fail(
                    module,
                    seed,
                    f"{name} overflows in float32 for inputs of size {scale:g}, where float64 "
                    f"gives {float(tensor.flatten()[flat]):.9g}",
                )


def check_inference_mode(module: str | Module, x: Inputs, *, seed: int = 0) -> Measure | NotTried:
    """In inference mode and float32, as in a training, it gives what float64 gives outside.

    A batch of many samples shows whether what is chosen for large products is right, too.
    """
    if Trial(module, x, seed=seed).draws_noise:
        return NotTried("the noise of float32 is its own")
    exact = _run(module, x, seed, torch.float64, rounded=torch.float32)
    with torch.inference_mode():
        own = _run(module, x, seed, torch.float32)
    worst = 0.0
    for name, tensor in exact.items():
        difference = find_difference(name, own[name].double(), tensor)
        if not difference.figure <= BOUNDS[torch.float32]:
            _fail(module, seed, f"{difference.text}, as it is outside of inference mode")
        worst = max(worst, difference.figure)
    return Measure(worst, BOUNDS[torch.float32])


def check_device(
    module: str | Module, x: Inputs, *, seed: int = 0, dtype: torch.dtype = torch.float64
) -> NotTried | None:
    """Forward and backward stay on the device of the inputs: on `meta`, which has no memory.

    A module that must look at numbers to decide cannot run there, and is not tried.
    """
    trial = Trial(module, x, seed=seed, dtype=dtype)
    trial.module.to("meta")
    inputs = tuple(tensor.to("meta") for tensor in trial.inputs)
    operators = Operators()
    try:
        with operators:
            outputs = trial.forward(inputs)
            gradients = trial.backward(outputs)
    except NotImplementedError as error:
        return NotTried(f"it looks at numbers: {error}")
    except RuntimeError as error:
        if "item() cannot be called on meta" in str(error):
            return NotTried(f"it looks at numbers: {error}")
        cause = str(error).partition("\n")[0]
        trial.fail(f"with everything on the device 'meta' it raised {cause}")
    if operators.mixing:
        trial.fail(
            f"with everything on the device 'meta' it ran {operators.mixing[0]} on tensors of two "
            "devices: make its own tensors where its inputs are"
        )
    for name, tensor in (named("y", outputs) | named("dx", gradients)).items():
        if tensor.device.type != "meta":
            trial.fail(f"{name} is on {tensor.device}, the inputs and parameters on meta")
    return None


def _furthest(
    module: str | Module, x: Inputs, seed: int, dtype: torch.dtype, *, scale: float = 1.0
) -> Difference:
    """Where outputs and gradients are furthest from those of double precision; NaN is furthest."""
    own = _run(module, x, seed, dtype, rounded=dtype, scale=scale)
    exact = _run(module, x, seed, torch.float64, rounded=dtype, scale=scale)
    found = [find_difference(name, own[name].double(), tensor) for name, tensor in exact.items()]
    return max(found, key=lambda difference: inf if isnan(difference.figure) else difference.figure)


def _run(
    module: str | Module,
    x: Inputs,
    seed: int,
    dtype: torch.dtype,
    *,
    rounded: torch.dtype | None = None,
    scale: float = 1.0,
) -> dict[str, Tensor]:
    """Outputs and gradients by name, in `dtype`, of numbers that `rounded` can hold."""
    trial = Trial(module, x, seed=seed)
    dy = trial.random_dy()
    for step in (rounded or dtype, dtype):
        trial.module.to(step)
    scaled = (t * scale if t.is_floating_point() else t for t in trial.inputs)
    inputs = tuple(_rounded(tensor, rounded, dtype) for tensor in scaled)
    outputs = trial.forward(inputs)
    trial.module.zero_grad()
    gradients = trial.backward(tuple(_rounded(d, rounded, dtype) for d in dy))
    parameters = {f"the gradient of {n}": p.grad for n, p in trial.module.named_parameters()}
    return named("y", outputs) | named("dx", gradients) | parameters


def _evaluated(module: str | Module, x: Inputs, seed: int, dtype: torch.dtype) -> dict[str, Tensor]:
    """Outputs of evaluation by name."""
    trial = Trial(module, x, seed=seed)
    trial.module.to(dtype).eval()
    return named("y", trial.forward(tuple(_rounded(t, None, dtype) for t in trial.inputs)))


def _rounded(tensor: Tensor, rounded: torch.dtype | None, dtype: torch.dtype) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    return tensor.to(rounded or dtype).to(dtype)


def _fail(module: str | Module, seed: int, what: str) -> NoReturn:
    raise CheckFailed(
        f"{module if isinstance(module, str) else repr(module)}: {what} (seed {seed})"
    )
