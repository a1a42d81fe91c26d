"""debug: while it is on, every call of every layer is checked against the contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from coreframe.errors import ArgumentError
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.training.forward_record import ForwardRecords
from coreframe.training.loss_watch import LossWatch
from coreframe.training.module_watch import ModuleWatch
from coreframe.training.wrapped_methods import Method, WrappedMethods

__all__ = ["debug"]


@contextmanager
def debug(model: Module, loss: Loss | None = None) -> Iterator[None]:
    """Check each call of forward and backward of every layer: `with cf.debug(model): …`.

    Checked are, for the model and all modules inside it:

    - shapes: outputs keep the replica and batch axes; each gradient has its tensor's shape;
    - dtypes and devices: those of inputs and parameters, and of the tensor a gradient is for;
    - NaN and infinities that a call makes of finite numbers, also in parameter gradients;
    - what a call must not change: its arguments, parameter values, and what forward saved.

    It copies and compares whatever it checks, so it costs a multiple of the time; results are
    the same, bit for bit. Once it is left, nothing is paid.

    Args:
        model: lone or a population; layers that are added inside the block are not checked.
        loss: checked likewise, in training; an evaluation uses a copy of it.

    Raises:
        ArgumentError: if they are no module and no loss.
        ContractError: in the block, at the first offence, naming the layer, its place and the
            call; a layer inside a container is named rather than the container.
    """
    _expect_types(model, loss)
    wrapped = WrappedMethods()
    records = ForwardRecords()
    try:
        for _, module in model.named_modules():
            watch = ModuleWatch(module, records)
            methods: dict[str, tuple[Method, Method]] = {
                "forward": (module.forward, watch.forward),
                "backward": (module.backward, watch.backward),
                "backward_parameters": (module.backward_parameters, watch.backward_parameters),
            }
            wrapped.wrap(module, methods)
        if loss is not None:
            judge = LossWatch(loss)
            methods = {
                "compute_loss": (loss.compute_loss, judge.compute_loss),
                "backward": (loss.backward, judge.backward),
            }
            wrapped.wrap(loss, methods)
        yield
    finally:
        wrapped.restore()


def _expect_types(model: object, loss: object) -> None:
    if not isinstance(model, Module):
        raise ArgumentError(f"debug: model must be a coreframe Module, got {model!r}")
    if loss is not None and not isinstance(loss, Loss):
        raise ArgumentError(f"debug: loss must be a coreframe Loss, got {loss!r}")
