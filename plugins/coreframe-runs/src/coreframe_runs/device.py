"""Where a run computes: whether torch can do so here."""

from __future__ import annotations

import torch

__all__ = ["device_fault"]


def device_fault(name: str) -> str:
    """Why nothing can be computed on a device of this name, in words; empty if it can."""
    try:
        device = torch.device(name)
    except RuntimeError:
        return f"there is no device {name!r}; it is cpu, cuda or cuda:N"
    if device.type == "meta":
        return "meta has no numbers to train with"
    if device.type == "cuda":
        count = torch.cuda.device_count()
        if not count or not torch.cuda.is_available():
            return f"torch finds no CUDA device here, so {name} cannot be used"
        if device.index is not None and device.index >= count:
            return f"torch finds {count} CUDA devices here, from cuda:0, and {name} is none of them"
    try:
        torch.empty(0, device=device)
    except (AssertionError, NotImplementedError, RuntimeError) as error:
        return f"{name} cannot be used here: {str(error).partition(chr(10))[0]}"
    return ""
