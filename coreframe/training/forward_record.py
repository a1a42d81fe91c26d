"""ForwardRecord: what a forward took, gave and saved, for the check of its backward."""

from __future__ import annotations

from itertools import islice
from typing import Any

from torch import Tensor

from coreframe.interfaces.module import Module
from coreframe.training.snapshot import Form, Snapshot

__all__ = ["ForwardRecord", "ForwardRecords"]


class ForwardRecord:
    """One forward that waits for its backward.

    Attributes:
        inputs: the form of each input; None where that is not known, or there are others.
        outputs: likewise of each output.
        finite: whether all inputs were.
        saved: what the layer itself has saved, as it was.
    """

    def __init__(
        self,
        module: Module,
        depth: int,
        inputs: tuple[Any, ...] | None,
        output: Any,
        finite: bool,
    ) -> None:
        stack = module.context.saved
        own = list(islice(stack, len(stack) - depth))
        self.module, self.depth, self.top = module, len(stack), own[0]
        outputs = output if isinstance(output, tuple) else (output,)
        self.inputs, self.outputs, self.finite = _forms_of(inputs), _forms_of(outputs), finite
        tensors = [item for layer, items in reversed(own) if layer is module for item in items]
        self.saved = Snapshot(
            (f"tensor {number}", item)
            for number, item in enumerate(tensors)
            if isinstance(item, Tensor)  # the interface asks for tensors, but takes anything
        )

    def is_due(self) -> bool:
        """Whether nothing on the saved stack came after it, and it is still there."""
        return next(iter(self.module.context.saved), None) is self.top


class ForwardRecords:
    """The forwards of one model that wait for their backward, as deep as the saved stack.

    Nobody tells when the stack is cleared; so a record counts only while what its forward put
    on the stack is there.
    """

    def __init__(self) -> None:
        self._records: list[ForwardRecord] = []

    def add(
        self, module: Module, depth: int, inputs: tuple[Any, ...] | None, output: Any, finite: bool
    ) -> None:
        """Note a forward that began when the stack was `depth` deep, if it saved anything."""
        if len(module.context.saved) > depth:
            self._records.append(ForwardRecord(module, depth, inputs, output, finite))

    def drop_above(self, depth: int) -> None:
        """Forget forwards that lie deeper than the stack is now."""
        while self._records and self._records[-1].depth > depth:
            self._records.pop()

    def due(self, module: Module) -> ForwardRecord | None:
        """The forward that this module's backward undoes now; None if it left no trace."""
        for record in reversed(self._records):
            if record.module is module and record.is_due():
                return record
        return None


def _forms_of(values: tuple[Any, ...] | None) -> list[Form] | None:
    """The form of each of some tensors; None if something else is among them."""
    if values is None:
        return None
    tensors = [value for value in values if isinstance(value, Tensor)]
    return [Form.of(tensor) for tensor in tensors] if len(tensors) == len(values) else None
