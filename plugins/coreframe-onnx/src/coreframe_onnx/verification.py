"""verify: whether a file computes what the model computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import coreframe as cf

__all__ = ["Trial", "verify"]

OTHERWISE = 4  # times: another order of the same sums rounds otherwise
MOST = 100  # tolerances
FATAL_ONLY = 4  # of what onnxruntime logs, since errors are raised as well


@dataclass(frozen=True)
class Trial:
    """A batch, and what the model makes of it.

    Attributes:
        batch: the inputs.
        single: the outputs by name, as the model computes them in float32.
        double: the same in double precision.
    """

    batch: tuple[Tensor, ...]
    single: Mapping[str, Tensor]
    double: Mapping[str, Tensor]


def verify(path: Path, trials: Sequence[Trial], tolerance: float) -> float:
    """Raise unless onnxruntime gives what the model gives.

    An output ŷ is off from y by |ŷ − y| / (1 + |y|), at most of all its numbers; NaN agrees with
    NaN. It may be off by the tolerance, or by as much as four times what the model in float32 is
    off from itself in double precision, as sums of many large numbers are, but never by more than
    a hundred times the tolerance.

    Returns:
        How far outputs are off at most.

    Raises:
        ExportError: naming the output and how far it is off.
    """
    session = _session(path)
    largest = 0.0
    for trial in trials:
        for name, found in _computed(session, trial.batch).items():
            y = trial.single[name]
            if found.shape != y.shape:
                raise cf.ExportError(
                    f"onnxruntime gives the {name} {tuple(found.shape)}, and the model "
                    f"{tuple(y.shape)}"
                )
            off, rounding = _distance(found, y), _distance(trial.double[name], y)
            allowed = max(tolerance, min(OTHERWISE * rounding, MOST * tolerance))
            if not off <= allowed:
                raise cf.ExportError(
                    f"onnxruntime gives another {name} than the model: off by {off:.2g} of 1 + |y| "
                    f"in a batch of {len(y)}, and {allowed:.2g} is allowed"
                )
            largest = max(largest, off)
    return largest


def _computed(session: Any, batch: Sequence[Tensor]) -> dict[str, Tensor]:
    """The outputs of an onnxruntime session, by name."""
    names = [given.name for given in session.get_inputs()]
    feed = {name: x.numpy() for name, x in zip(names, batch, strict=True)}
    try:
        arrays = session.run(None, feed)
    except Exception as error:  # its errors have no base of their own
        raise cf.ExportError(f"onnxruntime cannot compute the graph: {error}") from error
    outputs = [given.name for given in session.get_outputs()]
    return {name: torch.from_numpy(a) for name, a in zip(outputs, arrays, strict=True)}


def _session(path: Path) -> Any:
    import onnxruntime  # noqa: PLC0415  # takes a while, and only this needs it

    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL_ONLY
    options.intra_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # likewise
        raise cf.ExportError(f"onnxruntime cannot load the graph: {error}") from error


def _distance(found: Tensor, y: Tensor) -> float:
    """The largest |ŷ − y| / (1 + |y|); infinite where one is NaN alone."""
    found, y = found.double(), y.double()
    off = (found - y).abs() / (1 + y.abs())
    off = torch.where((found == y) | (found.isnan() & y.isnan()), 0.0, off)
    return float(off.nan_to_num(nan=torch.inf).max()) if off.numel() else 0.0
