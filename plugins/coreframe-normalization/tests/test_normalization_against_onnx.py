"""The normalization layers against the inputs and outputs that come with the ONNX standard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from onnx import helper
from torch import Tensor

from coreframe import Module
from coreframe_normalization import BatchNorm, GroupNorm, LayerNorm, RMSNorm

NAMES = [
    "test_batchnorm_epsilon",
    "test_batchnorm_epsilon_training_mode",
    "test_batchnorm_example",
    "test_batchnorm_example_training_mode",
    "test_group_normalization_epsilon",
    "test_group_normalization_example",
    "test_layer_normalization_2d_axis1",
    "test_layer_normalization_3d_axis1_epsilon",
    "test_layer_normalization_3d_axis2_epsilon",
    "test_layer_normalization_4d_axis1",
    "test_layer_normalization_4d_axis2",
    "test_layer_normalization_default_axis",
    "test_rms_normalization_2d_axis1",
    "test_rms_normalization_3d_axis1_epsilon",
    "test_rms_normalization_4d_axis2",
    "test_rms_normalization_default_axis",
]


def make(node: Any, tensors: list[Tensor]) -> Module:
    """The layer that the node stands for, with its values."""
    settings = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    eps, channels = settings.get("epsilon", 1e-5), tensors[0].shape[1]
    layer: Module
    match node.op_type:
        case "BatchNormalization":  # its momentum is what is kept of the running statistics
            layer = BatchNorm(channels, eps=eps, momentum=1 - settings.get("momentum", 0.9))
            layer.running_mean.value, layer.running_var.value = tensors[3], tensors[4]
            if not settings.get("training_mode"):
                layer.eval()
        case "GroupNormalization":
            layer = GroupNorm(settings["num_groups"], channels, eps=eps)
        case "LayerNormalization":
            layer = LayerNorm(list(tensors[1].shape), eps=eps)
        case _:
            layer = RMSNorm(list(tensors[1].shape), eps=eps)
    for parameter, value in zip(layer.param(), tensors[1:], strict=False):
        parameter.value.copy_(value)
    return layer


@pytest.mark.parametrize("name", NAMES)
def test_standard_agrees(name: str, onnx_cases: Mapping[str, Any]) -> None:
    case = onnx_cases[name]
    given, wanted = case.data_sets[0]
    tensors = [torch.as_tensor(array) for array in given]
    layer = make(case.model.graph.node[0], tensors)
    y = layer.forward(tensors[0])
    torch.testing.assert_close(y, torch.as_tensor(wanted[0]), rtol=1e-4, atol=1e-5)
    if isinstance(layer, BatchNorm) and layer.training:
        # The standard's running variance is biased, torch's is not; the means agree.
        mean = layer.running_mean.value.float()
        torch.testing.assert_close(mean, torch.as_tensor(wanted[1]), rtol=1e-4, atol=1e-5)
