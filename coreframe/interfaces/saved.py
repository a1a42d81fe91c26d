"""SavedStack: what forward passes left for backward, last in first out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from torch import Tensor

from coreframe.errors import ProtocolError

if TYPE_CHECKING:
    from coreframe.interfaces.module import Module

__all__ = ["SavedStack"]


class SavedStack:
    """One stack for a whole model; each entry knows its layer.

    Backward undoes forward in reverse order, so a stack is the right shape: a layer that is
    used twice, or unrolled in time, finds its entries in the order it needs them.
    """

    def __init__(self) -> None:
        self._entries: list[tuple[Module, tuple[Tensor, ...]]] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[tuple[Module, tuple[Tensor, ...]]]:
        """The layers that wait for their backward with what each saved, the last one first."""
        return reversed(self._entries)

    def push(self, layer: Module, tensors: tuple[Tensor, ...]) -> None:
        self._entries.append((layer, tensors))

    def pop(self, layer: Module) -> tuple[Tensor, ...]:
        """What `layer` saved in its last forward.

        Raises:
            ProtocolError: if nothing was saved, or another layer's backward is due first.
        """
        entries = self._entries
        if entries and entries[-1][0] is layer:
            return entries.pop()[1]
        raise ProtocolError(self._why_not(layer))

    def clear(self) -> None:
        """Forget everything, for instance after a step that was interrupted."""
        self._entries.clear()

    def expect_empty(self) -> None:
        """Raise if a forward still waits for its backward.

        Raises:
            ProtocolError: naming the layer that waits.
        """
        if self._entries:
            layer = self._entries[-1][0]
            raise ProtocolError(
                f"the step is over, but {layer.described} still waits for its backward: "
                "a container must call backward once for each forward of its children"
            )

    def _why_not(self, layer: Module) -> str:
        if not self._entries:
            why = "" if layer.training else "; in evaluation mode forward keeps nothing for it"
            return f"backward of {layer.described} came without a forward{why}"
        due, _ = self._entries[-1]
        return (
            f"backward of {layer.described} came out of order: "
            f"the last forward was that of {due.described}, whose backward is due first"
        )
