"""OnnxGraph: the graph that models write themselves into, by the onnx library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import onnx
import torch
from onnx import TensorProto, defs, helper, numpy_helper, shape_inference
from torch import Tensor

import coreframe as cf

__all__ = ["OPSET", "OnnxGraph"]

OPSET = 21
IR_VERSION = 10  # what came with this opset; an older runtime refuses a newer one

ELEMENTS = {
    torch.bool: TensorProto.BOOL,
    torch.int32: TensorProto.INT32,
    torch.int64: TensorProto.INT64,
}
REAL = TensorProto.FLOAT


class OnnxGraph(cf.Graph):
    """A graph of ONNX operators; each is checked as it is added.

    Args:
        names: of parameters and buffers, by their path.
    """

    def __init__(self, names: Mapping[str, cf.Parameter | cf.Buffer] | None = None) -> None:
        self._names = {id(held): path for path, held in (names or {}).items()}
        self._types: dict[str, onnx.TypeProto] = {}
        self._inputs: list[str] = []
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, TensorProto] = {}
        self._layer: cf.Module | None = None

    def input(self, name: str, dtype: torch.dtype, features: Sequence[int]) -> str:
        """An input of the whole graph, (batch, *features), the batch of any size."""
        self._types[name] = helper.make_tensor_type_proto(_element(dtype), ["batch", *features])
        self._inputs.append(name)
        return name

    @contextmanager
    def inside(self, layer: cf.Module) -> Iterator[None]:
        """What is added here belongs to this layer: nodes and messages name it."""
        outer, self._layer = self._layer, layer
        try:
            yield
        finally:
            self._layer = outer

    def add_several(
        self, outputs: int, operator: str, *inputs: str, **attributes: Any
    ) -> tuple[str, ...]:
        for value in inputs:
            if value and value not in self._types:
                raise self._fault(operator, inputs, f"{value!r} is no value of this graph")
        try:
            schema = defs.get_schema(operator, OPSET, "")
        except defs.SchemaError:
            raise self._fault(
                operator, inputs, f"there is no such operator in opset {OPSET}"
            ) from None
        path = f"{self._layer.path}/" if self._layer is not None and self._layer.path else ""
        name = self._free(f"{path}{operator}_{len(self._nodes)}")
        names = [name, *(self._free(f"{name}.{index}") for index in range(1, outputs))]
        plain = {key: _plain(value) for key, value in attributes.items()}
        try:
            node = helper.make_node(operator, list(inputs), names, name=name, **plain)
            types = self._infer(schema, node)
        except (
            onnx.checker.ValidationError,
            shape_inference.InferenceError,
            TypeError,
            ValueError,
        ) as error:
            raise self._fault(operator, inputs, str(error)) from None
        self._types.update(types)
        self._nodes.append(node)
        return tuple(names)

    def constant(self, value: Tensor | cf.Parameter | cf.Buffer | float | Sequence[float]) -> str:
        name = ""
        if isinstance(value, cf.Parameter | cf.Buffer):
            name = self._names.get(id(value), "")
            if name in self._constants:
                return name
            value = value.value
        tensor = value if isinstance(value, Tensor) else torch.tensor(value, dtype=torch.float32)
        tensor = tensor.to("cpu", _held_as(tensor.dtype)).contiguous()
        name = self._free(name or f"constant_{len(self._constants)}")
        self._constants[name] = numpy_helper.from_array(tensor.numpy(), name)
        self._types[name] = helper.make_tensor_type_proto(_element(tensor.dtype), tensor.shape)
        return name

    def features(self, value: str) -> tuple[int, ...]:
        if value not in self._types:
            raise cf.ExportError(f"{self._who}{value!r} is no value of this graph")
        sizes = self._types[value].tensor_type.shape.dim[1:]
        if not self._types[value].tensor_type.HasField("shape") or not all(
            size.HasField("dim_value") for size in sizes
        ):
            raise cf.ExportError(
                f"{self._who}the shape of {self._described(value)} is not known before it is "
                "computed"
            )
        return tuple(size.dim_value for size in sizes)

    def finish(self, outputs: Mapping[str, str], metadata: Mapping[str, str]) -> onnx.ModelProto:
        """The whole model, checked by the onnx library.

        Args:
            outputs: values of the graph, by the names that they are to be given out by.
            metadata: texts that travel with it.

        Raises:
            ExportError: if it is no model of the standard.
        """
        given = {self._free(name): value for name, value in outputs.items()}
        nodes = [
            *self._nodes,
            *(helper.make_node("Identity", [v], [name], name=name) for name, v in given.items()),
        ]
        self._types.update({name: self._types[value] for name, value in given.items()})
        graph = helper.make_graph(
            nodes,
            "coreframe",
            [helper.make_value_info(name, self._types[name]) for name in self._inputs],
            [helper.make_value_info(name, self._types[name]) for name in given],
            initializer=list(self._constants.values()),
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="coreframe",
            producer_version=cf.__version__,
        )
        helper.set_model_props(model, dict(metadata))
        try:
            onnx.checker.check_model(model, full_check=True)
        except (onnx.checker.ValidationError, shape_inference.InferenceError, ValueError) as error:
            raise cf.ExportError(f"the graph is no ONNX model: {error}") from error
        return model

    def _infer(self, schema: Any, node: onnx.NodeProto) -> dict[str, onnx.TypeProto]:
        """Types and shapes of the node's outputs; raises for inputs that it does not take."""
        return shape_inference.infer_node_outputs(
            schema,
            node,
            {name: self._types[name] for name in node.input if name},
            {name: self._constants[name] for name in node.input if name in self._constants},
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )

    def _free(self, name: str) -> str:
        """This name, or with a number behind it if a value has it."""
        free, number = name, 2
        while free in self._types:
            free, number = f"{name}_{number}", number + 1
        return free

    def _fault(self, operator: str, inputs: Sequence[str], reason: str) -> cf.ExportError:
        given = ", ".join(self._described(value) for value in inputs)
        return cf.ExportError(f"{self._who}{operator}({given}): {reason}")

    @property
    def _who(self) -> str:
        return "" if self._layer is None else f"{self._layer.described}: "

    def _described(self, value: str) -> str:
        if value not in self._types:
            return repr(value)
        of = self._types[value].tensor_type
        sizes = [size.dim_param or str(size.dim_value) for size in of.shape.dim]
        return f"{TensorProto.DataType.Name(of.elem_type).lower()} ({', '.join(sizes)})"


def _held_as(dtype: torch.dtype) -> torch.dtype:
    if dtype.is_floating_point:
        return torch.float32
    return torch.bool if dtype is torch.bool else torch.int64


def _element(dtype: torch.dtype) -> int:
    """The number by which the standard calls an element type."""
    if dtype.is_floating_point:
        return REAL
    if dtype not in ELEMENTS:
        raise cf.ExportError(f"the graph has no numbers of {dtype}")
    return ELEMENTS[dtype]


def _plain(attribute: object) -> Any:
    """An attribute as onnx takes it."""
    if isinstance(attribute, torch.dtype):
        return _element(attribute)
    return list(attribute) if isinstance(attribute, tuple) else attribute
