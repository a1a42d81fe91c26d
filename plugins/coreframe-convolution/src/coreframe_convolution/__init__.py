"""Convolutions and pooling."""

from coreframe_convolution.adaptive_avg_pool2d import AdaptiveAvgPool2d
from coreframe_convolution.avg_pool2d import AvgPool2d
from coreframe_convolution.conv1d import Conv1d
from coreframe_convolution.conv2d import Conv2d
from coreframe_convolution.conv_transpose2d import ConvTranspose2d
from coreframe_convolution.max_pool2d import MaxPool2d
from coreframe_convolution.nearest_upsampling import NearestUpsampling

__all__ = [
    "AdaptiveAvgPool2d",
    "AvgPool2d",
    "Conv1d",
    "Conv2d",
    "ConvTranspose2d",
    "MaxPool2d",
    "NearestUpsampling",
]
