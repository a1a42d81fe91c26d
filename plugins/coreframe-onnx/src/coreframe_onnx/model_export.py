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
from coreframe_onnx.verification import Trial, verify
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
        tolerance: how far outputs may be off, as a share of 1 + |y|, number by number; more where
            float32 itself is off as much, as `verify` says.

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
    single, double = _Whole(model, before, loss), _Whole(model, before, loss, torch.float64)
    with torch.inference_mode():
        batches = draw_batches(inputs)
        if single.before is not None:
            batches = [(numbers_for(single.before, *batch),) for batch in batches]
        trials = [Trial(batch, single.outputs(batch), double.outputs(batch)) for batch in batches]
        graph, outputs = _graph(single, trials[0])
        proto = graph.finish(outputs, {"model": repr(model), **(metadata or {})})
    try:
        with cf.replacing(Path(path)) as temporary:
            temporary.write_bytes(proto.SerializeToString())
            return verify(temporary, trials, tolerance)
    except OSError as error:
        raise cf.ArgumentError(f"{path} cannot be written: {error}") from error


class _Whole:
    """A model as it is exported, in evaluation: a copy, what comes before it, and its loss."""

    def __init__(
        self,
        model: cf.Module,
        before: cf.Module | None,
        loss: cf.Loss | None,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.model = copy.deepcopy(model).eval().to("cpu", dtype=dtype)
        self.before = None
        if before is not None:
            self.before = copy.deepcopy(before).eval().to("cpu", dtype=dtype)
        self.loss, self.dtype = loss, dtype

    def outputs(self, batch: tuple[Tensor, ...]) -> dict[str, Tensor]:
        """What it gives, by name."""
        batch = tuple(x.to(self.dtype) if x.is_floating_point() else x for x in batch)
        if self.before is not None:
            batch = (self.before.forward(*batch),)
        y = self.model.forward(*batch)
        outputs = _named("output", y)
        if self.loss is not None and isinstance(y, Tensor):
            try:
                outputs["probabilities"] = self.loss.probabilities(y)
            except cf.ArgumentError:  # a loss that does not read outputs so
                return outputs
        return outputs


def _graph(whole: _Whole, trial: Trial) -> tuple[OnnxGraph, dict[str, str]]:
    """The graph, and which of its values are given out by which names."""
    model, before = whole.model, whole.before
    names = _held_by(model)
    if before is not None:  # whose paths are not to be taken for those of the model
        for path, layer in before.named_modules():
            layer.path = f"before.{path}" if path else "before"
        names |= {f"before.{path}": held for path, held in _held_by(before).items()}
    graph = OnnxGraph(names)
    for module in (model, before):
        if module is not None:
            _watch(module, graph)
    batch = trial.batch
    given = _named("input", batch[0] if len(batch) == 1 else batch)
    values = tuple(graph.input(name, x.dtype, x.shape[1:]) for name, x in given.items())
    if before is not None:
        values = (before.export(graph, *values),)
    y = model.export(graph, *values)
    outputs = _named("output", y)
    if whole.loss is not None and "probabilities" in trial.single:
        outputs["probabilities"] = whole.loss.export_probabilities(graph, y)
    return graph, outputs


def _held_by(module: cf.Module) -> dict[str, cf.Parameter | cf.Buffer]:
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


def _watch(model: cf.Module, graph: OnnxGraph) -> None:
    """Let the graph know which layer of this copy writes what."""
    for _, layer in model.named_modules():
        vars(layer)["export"] = _inside(graph, layer)


def _inside(graph: OnnxGraph, layer: cf.Module) -> Any:
    own = layer.export

    def export(into: cf.Graph, *inputs: Any) -> Any:
        with graph.inside(layer):
            y = own(into, *inputs)
        if not all(isinstance(value, str) for value in (y if isinstance(y, tuple) else (y,))):
            raise cf.ExportError(f"{layer.described}: its export gives {y!r}, no value of a graph")
        return y

    return export


def _named(name: str, values: Any) -> dict[str, Any]:
    if not isinstance(values, tuple):
        return {name: values}
    return {f"{name}_{index}": value for index, value in enumerate(values)}
