"""Misfits: does a module refuse, in words, what it cannot take?"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from coreframe.errors import CoreframeError, ShapeError
from coreframe.interfaces.module import Module
from coreframe.testing.measure import NotTried
from coreframe.testing.population import initialized
from coreframe.testing.trial import Inputs, Outputs, Trial

__all__ = ["check_misfits"]


def check_misfits(module: str | Module, x: Inputs, *, seed: int = 0) -> NotTried | None:
    """Features that `output_shape` refuses make forward raise one of coreframe's errors, too.

    Where there are parameters, other replicas than theirs make it raise, whatever it raises; and
    inputs or a dy of another dtype are taken, or raise coreframe's error or torch's.
    """
    trial = Trial(module, x, seed=seed)
    refused = _refused(trial)
    for misfit in refused:
        what = f"inputs {tuple(misfit.shape)}, which output_shape refuses"
        try:
            trial.forward((misfit,))
        except CoreframeError:
            pass
        except Exception as error:  # noqa: BLE001  # whatever else it raises is the finding
            first_line = str(error).partition("\n")[0]
            trial.fail(f"{what}, raised {type(error).__name__} ({first_line}): raise ShapeError")
        else:
            trial.fail(f"{what}, were taken by forward")
    if not trial.module.param():
        return None if refused else NotTried("whatever there is to try would fit")
    population = Trial(initialized(module, range(seed, seed + 2), torch.float64), (), seed=seed)
    three = tuple(tensor.expand(3, *tensor.shape).clone() for tensor in trial.inputs)
    if not _raises(population, three):
        population.fail("inputs of three replicas were taken by a population of two")
    _try_float32(trial)
    return None


def _try_float32(trial: Trial) -> None:
    dy = trial.random_dy()
    narrow = tuple(t.float() if t.is_floating_point() else t for t in trial.inputs)
    passes: dict[str, Callable[[], object]] = {
        "inputs": lambda: trial.forward(narrow),
        "a dy": lambda: trial.backward(tuple(tensor.float() for tensor in dy)),
    }
    for what, try_it in passes.items():
        trial.module.forget()
        trial.forward()
        try:
            try_it()
        except (CoreframeError, RuntimeError):
            continue
        except Exception as error:  # noqa: BLE001  # whatever else it raises is the finding
            first_line = str(error).partition("\n")[0]
            trial.fail(
                f"{what} of float32 for parameters of float64 raised {type(error).__name__} "
                f"({first_line}): raise ArgumentError"
            )


def _raises(trial: Trial, inputs: Outputs) -> bool:
    try:
        trial.forward(inputs)
    except Exception:  # noqa: BLE001  # whatever it is
        return True
    return False


def _refused(trial: Trial) -> list[Tensor]:
    """Of inputs of one feature more, and of none at all, those that `output_shape` refuses."""
    if len(trial.inputs) != 1 or trial.inputs[0].dim() < 2:
        return []
    (x,) = trial.inputs
    wider, bare = torch.cat([x, x[..., :1]], -1), x.flatten(1)[:, 0].clone()
    return [misfit for misfit in (wider, bare) if _refuses(trial.module, misfit)]


def _refuses(module: Module, x: Tensor) -> bool:
    try:
        module.output_shape(tuple(x.shape[1:]))
    except ShapeError:
        return True
    except IndexError:  # it looks for a last axis, and says nothing of none
        return False
    return False
