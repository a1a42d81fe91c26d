"""The activation functions against the inputs and outputs that come with the ONNX standard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch

from coreframe import Module
from coreframe_activations import (
    ELU,
    GELU,
    SELU,
    LeakyReLU,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softsign,
    Tanh,
)

LAYERS: dict[str, Callable[[], Module]] = {
    "test_relu": ReLU,
    "test_sigmoid": Sigmoid,
    "test_sigmoid_example": Sigmoid,
    "test_tanh": Tanh,
    "test_tanh_example": Tanh,
    "test_leakyrelu": lambda: LeakyReLU(0.1),
    "test_leakyrelu_example": lambda: LeakyReLU(0.1),
    "test_leakyrelu_default": LeakyReLU,
    "test_elu": lambda: ELU(2.0),
    "test_elu_example": lambda: ELU(2.0),
    "test_elu_default": ELU,
    "test_gelu_default_1": GELU,
    "test_gelu_default_2": GELU,
    "test_gelu_tanh_1": lambda: GELU("tanh"),
    "test_gelu_tanh_2": lambda: GELU("tanh"),
    "test_swish": SiLU,
    "test_softplus": Softplus,
    "test_softplus_example": Softplus,
    "test_softsign": Softsign,
    "test_softsign_example": Softsign,
    "test_softmax_default_axis": Softmax,
    "test_softmax_large_number": Softmax,
    "test_softmax_example": Softmax,
    "test_softmax_negative_axis": Softmax,
    "test_logsoftmax_default_axis": LogSoftmax,
    "test_logsoftmax_large_number": LogSoftmax,
    "test_logsoftmax_example_1": LogSoftmax,
    "test_logsoftmax_negative_axis": LogSoftmax,
}


@pytest.mark.parametrize("name", LAYERS)
def test_standard_agrees(name: str, onnx_cases: Mapping[str, Any]) -> None:
    case = onnx_cases[name]
    for given, wanted in case.data_sets:
        x = torch.as_tensor(given[0])
        batched = x if x.dim() > 1 else x.unsqueeze(0)
        y = LAYERS[name]().forward(batched).reshape(x.shape)
        torch.testing.assert_close(
            y, torch.as_tensor(wanted[0]).to(y), rtol=case.rtol, atol=max(case.atol, 1e-6)
        )


def test_selu_has_the_settings_of_the_paper(onnx_cases: Mapping[str, Any]) -> None:
    """Other cases of the standard set others."""
    given, wanted = onnx_cases["test_selu_default"].data_sets[0]
    y = SELU().forward(torch.as_tensor(given[0]))
    torch.testing.assert_close(y, torch.as_tensor(wanted[0]), rtol=1e-5, atol=1e-6)
