"""Sweeps: settings of a run searched by populations, what `coreframe sweep` does."""

from coreframe_search.population_based_training import Exploit, PopulationBasedTraining
from coreframe_search.results import SweepResults, TrialResult
from coreframe_search.sweep import sweep
from coreframe_search.sweep_plan import SweepPlan, read_sweep

__all__ = [
    "Exploit",
    "PopulationBasedTraining",
    "SweepPlan",
    "SweepResults",
    "TrialResult",
    "read_sweep",
    "sweep",
]
