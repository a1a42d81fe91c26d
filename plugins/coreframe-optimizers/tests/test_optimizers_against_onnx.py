"""Momentum, Adagrad and Adam against the node cases that come with onnx.

ONNX counts steps from 0, and takes the state before the step. Its Adam corrects no bias in the
step 0 of its cases, and ours always does; a correction of a step long after the first is none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import onnx
import pytest
import torch
from onnx import helper
from onnx.backend.test.case.node import adagrad as node_adagrad
from onnx.backend.test.case.node import adam as node_adam
from onnx.backend.test.case.node import momentum as node_momentum

from coreframe import Constant, Module, Optimizer, Parameter
from coreframe_optimizers import SGD, Adagrad, Adam

LONG_AFTER = 100_000


class Weights(Module):
    """Parameters as they are given."""

    def __init__(self, *shapes: tuple[int, ...]) -> None:
        self.weights = [Parameter(shape, Constant(0.0)) for shape in shapes]

    def forward(self, x: Any) -> Any:
        return x

    def backward(self, *gradwrtoutput: Any) -> Any:
        return gradwrtoutput[0]


def momentum(model: Module, lr: float, attributes: Mapping[str, Any], step: int) -> Optimizer:
    # Its beta is 1 − τ, and 1 in the first step.
    optimizer = SGD(
        model,
        lr,
        attributes["alpha"],
        weight_decay=attributes["norm_coefficient"],
        dampening=1 - attributes["beta"],
        nesterov=attributes["mode"] == b"nesterov",
    )
    optimizer.steps = step
    return optimizer


def adagrad(model: Module, lr: float, attributes: Mapping[str, Any], step: int) -> Optimizer:
    optimizer = Adagrad(
        model,
        lr,
        lr_decay=attributes["decay_factor"],
        eps=attributes["epsilon"],
        weight_decay=attributes["norm_coefficient"],
    )
    optimizer.steps = step
    return optimizer


def adam(model: Module, lr: float, attributes: Mapping[str, Any], step: int) -> Optimizer:
    optimizer = Adam(
        model,
        lr,
        beta1=attributes["alpha"],
        beta2=attributes["beta"],
        eps=attributes["epsilon"],
        weight_decay=attributes["norm_coefficient"],
    )
    assert step == 0
    optimizer.steps = LONG_AFTER
    return optimizer


MAKERS: dict[str, Callable[..., Optimizer]] = {
    "Momentum": momentum,
    "Adagrad": adagrad,
    "Adam": adam,
}


@dataclass(frozen=True)
class Case:
    """A node with its inputs and outputs."""

    node: onnx.NodeProto
    inputs: Sequence[Any]
    outputs: Sequence[Any]


def cases() -> dict[str, Case]:
    """Those of the package, by running what makes them; its own list depends on who asked first."""
    found: dict[str, Case] = {}

    def note(node: onnx.NodeProto, inputs: Any, outputs: Any, name: str, **_: Any) -> None:
        found[name] = Case(node, inputs, outputs)

    for module in (node_momentum, node_adagrad, node_adam):
        (made,) = (v for k, v in vars(module).items() if k in MAKERS)
        with patch.object(module, "expect", note):
            for name in dir(made):
                if name.startswith("export_"):
                    getattr(made, name)()
    return found


CASES = cases()


def test_there_are_all_of_them() -> None:
    assert len(CASES) == 7


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("population", [False, True])
def test_node_case(name: str, population: bool) -> None:
    case = CASES[name]
    node = case.node
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    given, wanted = ([torch.tensor(t) for t in tensors] for tensors in (case.inputs, case.outputs))
    lr, step, *tensors = given
    count = sum(1 for output in node.output if output.startswith("X"))
    rows = [tensors[index : index + count] for index in range(0, len(tensors), count)]
    model: Module = Weights(*[tuple(x.shape) for x in rows[0]])
    if population:
        model.initialize(seeds=[0, 1], dtype=torch.float32)
    else:
        model.initialize(seed=0, dtype=torch.float32)
    for parameter, x, g in zip(model.param(), rows[0], rows[1], strict=True):
        parameter.value.copy_(x)
        parameter.grad.copy_(g)
    optimizer = MAKERS[node.op_type](model, float(lr), attributes, int(step))
    state = {name: value for name, value in optimizer.state().items() if name != "steps"}
    for value, x in zip(state.values(), [t for row in rows[2:] for t in row], strict=True):
        value.copy_(x)
    optimizer.load_state(state | {"steps": optimizer.state()["steps"]})
    optimizer.step()
    after = [value for name, value in optimizer.state().items() if name != "steps"]
    for value, x in zip([*model.state().values(), *after], wanted, strict=True):
        for one in value if population else [value]:
            torch.testing.assert_close(one, x, rtol=1e-5, atol=1e-6)
