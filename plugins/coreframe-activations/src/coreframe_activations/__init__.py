"""Activation functions."""

from coreframe_activations.relu import ReLU
from coreframe_activations.sigmoid import Sigmoid
from coreframe_activations.tanh import Tanh

__all__ = ["ReLU", "Sigmoid", "Tanh"]
