"""Storage: one flat tensor for all values of a model, and one for all its gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import NamedTuple

import torch
from torch import Tensor

from coreframe.interfaces.parameter import Parameter
from coreframe.interfaces.replicas import Replicas, Selection

__all__ = ["Flat", "Origin", "Segment", "Storage"]

ALIGNMENT_BYTES = 64  # a cache line, and the widest vector register


@dataclass(frozen=True)
class Segment:
    """Where one parameter lies in a flat tensor.

    Blocks are parameter-major: a parameter's replicas lie next to each other, so that its view
    `(*replicas, *shape)` is contiguous and torch's batched product stays one call. With the
    replica axis outermost instead, a whole step takes twice as long.
    """

    name: str
    start: int
    shape: tuple[int, ...]

    def view(self, flat: Tensor) -> Tensor:
        """The parameter's block of `flat`, as a tensor `(*replicas, *shape)`."""
        return flat[self.start : self.start + prod(self.shape)].view(self.shape)


@dataclass(frozen=True)
class Flat:
    """The parameters of one dtype and device, end to end, with gaps that align each block.

    The gaps hold zeros in `value` and `grad` and stay zero under any elementwise arithmetic
    that maps zeros to zeros. Where numbers are repeated over replicas, the gaps hold ones, by
    which an optimizer may divide.
    """

    value: Tensor
    grad: Tensor
    segments: tuple[Segment, ...]
    replicas: Replicas

    def expand(self, numbers: Tensor) -> Tensor:
        """One number per replica `(R,)`, as a flat tensor that repeats it over its replica."""
        numbers = torch.cat([numbers.to(self.value), self.value.new_ones(1)])  # one for the gaps
        return numbers.index_select(0, self._owners)

    @cached_property
    def _owners(self) -> Tensor:
        """Of which replica each element is; the gaps come after the last one."""
        (count,) = self.replicas
        with torch.inference_mode(False):
            owners = torch.full_like(self.value, count, dtype=torch.int32)
            replicas = torch.arange(count, dtype=torch.int32, device=owners.device)
            for segment in self.segments:
                view = segment.view(owners)
                view.copy_(replicas.reshape(-1, *[1] * (view.dim() - 1)))
        return owners


class Origin(NamedTuple):
    """Which replicas of which storage were selected."""

    identity: object
    selection: Selection


class Storage:
    """The memory of a model's parameters, and the layout that optimizers borrow.

    There is one `Flat` per dtype and device, which nearly always means one. `released` turns
    true when any of the parameters has moved elsewhere: an optimizer that still holds this
    storage would update memory that no model reads.

    Args:
        parameters: the parameters by their path.
        values: the values each is to have, `(*replicas, *shape)`; dtype and device are taken
            from them.
        grads: gradients to carry over; zero where missing.
        replicas: the replica axis of every value.
        origin: where it was selected from.
    """

    def __init__(
        self,
        parameters: Mapping[str, Parameter],
        values: Mapping[str, Tensor],
        grads: Mapping[str, Tensor],
        replicas: Replicas,
        origin: Origin | None = None,
    ) -> None:
        self.released = False
        self.replicas = replicas
        self.identity = object()  # of this memory; no later one can have it, as an address could
        self.origin = origin
        groups: dict[tuple[torch.dtype, torch.device], list[str]] = {}
        for name, value in values.items():
            groups.setdefault((value.dtype, value.device), []).append(name)
        # Outlives any pass, so it must not be made of inference tensors.
        with torch.inference_mode(False):
            self.flats = tuple(
                self._lay_out(names, parameters, values, grads) for names in groups.values()
            )

    def zero_grad(self) -> None:
        """Set every gradient to zero, one kernel per flat; a NaN is gone too."""
        for flat in self.flats:
            flat.grad.zero_()

    def holds(self, parameters: Mapping[str, Parameter]) -> bool:
        """Whether exactly these parameters, under these names, live here."""
        places = {
            segment.name: segment.view(flat.value).data_ptr()
            for flat in self.flats
            for segment in flat.segments
        }
        # Addresses too: pickle keeps no views, so its copies of parameters lie elsewhere.
        return (
            not self.released
            and places.keys() == parameters.keys()
            and all(
                parameter.storage is self and parameter.value.data_ptr() == places[name]
                for name, parameter in parameters.items()
            )
        )

    def _lay_out(
        self,
        names: list[str],
        parameters: Mapping[str, Parameter],
        values: Mapping[str, Tensor],
        grads: Mapping[str, Tensor],
    ) -> Flat:
        alignment = ALIGNMENT_BYTES // values[names[0]].element_size()
        segments: list[Segment] = []
        end = 0
        for name in names:
            segments.append(Segment(name, end, tuple(values[name].shape)))
            end += -(-values[name].numel() // alignment) * alignment
        like = values[names[0]]
        value = torch.zeros(end, dtype=like.dtype, device=like.device)
        flat = Flat(value, torch.zeros_like(value), tuple(segments), self.replicas)
        for segment in segments:
            value_view, grad_view = segment.view(flat.value), segment.view(flat.grad)
            value_view.copy_(values[segment.name])
            if segment.name in grads:
                grad_view.copy_(grads[segment.name])
            parameters[segment.name].bind(value_view, grad_view, self)
        return flat
