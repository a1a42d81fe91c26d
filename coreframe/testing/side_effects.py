"""Side effects: does a module leave alone what is not its own?"""

from __future__ import annotations

from torch import Tensor

from coreframe.interfaces.module import Module
from coreframe.interfaces.tree import walk_attributes
from coreframe.testing.trial import Inputs, Trial, named

__all__ = ["check_arguments_unchanged", "check_evaluation_keeps_nothing"]


def check_arguments_unchanged(module: str | Module, x: Inputs, *, seed: int = 0) -> None:
    """Forward and backward change no argument, no output, nothing saved and no value."""
    trial = Trial(module, x, seed=seed)
    dy = trial.random_dy()
    values = {name: p.value for name, p in trial.module.named_parameters()}
    watched = {trial.input_name(i): tensor for i, tensor in enumerate(trial.inputs)} | values
    before = _clones(watched)
    outputs = trial.forward()
    trial.expect_equal(watched, before, "forward must not change it")
    watched |= named("y", outputs)
    watched |= named("dy", dy)
    for depth, (layer, saved) in enumerate(trial.module.context.saved):
        name = f"what {layer.described} saved (entry {depth}, tensor {{}})"
        watched |= {name.format(i): t for i, t in enumerate(saved) if isinstance(t, Tensor)}
    before = _clones(watched)
    trial.backward(dy)
    trial.expect_equal(watched, before, "backward must not change it")


def check_evaluation_keeps_nothing(module: str | Module, x: Inputs, *, seed: int = 0) -> None:
    """In evaluation, forward saves nothing and leaves no new tensor on the module."""
    trial = Trial(module, x, seed=seed)
    trial.forward()
    trial.module.eval()
    if len(trial.module.context.saved):
        trial.fail("eval() must forget what forward has saved")
    held = dict(walk_attributes(trial.module, Tensor))
    trial.forward(tuple(tensor.clone() for tensor in trial.inputs))
    if len(trial.module.context.saved):
        trial.fail("forward saved something in evaluation mode: it must keep nothing")
    for name, tensor in walk_attributes(trial.module, Tensor):
        if held.get(name) is not tensor:
            trial.fail(f"forward left a tensor in {name} in evaluation mode: keep nothing there")


def _clones(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}
