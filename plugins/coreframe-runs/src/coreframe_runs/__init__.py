"""Runs that are files: what `coreframe train` reads, does and leaves behind."""

from coreframe_runs.cross_validation import CrossValidation, cross_validate
from coreframe_runs.first_layer import fit_first_layer
from coreframe_runs.parts import Parts, assemble_layers, build_parts, create_part
from coreframe_runs.plan import (
    Plan,
    RunFileError,
    nearest,
    parse_plan,
    read_plan,
    read_settings,
    read_table,
)
from coreframe_runs.run_folder import read_versions
from coreframe_runs.run_metrics import RunMetrics, read_metrics
from coreframe_runs.scores import Scores
from coreframe_runs.settings import Settings
from coreframe_runs.training import train_run
from coreframe_runs.watchers import Interrupts

__all__ = [
    "CrossValidation",
    "Interrupts",
    "Parts",
    "Plan",
    "RunFileError",
    "RunMetrics",
    "Scores",
    "Settings",
    "assemble_layers",
    "build_parts",
    "create_part",
    "cross_validate",
    "fit_first_layer",
    "nearest",
    "parse_plan",
    "read_metrics",
    "read_plan",
    "read_settings",
    "read_table",
    "read_versions",
    "train_run",
]
