"""CrossEntropy and NLL against the node cases that come with onnx.

Its classes are the second axis; here every row is a sample. Its mean divides by the sum of the
class weights, ours by the samples; what its `ignore_index` leaves out has weight zero here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import onnx
import pytest
import torch
from onnx import helper
from onnx.backend.test.case.node import negativeloglikelihoodloss as node_nll
from onnx.backend.test.case.node import softmax_cross_entropy_loss as node_cross_entropy
from torch import Tensor

from coreframe_losses import NLL, CrossEntropy

LOSSES: dict[str, type[NLL | CrossEntropy]] = {
    "NegativeLogLikelihoodLoss": NLL,
    "SoftmaxCrossEntropyLoss": CrossEntropy,
}


NOTHING = -100  # no class, so that every row is kept


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

    for module in (node_nll, node_cross_entropy):
        (made,) = (v for k, v in vars(module).items() if k in LOSSES)
        with patch.object(module, "expect", note):
            for name in dir(made):
                if name.startswith("export_"):
                    getattr(made, name)()
    return found


CASES = cases()


def test_there_are_all_of_them() -> None:
    assert len(CASES) == 52


@pytest.mark.parametrize("name", CASES)
def test_node_case(name: str) -> None:
    case = CASES[name]
    attributes = {a.name: helper.get_attribute_value(a) for a in case.node.attribute}
    output, target, *rest = (torch.tensor(tensor) for tensor in case.inputs)
    class_weights = rest[0].tolist() if rest else None
    pred, actual = output.movedim(1, -1).flatten(0, -2), target.flatten().long()
    kept = actual != attributes.get("ignore_index", NOTHING)
    actual = actual.where(kept, 0)
    loss = LOSSES[case.node.op_type](class_weights=class_weights)
    got: Tensor
    if attributes["reduction"] == b"none":  # a replica for each row
        loss.replicas = tuple(actual.shape)
        each = loss.compute_loss(pred.unsqueeze(1), actual.unsqueeze(1), kept.unsqueeze(1))
        got = each.reshape(target.shape)
    else:
        got = loss.compute_loss(pred, actual, kept) * kept.sum()
        if attributes["reduction"] == b"mean":
            got = got / (rest[0][actual] * kept).sum() if rest else got / kept.sum()
    torch.testing.assert_close(got, torch.tensor(case.outputs[0]), rtol=1e-5, atol=1e-6)
    if len(case.outputs) > 1:  # log-probabilities
        logs = loss.probabilities(pred).log()
        wanted = torch.tensor(case.outputs[1]).movedim(1, -1).flatten(0, -2)
        torch.testing.assert_close(logs, wanted, rtol=1e-5, atol=1e-6)
