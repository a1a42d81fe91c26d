"""Known values: does a component give the numbers that are known from elsewhere?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from coreframe.interfaces.module import Module
from coreframe.testing.measure import Measure, NotTried
from coreframe.testing.trial import Trial, named

__all__ = ["KNOWN_BOUND", "check_known_values", "known_tensor"]

KNOWN_BOUND = 1e-6  # numbers that a person writes down have so many digits


def check_known_values(
    module: str | Module, known: Sequence[tuple[Any, Any]], *, seed: int = 0
) -> Measure | NotTried:
    """In evaluation, forward gives the known outputs, to the digits that people write.

    Args:
        module: a module, or a spec; a copy of it is tried.
        known: pairs of the inputs of one batch and the output, as nested lists; of a module of
            several inputs, a tuple of them.
        seed: of a spec's parameters.
    """
    if not known:
        return NotTried("no output of it is known")
    trial = Trial(module, (), seed=seed, as_drawn=True)
    trial.module.eval()
    for inputs, output in known:
        given = inputs if isinstance(inputs, tuple) else (inputs,)
        got = trial.forward(tuple(known_tensor(numbers) for numbers in given))
        wanted = output if isinstance(output, tuple) else (output,)
        trial.expect_equal(
            named("y", got),
            named("y", [known_tensor(numbers) for numbers in wanted]),
            f"so it is known for the inputs {inputs}",
            tolerance=KNOWN_BOUND,
        )
    return Measure(trial.measured.figure, KNOWN_BOUND)


def known_tensor(numbers: Any) -> Tensor:
    """Nested lists of integers as indices, others in double precision."""
    tensor = torch.as_tensor(numbers)
    return tensor.double() if tensor.is_floating_point() else tensor
