"""Layers that regularize by noise."""

from coreframe_regularization.dropout import Dropout
from coreframe_regularization.gaussian_noise import GaussianNoise

__all__ = ["Dropout", "GaussianNoise"]
