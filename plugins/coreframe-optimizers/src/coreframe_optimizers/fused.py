"""Torch's fused operators: a whole step in one kernel, for lone models on the processor.

They are forward operators without a derivative. They take numbers only, and one count of steps,
so whatever differs between replicas or parameters needs the plain kernels. So does every
population, where a replica must not notice, by another rounding, that others rest.
"""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe import Slab

__all__ = ["serves", "step_tensor"]


def serves(slab: Slab, operator: str) -> bool:
    """Whether the fused operator of this name can do the step."""
    return (
        not slab.flat.replicas
        and slab.value.device.type == "cpu"
        and not any(isinstance(number, Tensor) for number in slab.settings.values())
        and hasattr(torch, operator)  # not a promised part of torch's interface
    )


def step_tensor(slab: Slab) -> Tensor:
    """The number of the step, as they take it."""
    return torch.tensor(float(slab.steps))
