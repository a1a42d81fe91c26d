"""Whether data fits a model: its replicas, its device and its dtype."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from coreframe.errors import ShapeError
from coreframe.interfaces.module import Module
from coreframe.interfaces.split import Split

__all__ = ["expect_fitting", "placing"]


def expect_fitting(model: Module, split: Split) -> None:
    """Raise unless the split has samples, for each of this many replicas."""
    if split.replicas not in ((), model.replicas):
        raise ShapeError(
            f"the data is for replicas {split.replicas}, the model has replicas {model.replicas}"
        )
    if not len(split):
        raise ShapeError("the split has no samples")
    for replica, length in enumerate(split.lengths or ()):
        if not length:
            raise ShapeError(f"the split has no samples for replica {replica}")


def placing(model: Module) -> Callable[[Tensor], Tensor]:
    """A function that moves tensors to a model's device, and real numbers to its dtype."""
    _, first = next(model.named_parameters(), ("", None))
    if first is None:
        return lambda tensor: tensor
    dtype, device = first.value.dtype, first.value.device

    def place(tensor: Tensor) -> Tensor:
        return tensor.to(device, dtype if tensor.is_floating_point() else tensor.dtype)

    return place
