"""export_run: the model of a run as an ONNX file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from coreframe_onnx.model_export import TOLERANCE, export_model
from coreframe_onnx.trained_run import TrainedRun

__all__ = ["export_run"]


def export_run(
    folder: str | Path,
    path: str | Path,
    *,
    checkpoint: str | None = None,
    input_shape: Sequence[int] | None = None,
    tolerance: float = TOLERANCE,
) -> float:
    """Write the model of a run's folder to an ONNX file, verified on training samples.

    Where the data came from a file, the graph begins with what its inputs went through, and the
    metadata have `encoding` and, of classes, their names as `classes`, both as JSON.

    Args:
        folder: of the run.
        path: the file; what it was is replaced.
        checkpoint: "best", "last" or "previous"; the first of them that is there if left out.
        input_shape: of one sample, where the data are not at hand.
        tolerance: as of `export_model`.

    Returns:
        How far outputs are off at most, as a share of 1 + |y|.

    Raises:
        ArgumentError: for what is no folder of a run, data that are gone, or a file that cannot
            be written.
        CheckpointError: if there is no such checkpoint, or it is damaged.
        ExportError: if a layer cannot be exported, naming it, or outputs are further off.
    """
    run = TrainedRun.read(Path(folder))
    model = run.model(checkpoint)
    metadata = {"encoding": json.dumps(run.encoding)} if run.encoding else {}
    if "classes" in run.encoding:
        metadata["classes"] = json.dumps(run.encoding["classes"])
    return export_model(
        model,
        path,
        run.samples() if input_shape is None else input_shape,
        before=run.input_layer(),
        loss=run.loss(),
        metadata=metadata,
        tolerance=tolerance,
    )
