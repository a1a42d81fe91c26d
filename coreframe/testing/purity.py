"""Purity: does a component compute with plain tensor operations only?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from coreframe.errors import CheckFailed
from coreframe.interfaces.module import Module
from coreframe.testing.measure import Measure
from coreframe.testing.trial import Inputs, Trial

__all__ = ["Operators", "check_kept_memory", "check_operators"]

COPIES = {torch.ops.aten.copy_.default}
"""What may work on tensors of two devices."""


class Operators(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own
    """Notes every operator that torch runs, those that gradients were recorded for, and those of two devices."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's own
        self.names: list[str] = []
        self.recording: list[str] = []
        self.mixing: list[str] = []

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],  # torch's signature
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        name = str(func)
        self.names.append(name)
        given = (*args, *(kwargs or {}).values())
        if any(isinstance(tensor, Tensor) and tensor.requires_grad for tensor in given):
            self.recording.append(name)
        tensors = [tensor for tensor in given if isinstance(tensor, Tensor) and tensor.dim()]
        if len({tensor.device.type for tensor in tensors}) > 1 and func not in COPIES:
            self.mixing.append(name)
        return func(*args, **(kwargs or {}))

    def expect_pure(self, owner: object) -> None:
        """Raise if an operator belongs to autograd, or gradients were recorded.

        Raises:
            CheckFailed: naming the operator.
        """
        for name in self.names:
            if "_backward" in name:
                raise CheckFailed(
                    f"{owner!r}: it ran {name}: write the gradient with plain tensor operations"
                )
        if self.recording:
            raise CheckFailed(
                f"{owner!r}: it switched recording of gradients on, and ran {self.recording[0]}"
            )


def check_operators(module: str | Module, x: Inputs, *, seed: int = 0) -> None:
    """Forward and backward run no `*_backward` operator, and switch no recording on."""
    trial = Trial(module, x, seed=seed)
    dy = trial.random_dy()
    operators = Operators()
    with torch.inference_mode():
        inputs = tuple(tensor.clone() for tensor in trial.inputs)
        with operators:
            trial.module.forward(*inputs)
            trial.module.backward(*dy)
    operators.expect_pure(trial.module)


def check_kept_memory(module: str | Module, x: Inputs, *, seed: int = 0) -> Measure:
    """How many bytes are kept for backward, for each byte of input; reported, not judged.

    Parameters that are kept cost nothing, since they are there anyway.
    """
    trial = Trial(module, x, seed=seed, dtype=torch.float32)
    trial.forward()
    parameters = {p.value.untyped_storage().data_ptr() for p in trial.module.param()}
    kept: dict[int, int] = {}
    for _, saved in trial.module.context.saved:
        for item in saved:
            if isinstance(item, torch.Tensor):
                memory = item.untyped_storage()
                kept[memory.data_ptr()] = memory.nbytes()
    trial.module.forget()
    given = sum(tensor.nbytes for tensor in trial.inputs)
    total = sum(size for address, size in kept.items() if address not in parameters)
    return Measure(total / max(1, given), None, "bytes kept per byte of input")
