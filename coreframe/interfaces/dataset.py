"""Dataset and its splits: where samples come from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import torch
from torch import Tensor

from coreframe.errors import ArgumentError, ShapeError
from coreframe.interfaces.component import Component
from coreframe.interfaces.replicas import (
    Replicas,
    Selection,
    resolve_selection,
    select_leading,
)

__all__ = ["Dataset", "Split", "TensorSplit"]


class Split(ABC):
    """Samples that can be taken by index: the train, test or validation part of a dataset."""

    replicas: Replicas = ()
    """`()` if all replicas share the samples, `(R,)` if each has its own."""

    @property
    def lengths(self) -> tuple[int, ...] | None:
        """How many samples each replica has, where that differs; `len` is then the largest."""
        return None

    @abstractmethod
    def __len__(self) -> int:
        """How many samples there are."""

    @abstractmethod
    def take(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs and targets, `(*indices.shape, *features)`, of `indices` `(*replicas, batch)`.

        A shared split takes the indices of a lone model or of any population.
        """

    @abstractmethod
    def select(self, replicas: Selection) -> Split:
        """The split of the chosen replicas; a shared split is its own."""


class TensorSplit(Split):
    """A split that lies in memory as two tensors.

    Args:
        input: `(samples, *features)` if shared, `(R, samples, *features)` with `replicas=(R,)`.
        target: likewise.
        replicas: the leading axes that are replicas.
    """

    def __init__(self, input: Tensor, target: Tensor, replicas: Replicas = ()) -> None:  # noqa: A002  # the report's name
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
        indices = indices.to(self.input.device)
        if self.replicas:
            if tuple(indices.shape[:1]) != self.replicas or indices.dim() != 2:
                raise ShapeError(
                    f"samples of replicas {self.replicas} cannot be taken by indices of shape "
                    f"{tuple(indices.shape)}; they must be (*replicas, batch)"
                )
            if indices.numel() and not 0 <= int(indices.min()) <= int(indices.max()) < len(self):
                raise ShapeError(f"indices must be from 0 to {len(self) - 1}, the last sample")
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
        return rows.index_select(0, indices.flatten()).view(*indices.shape, *rows.shape[1:])


class Dataset(Component):
    """Train, test and perhaps validation samples.

    Choosing settings reads `train` and `validation`; `test` is for the final figure only.

    A dataset that is drawn takes a keyword `seed`: an int for one data set that all replicas
    share, a sequence of ints for one of each replica's own.
    """

    train: Split
    test: Split
    validation: Split | None = None

    @property
    def replicas(self) -> Replicas:
        """`()` if all replicas share the samples, `(R,)` if each has its own."""
        return self.train.replicas

    def select(self, replicas: Selection | Tensor) -> Self:
        """Keep the chosen replicas' samples, in place; shared data stays as it is.

        Raises:
            ArgumentError: for an index out of range, or an empty selection.
        """
        if not self.replicas:
            return self
        chosen = resolve_selection(replicas, self.replicas)
        self.train, self.test = self.train.select(chosen), self.test.select(chosen)
        if self.validation is not None:
            self.validation = self.validation.select(chosen)
        self.select_settings(chosen)
        return self

    def part(self, name: str) -> Split:
        """The split of this name.

        Raises:
            ArgumentError: if the dataset has none.
        """
        split = getattr(self, name, None) if name in ("train", "test", "validation") else None
        if not isinstance(split, Split):
            raise ArgumentError(f"{self!r} has no {name} split")
        return split
