"""Trained models as ONNX files, verified in onnxruntime."""

from coreframe_onnx.model_export import export_model
from coreframe_onnx.onnx_graph import OPSET, OnnxGraph
from coreframe_onnx.run_export import export_run

__all__ = ["OPSET", "OnnxGraph", "export_model", "export_run"]
