"""The complement 1 − β of a decay rate, for running means."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from coreframe import Optimizer, Slab

__all__ = ["complement"]


def complement(optimizer: Optimizer, slab: Slab, name: str) -> float | Tensor:
    """1 − β of the setting `name`: a number, or a flat tensor that holds ones in the gaps.

    A flat one is worked out in double precision: in bfloat16 a β of 0.999 is 1, and 1 − β
    would be 0. It is kept beside the settings, which are made anew when a number changes.
    """
    beta = slab.settings[name]
    if not isinstance(beta, Tensor):
        return 1 - beta
    kept = f"1 - {name}"
    if kept not in slab.settings:
        slab.settings[kept] = _flat_complement(optimizer, slab, name).to(beta)
    return slab.settings[kept]


def _flat_complement(optimizer: Optimizer, slab: Slab, name: str) -> Tensor:
    wide = replace(slab.flat, value=slab.value.double())
    given = vars(optimizer)[name]
    if isinstance(given, float):
        numbers = torch.full_like(wide.value, given)
    else:
        numbers = wide.expand(torch.tensor(given, dtype=torch.float64))
    for override in optimizer.overrides:
        if override.setting == name:
            override.write(numbers, wide, 1.0)
    numbers = 1 - numbers
    return numbers.masked_fill_(numbers == 0, 1)  # β is less than 1, so zeros are gaps
