"""Elementwise: is each number of the output that of the input in its place alone?"""

from __future__ import annotations

import torch

from coreframe.interfaces.module import Module
from coreframe.testing.measure import Measure, NotTried
from coreframe.testing.trial import Inputs, Trial

__all__ = ["check_elementwise"]


def check_elementwise(
    module: str | Module, x: Inputs, *, seed: int = 0, dtype: torch.dtype = torch.float64
) -> Measure | NotTried:
    """Where a module is declared `elementwise`, other numbers elsewhere change no output here.

    Who pads layers of different widths relies on it: what stands in the padding may be anything.
    """
    trial = Trial(module, x, seed=seed, dtype=dtype)
    if not trial.module.elementwise:
        return NotTried("it does not declare that it is elementwise")
    if len(trial.inputs) != 1:
        trial.fail(f"it is declared elementwise, and takes {len(trial.inputs)} inputs")
    (tensor,), (y, *_) = trial.inputs, trial.forward()
    if y.shape != tensor.shape:
        trial.fail(
            f"it is declared elementwise, and gives {tuple(y.shape)} for {tuple(tensor.shape)}"
        )
    elsewhere = trial.random_like(tensor) > 0
    (other, *_) = trial.forward((torch.where(elsewhere, tensor + 1, tensor),))
    trial.expect_equal(
        {"y": other.masked_fill(elsewhere, 0)},
        {"y": y.masked_fill(elsewhere, 0)},
        "it is declared elementwise, and numbers in other places were changed",
        tolerance=trial.tolerance,
    )
    return trial.measured
