"""Learning-rate schedules."""

from coreframe_schedules.cosine import Cosine
from coreframe_schedules.exponential import Exponential
from coreframe_schedules.multi_step import MultiStep
from coreframe_schedules.one_cycle import OneCycle
from coreframe_schedules.polynomial import Polynomial
from coreframe_schedules.reduce_on_plateau import ReduceOnPlateau
from coreframe_schedules.step import Step

__all__ = [
    "Cosine",
    "Exponential",
    "MultiStep",
    "OneCycle",
    "Polynomial",
    "ReduceOnPlateau",
    "Step",
]
