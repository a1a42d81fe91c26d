"""Protocol: does a module keep to the order of forward and backward?"""

from __future__ import annotations

import torch

from coreframe.errors import ProtocolError
from coreframe.interfaces.module import Module
from coreframe.testing.measure import Measure
from coreframe.testing.side_effects import check_arguments_unchanged, check_evaluation_keeps_nothing
from coreframe.testing.trial import Inputs, Trial

__all__ = [
    "check_accumulation",
    "check_backward_needs_forward",
    "check_last_in_first_out",
    "check_parameter_gradients",
    "check_protocol",
]


def check_protocol(module: str | Module, x: Inputs, *, seed: int = 0) -> None:
    """All checks of order and of side effects, on a module or a spec.

    Args:
        module: a module, or a spec; a copy of it is tried.
        x: the input `(*replicas, batch, *features)`, or several.
        seed: of dy, and of a spec's parameters.

    Raises:
        CheckFailed: with what the first of them found.
    """
    check_backward_needs_forward(module, x, seed=seed)
    check_last_in_first_out(module, x, seed=seed)
    check_accumulation(module, x, seed=seed)
    check_parameter_gradients(module, x, seed=seed)
    check_arguments_unchanged(module, x, seed=seed)
    check_evaluation_keeps_nothing(module, x, seed=seed)


def check_backward_needs_forward(module: str | Module, x: Inputs, *, seed: int = 0) -> None:
    """A backward without a forward of its own raises `ProtocolError`, and nothing else."""
    trial = Trial(module, x, seed=seed)
    dy = tuple(trial.random_like(output) for output in trial.forward())
    trial.backward(dy)
    for before in ("a second time", "after eval()"):
        try:
            trial.module.backward(*dy)
        except ProtocolError:
            pass
        except Exception as error:  # noqa: BLE001  # whatever else a layer raises is the finding
            trial.fail(
                f"backward {before}, without a forward, raised {type(error).__name__} "
                f"({error}), not ProtocolError: take what it needs from self.saved()"
            )
        else:
            trial.fail(
                f"backward {before}, without a forward, raised nothing: "
                "forward must save() and backward must take saved(), if only an empty tuple"
            )
        trial.module.eval()
        trial.forward()


def check_last_in_first_out(
    module: str | Module, x: Inputs, *, seed: int = 0, dtype: torch.dtype = torch.float64
) -> Measure:
    """Two forwards, then two backwards, give what each pair gives alone."""
    reason = "so it must be after two forwards, then two backwards"
    trial = Trial(module, x, seed=seed, dtype=dtype)
    others = tuple(  # different inputs that the module must be able to take
        0.75 * tensor if tensor.is_floating_point() else tensor.flip(-1) for tensor in trial.inputs
    )
    dy, other_dy = trial.random_dy(), trial.random_dy()
    alone, other_alone = trial.one_pass(dy), trial.one_pass(other_dy, others)
    trial.module.zero_grad()
    trial.forward()
    trial.forward(others)
    other_got = trial.gradients(*trial.backward(other_dy))
    trial.expect_equal(other_got, other_alone, reason, tolerance=trial.tolerance)
    got = trial.gradients(*trial.backward(dy))
    for name, _ in trial.module.named_parameters():
        alone[name] += other_alone[name]
    trial.expect_equal(got, alone, reason, tolerance=trial.tolerance)
    return trial.measured


def check_accumulation(
    module: str | Module, x: Inputs, *, seed: int = 0, dtype: torch.dtype = torch.float64
) -> Measure:
    """Backward adds to each parameter's gradient, and `zero_grad` clears it, also of NaN."""
    trial = Trial(module, x, seed=seed, dtype=dtype)
    dy = trial.random_dy()
    for parameter in trial.module.param():
        parameter.grad.fill_(float("nan"))
    trial.module.zero_grad()
    for name, parameter in trial.module.named_parameters():
        if bool((parameter.grad != 0).any()):
            trial.fail(f"zero_grad left the gradient of {name} at {float(parameter.grad.max())}")
    wanted = trial.one_pass(dy)
    for name, parameter in trial.module.named_parameters():
        parameter.grad.copy_(trial.random_like(parameter.grad))
        wanted[name] += parameter.grad
    trial.forward()
    got = trial.gradients(*trial.backward(dy))
    trial.expect_equal(got, wanted, "backward must add to what is there", tolerance=trial.tolerance)
    return trial.measured


def check_parameter_gradients(
    module: str | Module, x: Inputs, *, seed: int = 0, dtype: torch.dtype = torch.float64
) -> Measure:
    """`backward_parameters` leaves what `backward` leaves: gradients, and nothing saved."""
    trial = Trial(module, x, seed=seed, dtype=dtype)
    dy = trial.random_dy()
    trial.one_pass(dy)
    wanted = trial.gradients()
    trial.module.zero_grad()
    trial.forward()
    trial.module.backward_parameters(*dy)
    reason = "so backward leaves it, and backward_parameters must too"
    trial.expect_equal(trial.gradients(), wanted, reason, tolerance=trial.tolerance)
    if len(trial.module.context.saved):
        trial.fail("backward_parameters left something saved: it must take all that backward does")
    return trial.measured
