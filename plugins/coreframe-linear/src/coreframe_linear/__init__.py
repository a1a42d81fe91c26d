"""The fully connected layer."""

from coreframe_linear.linear import Linear

__all__ = ["Linear"]
