"""check_export: whether a component's export computes what the component does.

In the tests of a plugin:

    from coreframe_onnx.testing import check_export

    def test_it_is_exported():
        check_export("Swish")
"""

from __future__ import annotations

import copy
import tempfile
from pathlib import Path

import torch
from torch import Generator

import coreframe as cf
from coreframe_onnx.model_export import TOLERANCE, export_model

__all__ = ["check_export"]

SEED = 0


def check_export(component: str | type[cf.Module], *, tolerance: float = TOLERANCE) -> None:
    """Export each of a module's examples, and compare with onnxruntime.

    Every value of the examples is moved off where it starts, as a bias that starts at zero could
    be forgotten unnoticed.

    Args:
        component: its name, or the class.
        tolerance: how far outputs may be off, as a share of 1 + |y|, number by number; an example
            is small, so that float32's own rounding excuses nothing.

    Raises:
        ExportError: if it does not say its export, or an example's computes something else, naming
            it.
        CheckFailed: if it has no examples.
    """
    cls = _load(component) if isinstance(component, str) else component
    examples = cls.examples()
    if not examples:
        raise cf.CheckFailed(f"{cls.__qualname__} has no examples to export")
    with tempfile.TemporaryDirectory() as folder:
        for example in examples:
            model = _moved(example.component)
            file = Path(folder) / "model.onnx"
            try:
                off = export_model(model, file, *example.inputs, tolerance=tolerance)
            except cf.ExportError as error:
                raise cf.ExportError(f"{example!r}: {error}") from error
            if off > tolerance:  # which a whole model may be by float32's own rounding
                raise cf.ExportError(
                    f"{example!r}: off by {off:.2g} of 1 + |y|, and {tolerance:.2g} is allowed"
                )


def _load(name: str) -> type[cf.Module]:
    distribution, _, bare = name.rpartition(".")
    registry = cf.get_registry()
    record = registry.find(bare, kind="module", distribution=distribution or None)
    cls: type[cf.Module] = registry.load(record)
    return cls


def _moved(model: object) -> cf.Module:
    """A copy whose parameters and buffers are all away from where they start."""
    if not isinstance(model, cf.Module):
        raise cf.ArgumentError(f"only modules are exported, got {model!r}")
    moved = copy.deepcopy(model)
    if not all(parameter.is_bound for parameter in moved.param()):
        moved.initialize(seed=SEED)
    generator = Generator().manual_seed(SEED)
    for parameter in moved.param():
        value = parameter.value
        value.add_(0.5 * torch.randn(value.shape, generator=generator))
    for _, buffer in moved.named_buffers():
        value = buffer.value
        if value.is_floating_point():  # what is positive, as a variance, stays it
            buffer.value = value * 1.5 + torch.rand(value.shape, generator=generator)
    return moved
