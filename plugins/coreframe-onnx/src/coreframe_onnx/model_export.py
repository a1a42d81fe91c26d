"""export_model: a model as an ONNX file."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import coreframe as cf
from coreframe_onnx.onnx_graph import OnnxGraph
from coreframe_onnx.verification import verify
from coreframe_onnx.verification_inputs import Input, draw_batches, numbers_for

__all__ = ["export_model"]

TOLERANCE = 1e-5


def export_model(
    model: cf.Module,
    path: str | Path,
    *inputs: Input,
    before: cf.Module | None = None,
    loss: cf.Loss | None = None,
    metadata: Mapping[str, str] | None = None,
    tolerance: float = TOLERANCE,
) -> float:
    """Write a lone model, as it is in evaluation, to an ONNX file; what the file was is replaced.

        export_model(model, "model.onnx", (64,))

    The file computes in float32. Its input is `input`, or `input_0` and so on of several, and takes
    batches of any size; its output is `output`, or likewise. It gets its name only once it is
    verified: onnxruntime must give what the model gives, for a batch of one and another.

    Args:
        model: the model; it stays as it is.
        path: the file.
        inputs: what one sample of each input is like, in short its shape; or samples to verify
            on, (n, *features).
        before: a layer that makes the model's input of what the graph takes.
        loss: one that reads outputs as probabilities adds the output `probabilities`.
        metadata: texts that travel with the file; `model` is the model's spec.
        tolerance: how far outputs may be off, as a share of 1 + |y|, number by number.

    Returns:
        How far they are off at most.

    Raises:
        ExportError: if a layer cannot be exported, naming it, or outputs are further off.
        ArgumentError: for a population, or a file that cannot be written.
        ShapeError: if the model takes no such input.
    """
    if model.replicas:
        raise cf.ArgumentError(
            f"a graph holds one model, and here are {model.replicas[0]}: choose one with "
            "model.select(index)"
        )
    exported = _still(model)
    first = None if before is None else _still(before)
    with torch.inference_mode():
        batches = draw_batches(inputs)
        if first is not None:
            batches = [(numbers_for(first, *batch),) for batch in batches]
        wanted = [_outputs(exported, first, loss, batch) for batch in batches]
        reader = loss if "probabilities" in wanted[0] else None
        graph, outputs = _graph(exported, first, reader, batches[0])
        proto = graph.finish(outputs, {"model": repr(model), **(metadata or {})})
    try:
        with cf.replacing(Path(path)) as temporary:
            temporary.write_bytes(proto.SerializeToString())
            return verify(temporary, batches, wanted, tolerance)
    except OSError as error:
        raise cf.ArgumentError(f"{path} cannot be written: {error}") from error


def _still(model: cf.Module) -> cf.Module:
    """A copy in evaluation, in float32."""
    return copy.deepcopy(model).eval().to("cpu", dtype=torch.float32)


def _outputs(
    model: cf.Module, before: cf.Module | None, loss: cf.Loss | None, batch: tuple[Tensor, ...]
) -> dict[str, Tensor]:
    if before is not None:
        batch = (before.forward(*batch),)
    y = model.forward(*batch)
    outputs = _named("output", y)
    if loss is not None and isinstance(y, Tensor):
        try:
            outputs["probabilities"] = loss.probabilities(y)
        except cf.ArgumentError:  # a loss that does not read outputs so
            return outputs
    return outputs


def _graph(
    model: cf.Module, before: cf.Module | None, loss: cf.Loss | None, batch: tuple[Tensor, ...]
) -> tuple[OnnxGraph, dict[str, str]]:
    """The graph, and which of its values are given out by which names."""
    graph = OnnxGraph({**dict(model.named_parameters()), **dict(model.named_buffers())})
    for module in (model, before):
        if module is not None:
            _watch(module, graph)
    given = _named("input", batch[0] if len(batch) == 1 else batch)
    values = tuple(graph.input(name, x.dtype, x.shape[1:]) for name, x in given.items())
    if before is not None:
        values = (before.export(graph, *values),)
    y = model.export(graph, *values)
    outputs = _named("output", y)
    if loss is not None:
        outputs["probabilities"] = loss.export_probabilities(graph, y)
    return graph, outputs


def _watch(model: cf.Module, graph: OnnxGraph) -> None:
    """Let the graph know which layer of this copy writes what."""
    for _, layer in model.named_modules():
        vars(layer)["export"] = _inside(graph, layer)


def _inside(graph: OnnxGraph, layer: cf.Module) -> Any:
    own = layer.export

    def export(into: cf.Graph, *inputs: Any) -> Any:
        with graph.inside(layer):
            return own(into, *inputs)

    return export


def _named(name: str, values: Any) -> dict[str, Any]:
    if not isinstance(values, tuple):
        return {name: values}
    return {f"{name}_{index}": value for index, value in enumerate(values)}
