"""verify: whether a file computes what the model computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import coreframe as cf

__all__ = ["compute", "verify"]

ERRORS_ONLY = 3  # of what onnxruntime logs


def verify(
    path: Path,
    batches: Sequence[tuple[Tensor, ...]],
    wanted: Sequence[Mapping[str, Tensor]],
    tolerance: float,
) -> float:
    """Raise unless onnxruntime gives what is wanted for each batch.

    An output ŷ agrees with y if |ŷ − y| ≤ tolerance · (1 + |y|), number by number; NaN agrees with
    NaN.

    Returns:
        The largest |ŷ − y| / (1 + |y|).

    Raises:
        ExportError: naming the output and how far it is off.
    """
    session = _session(path)
    largest = 0.0
    for batch, outputs in zip(batches, wanted, strict=True):
        for name, found in compute(session, batch).items():
            y = outputs[name]
            if found.shape != y.shape:
                raise cf.ExportError(
                    f"onnxruntime gives the {name} {tuple(found.shape)}, and the model "
                    f"{tuple(y.shape)}"
                )
            off = _distance(found, y)
            if not off <= tolerance:
                raise cf.ExportError(
                    f"onnxruntime gives another {name} than the model: off by {off:.2g} of 1 + |y| "
                    f"in a batch of {len(y)}, and {tolerance:g} is allowed"
                )
            largest = max(largest, off)
    return largest


def compute(session: Any, batch: Sequence[Tensor]) -> dict[str, Tensor]:
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
    options.log_severity_level = ERRORS_ONLY
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
