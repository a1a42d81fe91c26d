"""LossWatch: calls of a loss, checked against its contract."""

from __future__ import annotations

from typing import Any, NoReturn

from torch import Tensor

from coreframe.errors import ContractError
from coreframe.interfaces.loss import Loss
from coreframe.training.snapshot import Form, Snapshot, find_not_finite, is_finite, tensors_in
from coreframe.training.wrapped_methods import Method

__all__ = ["LossWatch"]

ARGUMENTS = ("pred", "actual", "weight")


class LossWatch:
    """Each method stands in for the loss's own, which it gets with the arguments."""

    def __init__(self, loss: Loss) -> None:
        self._loss = loss
        self._pred: Form | None = None
        self._finite = True

    def compute_loss(self, own: Method, inputs: tuple[Any, ...], named: dict[str, Any]) -> Any:
        arguments = {**dict(zip(ARGUMENTS, inputs, strict=False)), **named}
        given = list(tensors_in("", arguments))
        self._finite = is_finite(given)
        before = Snapshot(given)
        value = own(*inputs, **named)
        self._expect_unchanged("compute_loss", before)
        if not isinstance(value, Tensor) or tuple(value.shape) != self._loss.replicas:
            shape = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            self._fail(
                "compute_loss",
                f"gave {shape}, not one number per replica, {self._loss.replicas}",
            )
        if self._finite:
            self._expect_finite("compute_loss", "loss", value)
        pred = arguments.get("pred")
        self._pred = Form.of(pred) if isinstance(pred, Tensor) else None
        return value

    def backward(self, own: Method, inputs: tuple[Any, ...], named: dict[str, Any]) -> Any:
        gradient = own(*inputs, **named)
        if not isinstance(gradient, Tensor):
            self._fail("backward", f"gave {type(gradient).__name__}, not the gradient of pred")
        difference = self._pred.difference(gradient, "pred") if self._pred else ""
        if difference:
            self._fail("backward", f"gave dpred {difference}")
        if self._finite:
            self._expect_finite("backward", "dpred", gradient)
        return gradient

    def _expect_unchanged(self, call: str, before: Snapshot) -> None:
        changed = before.find_change()
        if changed:
            self._fail(call, f"changed {changed}, which is not its own to change")

    def _expect_finite(self, call: str, name: str, tensor: Tensor) -> None:
        found = find_not_finite([(name, tensor)])
        if found:
            self._fail(call, f"gave {found}, what it was given was finite")

    def _fail(self, call: str, fault: str) -> NoReturn:
        raise ContractError(f"{self._loss!r}: {call} {fault}")
