"""What a component does that does not say its export."""

from __future__ import annotations

import pytest
from coreframe_toys import Points, Square, SumOfSquares

import coreframe as cf

coreframe_onnx = pytest.importorskip("coreframe_onnx")


def test_a_layer_says_where_it_is_and_what_its_author_adds() -> None:
    model = cf.Sequential(cf.Sequential(Square()))
    graph = coreframe_onnx.OnnxGraph()
    says = (
        r"^Square\(\) at 0\.0 does not say its export: add a method `export\(self, graph, x\)` to "
    )
    with pytest.raises(cf.ExportError, match=says):
        model.export(graph, "x")


def test_a_loss_says_what_its_author_adds() -> None:
    says = r"^SumOfSquares\(\) does not say its export: add a method `export_probabilities\("
    with pytest.raises(cf.ExportError, match=says):
        SumOfSquares().export_probabilities(coreframe_onnx.OnnxGraph(), "y")


def test_a_dataset_takes_numbers_as_they_are() -> None:
    assert Points.input_layer({"columns": ["a"]}) is None


def test_an_export_error_is_a_value_error_of_coreframe() -> None:
    assert issubclass(cf.ExportError, cf.CoreframeError)
    assert issubclass(cf.ExportError, ValueError)
