"""The optimizers of torch.optim that stand for ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

OPTIMIZERS: Mapping[str, Callable[..., Any]] = {
    "SGD": torch.optim.SGD,
    "AdamW": torch.optim.AdamW,
}
