"""Fully connected layers."""

from coreframe_linear.linear import Linear
from coreframe_linear.padded_linear import PaddedLinear

__all__ = ["Linear", "PaddedLinear"]
