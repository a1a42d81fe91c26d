"""Misfits: does a module refuse, in words, what it cannot take?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

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

    A dy of one feature more is taken, or raises coreframe's error or torch's. Indices that a lone
    module refuses a population refuses, where they would be another replica's. Where there are
    parameters, other replicas than theirs make it raise, whatever it raises; and inputs or a dy of
    another dtype are taken, or raise likewise.
    """
    trial = Trial(module, x, seed=seed)
    population = Trial(initialized(module, range(seed, seed + 2), torch.float64), (), seed=seed)
    refused = list(_refused(trial))
    for tensor in refused:
        _expect_refusal(trial, tensor)
        _expect_refusal(population, tensor.expand(2, *tensor.shape))
    _try_wider_dy(trial)
    _try_other_indices(trial, population)
    if not trial.module.param():
        return None if refused else NotTried("whatever there is to try would fit")
    three = tuple(tensor.expand(3, *tensor.shape).clone() for tensor in trial.inputs)
    if not _raises(population, three):
        population.fail("inputs of three replicas were taken by a population of two")
    _try_float32(trial)
    return None


def _try_float32(trial: Trial) -> None:
    dy = trial.random_dy()
    narrow = tuple(t.float() if t.is_floating_point() else t for t in trial.inputs)
    of_what = "of float32 for parameters of float64"
    _expect_words(trial, f"inputs {of_what}", lambda: trial.forward(narrow), "ArgumentError")
    narrow_dy = tuple(tensor.float() for tensor in dy)
    _expect_words(trial, f"a dy {of_what}", lambda: trial.backward(narrow_dy), "ArgumentError")


def _try_wider_dy(trial: Trial) -> None:
    wider = [torch.cat([d, d[..., :1]], -1) if d.dim() > 1 else d for d in trial.random_dy()]
    what = "a dy of one feature more than the output"
    _expect_words(trial, what, lambda: trial.module.backward(*wider), "ShapeError")


def _try_other_indices(trial: Trial, population: Trial) -> None:
    """Too large for the first replica, and negative for the last one."""
    if all(tensor.is_floating_point() for tensor in trial.inputs):
        return
    for replica, sign in ((0, 1), (1, -1)):
        other = tuple(
            t if t.is_floating_point() else torch.full_like(t, sign * (int(t.max()) + 1))
            for t in trial.inputs
        )
        if not _raises(trial, other):
            continue
        pairs = ([own, own] for own in trial.inputs)
        both = [
            torch.stack([*pair[:replica], wrong, *pair[replica + 1 :]])
            for pair, wrong in zip(pairs, other, strict=True)
        ]
        if not _raises(population, tuple(both)):
            population.fail("indices that are refused alone were taken by a population of two")


def _expect_words(trial: Trial, what: str, try_it: Callable[[], object], better: str) -> None:
    """Fail if it raises what neither coreframe nor torch raises for tensors."""
    trial.module.forget()
    trial.forward()
    try:
        try_it()
    except (CoreframeError, RuntimeError):
        pass
    except Exception as error:  # noqa: BLE001  # whatever else it raises is the finding
        first_line = str(error).partition("\n")[0]
        trial.fail(f"{what} raised {type(error).__name__} ({first_line}): raise {better}")


def _raises(trial: Trial, inputs: Outputs) -> bool:
    try:
        trial.forward(inputs)
    except Exception:  # noqa: BLE001  # whatever it is
        return True
    return False


def _expect_refusal(trial: Trial, x: Tensor) -> None:
    what = f"inputs {tuple(x.shape)}, which output_shape refuses"
    try:
        trial.forward((x,))
    except CoreframeError:
        return
    except Exception as error:  # noqa: BLE001  # whatever else it raises is the finding
        first_line = str(error).partition("\n")[0]
        trial.fail(f"{what}, raised {type(error).__name__} ({first_line}): raise ShapeError")
    trial.fail(f"{what}, were taken by forward")


def _refused(trial: Trial) -> Iterator[Tensor]:
    """Inputs of other features, as far as `output_shape` refuses them."""
    if len(trial.inputs) != 1:
        return
    (x,) = trial.inputs
    for other in _of_other_features(x):
        try:
            trial.module.output_shape(tuple(other.shape[1:]))
        except ShapeError:
            yield other
        except Exception:  # noqa: BLE001, S112  # it need not understand shapes so unlike its own
            continue


def _of_other_features(x: Tensor) -> Iterator[Tensor]:
    """A feature more or less, one for all, an axis more or less."""
    if x.dim() > 1:
        yield torch.cat([x, x[..., :1]], -1)
        yield x[..., :-1]
        yield x[..., :1]
        yield x[..., 0]
    if x.dim() > 2:
        yield torch.cat([x, x[:, :1]], 1)
        yield x[:, :1]
        yield x.flatten(1)[:, 0]
    yield x.unsqueeze(-1)
