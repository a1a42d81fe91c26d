"""Optimizers."""

from coreframe_optimizers.adagrad import Adagrad
from coreframe_optimizers.adam import Adam
from coreframe_optimizers.adamw import AdamW
from coreframe_optimizers.lion import Lion
from coreframe_optimizers.nadam import NAdam
from coreframe_optimizers.rmsprop import RMSprop
from coreframe_optimizers.sgd import SGD

__all__ = ["SGD", "Adagrad", "Adam", "AdamW", "Lion", "NAdam", "RMSprop"]
