"""Convolutions and pooling against the inputs and outputs that come with the ONNX standard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from coreframe import Module
from coreframe_convolution import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Conv2d,
    ConvTranspose2d,
    MaxPool2d,
    NearestUpsampling,
)

LAYERS: dict[str, Callable[[], Module]] = {
    "test_conv_with_strides_padding": lambda: Conv2d(1, 1, 3, stride=2, padding=1, bias=False),
    "test_conv_with_strides_no_padding": lambda: Conv2d(1, 1, 3, stride=2, bias=False),
    "test_conv_with_strides_and_asymmetric_padding": lambda: Conv2d(
        1, 1, 3, stride=2, padding=[1, 0], bias=False
    ),
    "test_conv_with_autopad_same": lambda: Conv2d(1, 1, 3, stride=2, padding=1, bias=False),
    "test_convtranspose": lambda: ConvTranspose2d(1, 2, 3, bias=False),
    "test_convtranspose_pad": lambda: ConvTranspose2d(
        1, 2, 3, stride=[3, 2], output_padding=1, bias=False
    ),
    "test_convtranspose_kernel_shape": lambda: ConvTranspose2d(
        1, 2, 3, stride=[3, 2], output_padding=1, bias=False
    ),
    "test_convtranspose_pads": lambda: ConvTranspose2d(
        1, 2, 3, stride=[3, 2], padding=[1, 2], bias=False
    ),
    "test_convtranspose_dilations": lambda: ConvTranspose2d(1, 1, 2, dilation=2, bias=False),
    "test_convtranspose_group_2": lambda: ConvTranspose2d(2, 2, 3, groups=2, bias=False),
    "test_convtranspose_group_2_image_3": lambda: ConvTranspose2d(2, 2, 3, groups=2, bias=False),
    "test_maxpool_2d_precomputed_pads": lambda: MaxPool2d(5, stride=1, padding=2),
    "test_maxpool_2d_precomputed_strides": lambda: MaxPool2d(2),
    "test_maxpool_2d_default": lambda: MaxPool2d(2, stride=1),
    "test_maxpool_2d_strides": lambda: MaxPool2d(5, stride=3),
    "test_maxpool_2d_dilations": lambda: MaxPool2d(2, stride=1, dilation=2),
    "test_averagepool_2d_precomputed_pads": lambda: AvgPool2d(
        5, stride=1, padding=2, count_include_pad=False
    ),
    "test_averagepool_2d_precomputed_pads_count_include_pad": lambda: AvgPool2d(
        5, stride=1, padding=2
    ),
    "test_averagepool_2d_precomputed_strides": lambda: AvgPool2d(2),
    "test_averagepool_2d_default": lambda: AvgPool2d(2, stride=1),
    "test_averagepool_2d_strides": lambda: AvgPool2d(5, stride=3),
    "test_globalaveragepool": lambda: AdaptiveAvgPool2d(1),
    "test_globalaveragepool_precomputed": lambda: AdaptiveAvgPool2d(1),
    "test_upsample_nearest": lambda: NearestUpsampling([2, 3]),
    "test_resize_upsample_scales_nearest": lambda: NearestUpsampling([2, 3]),
}


@pytest.mark.parametrize("name", LAYERS)
def test_standard_agrees(name: str, onnx_cases: Mapping[str, Any]) -> None:
    case = onnx_cases[name]
    for given, wanted in case.data_sets:
        layer = LAYERS[name]().initialize(seed=0)
        if layer.param():
            layer.load_state({"weight": torch.as_tensor(given[1])})
        expect_close(layer.forward(torch.as_tensor(given[0])), torch.as_tensor(wanted[0]))


def expect_close(y: Tensor, wanted: Tensor) -> None:
    torch.testing.assert_close(y, wanted, rtol=1e-4, atol=1e-5)
