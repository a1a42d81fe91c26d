"""TensorSplit: samples that lie in memory as two tensors."""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe.errors import ArgumentError, ShapeError
from coreframe.interfaces.replicas import (
    Replicas,
    Selection,
    resolve_selection,
    select_leading,
)
from coreframe.interfaces.split import Split, expect_indices

__all__ = ["TensorSplit"]

EIGHT_BYTES = 8


class TensorSplit(Split):
    """A split that lies in memory as two tensors; of none, if they have no samples.

    Args:
        input: `(samples, *features)` if shared, `(R, samples, *features)` with `replicas=(R,)`.
        target: likewise, on the same device.
        replicas: the leading axes that are replicas, `()` or `(R,)`.

    Raises:
        ArgumentError: for what is no torch tensor (`torch.from_numpy` makes one of an array).
        ShapeError: for tensors of other replicas, or of different numbers of samples.
    """

    def __init__(self, input: Tensor, target: Tensor, replicas: Replicas = ()) -> None:  # noqa: A002  # the report's name
        _expect_types(input, target, replicas)
        axes = len(replicas) + 1
        for tensor in (input, target):
            if tensor.dim() < axes or tuple(tensor.shape[: axes - 1]) != replicas:
                raise ShapeError(
                    f"a split for replicas {replicas} needs tensors (*replicas, samples, …), "
                    f"got {tuple(tensor.shape)}"
                )
        if input.shape[axes - 1] != target.shape[axes - 1]:
            raise ShapeError(f"{input.shape[axes - 1]} inputs for {target.shape[axes - 1]} targets")
        self.input, self.target, self.replicas = input, target, replicas

    def __len__(self) -> int:
        return self.input.shape[len(self.replicas)]

    def take(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        try:
            return self._take(indices)
        except (AttributeError, IndexError, RuntimeError, TypeError):
            expect_indices(indices, len(self))  # in plainer words, if they are the reason
            raise

    def _take(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        indices = indices.to(self.input.device)
        if self.replicas:
            if tuple(indices.shape[:1]) != self.replicas or indices.dim() != 2:
                raise ShapeError(
                    f"samples of replicas {self.replicas} cannot be taken by indices of shape "
                    f"{tuple(indices.shape)}; they must be (*replicas, batch)"
                )
            # One past the end of a replica would be the first sample of the next.
            expect_indices(indices, len(self))
            first = torch.arange(0, self.replicas[0] * len(self), len(self), device=indices.device)
            indices = indices + first.unsqueeze(1)
        return self._rows(self.input, indices), self._rows(self.target, indices)

    def select(self, replicas: Selection) -> TensorSplit:
        if not self.replicas:
            return self
        chosen = resolve_selection(replicas, self.replicas)
        left: Replicas = () if isinstance(chosen, int) else (len(chosen),)
        return TensorSplit(
            select_leading(self.input, chosen), select_leading(self.target, chosen), left
        )

    def _rows(self, tensor: Tensor, indices: Tensor) -> Tensor:
        # index_select on whole rows is twice as fast as indexing with a tensor of two axes.
        rows = tensor.flatten(0, 1) if self.replicas else tensor
        if _is_eight_bytes_a_row(rows):  # taken as one number, in a fifth of the time
            taken = rows.view(torch.int64).flatten().index_select(0, indices.flatten())
            taken = taken.view(rows.dtype)
        else:
            taken = rows.index_select(0, indices.flatten())
        return taken.view(*indices.shape, *rows.shape[1:])


def _is_eight_bytes_a_row(rows: Tensor) -> bool:
    return (
        rows.dim() == 2
        and rows.shape[1] * rows.element_size() == EIGHT_BYTES
        and rows.stride() == (rows.shape[1], 1)
        and rows.storage_offset() % rows.shape[1] == 0  # both as `view` asks for
        and not (rows.is_conj() or rows.is_neg())
        and torch.is_inference_mode_enabled()  # elsewhere somebody may want derivatives
    )


def _expect_types(inputs: object, targets: object, replicas: object) -> None:
    devices = []
    for name, value in (("input", inputs), ("target", targets)):
        if not isinstance(value, Tensor):
            raise ArgumentError(
                f"the {name} of a split must be a torch tensor (torch.from_numpy makes one of an "
                f"array), got {type(value).__name__}"
            )
        devices.append(value.device)
    if devices[0] != devices[1]:
        raise ArgumentError(f"the input is on {devices[0]}, the target on {devices[1]}")
    if not isinstance(replicas, tuple) or len(replicas) > 1 or not all(map(_is_count, replicas)):
        raise ArgumentError(f"the replicas of a split must be () or (R,), got {replicas!r}")


def _is_count(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number > 0
