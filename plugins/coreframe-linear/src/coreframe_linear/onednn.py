"""The large product of oneDNN, which torch has on board beside that of its BLAS library.

On processors that the BLAS library does not know well it takes less than half the time (float32,
256 rows, 1024 → 1024, one thread, on an AMD EPYC with AVX-512: 2.05 ms for 4.49); on small
matrices its start costs more than it saves. The operator is one that torch's own compiler emits
for linear layers. It has no derivative, so it is used only in inference mode, which a training
here enters, and never where somebody compares a layer with autograd.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

__all__ = ["linear", "serves"]

LARGE = 2**21  # multiplications from which it is faster
FEW_ROWS = 16


def serves(x: Tensor, out_size: int) -> bool:
    """Whether `linear` may be used, and pays, for `(n, in)` → `(n, out_size)`."""
    return (
        x.numel() * out_size >= LARGE
        and x.shape[0] >= FEW_ROWS
        and out_size > 1
        and x.dtype is torch.float32
        and x.device.type == "cpu"
        and torch.is_inference_mode_enabled()
        and _is_there()
        and bool(torch.backends.mkldnn.enabled)  # users switch it off for a while
    )


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x wᵀ + b: `(n, in)`, `(out, in)` and `(out,)` give `(n, out)`."""
    y: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")  # noqa: SLF001
    return y


@cache
def _is_there() -> bool:
    # Not a promised part of torch's interface: without it, the plain product serves.
    on_board = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]  # torch's
    return bool(on_board) and hasattr(torch.ops.mkldnn, "_linear_pointwise")
