"""The biases of torch's recurrent layers: two that are added, where one would do."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["TWIN_NAMES", "join_biases", "split_bias"]

TWIN_NAMES = {
    "input_weight": "weight_ih_l0",
    "recurrent_weight": "weight_hh_l0",
    "bias": "bias_ih_l0",
}


def split_bias(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state with the second bias, which is zero."""
    return state | {"bias_hh_l0": torch.zeros_like(state["bias_ih_l0"])}


def join_biases(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A state with the sum of both biases in place of two."""
    others = {name: value for name, value in state.items() if name != "bias_hh_l0"}
    return others | {"bias_ih_l0": state["bias_ih_l0"] + state["bias_hh_l0"]}
