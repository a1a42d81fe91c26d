"""Parameter and Buffer: what a layer learns, and what it keeps without learning."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from coreframe.errors import StateError
from coreframe.interfaces.initializer import Initializer
from coreframe.interfaces.replicas import Replicas, Selection, select_leading
from coreframe.interfaces.streams import RandomStreams

if TYPE_CHECKING:
    from coreframe.interfaces.storage import Storage

__all__ = ["Buffer", "Parameter"]


class Parameter:
    """A tensor that is learned, with its gradient.

    `value` and `grad` have shape `(*replicas, *shape)` and are views into the model's flat
    storage. A parameter has no name of its own: its name is its path in the model.

    Args:
        shape: shape for one model, without the replica axis.
        initializer: where the first values come from.
    """

    def __init__(self, shape: Sequence[int], initializer: Initializer) -> None:
        self.shape = tuple(map(operator.index, shape))  # numpy's integers, too, as Python's
        self.initializer = initializer
        self.storage: Storage | None = None
        self._value: Tensor | None = None
        self._grad: Tensor | None = None

    @property
    def value(self) -> Tensor:
        if self._value is None:
            self.materialize(RandomStreams.fresh())
        assert self._value is not None  # noqa: S101  # materialize has just set it
        return self._value

    @property
    def grad(self) -> Tensor:
        if self._grad is None:
            self.materialize(RandomStreams.fresh())
        assert self._grad is not None  # noqa: S101  # materialize has just set it
        return self._grad

    @property
    def is_bound(self) -> bool:
        """Whether it has values yet; a layer made by hand draws them when they are first read."""
        return self._value is not None

    def bind(self, value: Tensor, grad: Tensor, storage: Storage | None) -> None:
        """Live in these tensors from now on; the storage left behind is marked as released."""
        if self.storage is not None and self.storage is not storage:
            self.storage.released = True
        self.storage, self._value, self._grad = storage, value, grad

    def reset(self, random: RandomStreams) -> None:
        """Draw new values in place and set the gradient to zero."""
        self.value.copy_(self.initializer.draw(self.shape, random))
        self.grad.zero_()

    def materialize(self, random: RandomStreams) -> None:
        """Draw first values outside any storage, in torch's default dtype.

        A layer used on its own, by hand, does so with a seed from torch's global generator.
        """
        with torch.inference_mode(False):
            value = self.initializer.draw(self.shape, random).to(torch.get_default_dtype())
            self.bind(value, torch.zeros_like(value), None)

    def __repr__(self) -> str:
        return f"Parameter(shape={self.shape})"


class Buffer:
    """A tensor that is kept but not learned: running statistics, a fitted standardization.

    It is saved, moved and selected with the model, and it has no gradient.

    Args:
        shape: shape for one model, without the replica axis.
        fill: the value it starts from, and is reset to.
        dtype: its dtype; None follows the model's.
    """

    def __init__(
        self, shape: Sequence[int], fill: float = 0.0, dtype: torch.dtype | None = None
    ) -> None:
        self.shape = tuple(shape)
        self.fill = fill
        self.dtype = dtype
        self._value: Tensor | None = None

    @property
    def value(self) -> Tensor:
        if self._value is None:
            self.reset((), None, None)
        assert self._value is not None  # noqa: S101  # reset has just set it
        return self._value

    @value.setter
    def value(self, value: Tensor) -> None:
        own = self.value
        if value.shape != own.shape:
            raise StateError(f"a buffer of shape {tuple(own.shape)} got {tuple(value.shape)}")
        with torch.inference_mode(False):  # a copy: it outlives the pass that sets it
            self._value = value.to(own, copy=True)

    def reset(
        self, replicas: Replicas, dtype: torch.dtype | None, device: torch.device | None
    ) -> None:
        """Start again from `fill`, for these replicas."""
        with torch.inference_mode(False):
            dtype = self.dtype or dtype or torch.get_default_dtype()
            shape = (*replicas, *self.shape)
            self._value = torch.full(shape, self.fill, dtype=dtype, device=device)

    def to(self, dtype: torch.dtype | None, device: torch.device | None) -> None:
        """Move; a buffer with a dtype of its own keeps it."""
        with torch.inference_mode(False):
            self._value = self.value.to(dtype=self.dtype or dtype, device=device)

    def select(self, selection: Selection) -> None:
        """Keep the chosen replicas."""
        with torch.inference_mode(False):
            self._value = select_leading(self.value, selection)
