"""Optimizers."""

from coreframe_optimizers.sgd import SGD

__all__ = ["SGD"]
