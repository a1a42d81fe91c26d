"""Runs that are files: what `coreframe train` reads, does and leaves behind."""

from coreframe_runs.cross_validation import CrossValidation, cross_validate
from coreframe_runs.parts import Parts, build_parts
from coreframe_runs.plan import Plan, RunFileError, read_plan
from coreframe_runs.run_metrics import RunMetrics, read_metrics
from coreframe_runs.scores import Scores
from coreframe_runs.training import train_run

__all__ = [
    "CrossValidation",
    "Parts",
    "Plan",
    "RunFileError",
    "RunMetrics",
    "Scores",
    "build_parts",
    "cross_validate",
    "read_metrics",
    "read_plan",
    "train_run",
]
