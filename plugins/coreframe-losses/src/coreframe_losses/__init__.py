"""Loss functions."""

from coreframe_losses.mse import MSE

__all__ = ["MSE"]
