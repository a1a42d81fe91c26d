"""Containers: networks beyond a chain."""

from coreframe_composition.concatenate import Concatenate
from coreframe_composition.flatten import Flatten
from coreframe_composition.identity import Identity
from coreframe_composition.parallel import Parallel
from coreframe_composition.repeat import Repeat
from coreframe_composition.reshape import Reshape
from coreframe_composition.residual import Residual
from coreframe_composition.scale import Scale
from coreframe_composition.sum import Sum

__all__ = [
    "Concatenate",
    "Flatten",
    "Identity",
    "Parallel",
    "Repeat",
    "Reshape",
    "Residual",
    "Scale",
    "Sum",
]
