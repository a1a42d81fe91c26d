"""The checks of modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from coreframe.interfaces.example import Example
from coreframe.testing.check import Check, Run
from coreframe.testing.elementwise import check_elementwise
from coreframe.testing.gradients import check_gradients
from coreframe.testing.known_values import check_known_values
from coreframe.testing.measure import Finding, Measure
from coreframe.testing.misfits import check_misfits
from coreframe.testing.padded_batches import check_padding
from coreframe.testing.population import check_population, check_settings, initialized
from coreframe.testing.precision import (
    check_device,
    check_dtype,
    check_extremes,
    check_inference_mode,
)
from coreframe.testing.protocol import (
    check_accumulation,
    check_backward_needs_forward,
    check_last_in_first_out,
    check_parameter_gradients,
)
from coreframe.testing.purity import check_kept_memory, check_operators
from coreframe.testing.randomness import check_determinism, check_initial_values, check_mode
from coreframe.testing.repeated_use import check_used_twice
from coreframe.testing.round_trip import check_repr, check_state
from coreframe.testing.shapes import (
    check_empty_batch,
    check_layout,
    check_one_sample,
    check_output_shape,
)
from coreframe.testing.side_effects import check_arguments_unchanged, check_evaluation_keeps_nothing
from coreframe.testing.subjects import module_of

__all__ = ["MODULE_CHECKS"]

BATCH, REPLICAS = 3, 4  # unlike each other, and unlike most sizes of features
MANY = 512  # samples, so that what is made for large products is reached


def _lone(function: Callable[..., Any], batch: int = BATCH) -> Run:
    """A check of a lone module, in double precision."""

    def run(example: Example, seed: int, dtype: torch.dtype) -> Finding:  # noqa: ARG001
        measured: Finding = function(module_of(example), example.draw((batch,), seed), seed=seed)
        return measured

    return run


def _in_population(function: Callable[..., Any], replicas: int) -> Run:
    """A check that makes the population itself, in the dtype that was asked for."""

    def run(example: Example, seed: int, dtype: torch.dtype) -> Finding:
        x = example.draw((replicas, BATCH), seed)
        measured: Finding = function(module_of(example), x, seed=seed, dtype=dtype)
        return measured

    return run


def _both(function: Callable[..., Any]) -> Run:
    """A check of a lone module and of a population, in the dtype that was asked for."""

    def run(example: Example, seed: int, dtype: torch.dtype) -> Finding:
        one = function(module_of(example), example.draw((BATCH,), seed), seed=seed, dtype=dtype)
        population = initialized(module_of(example), range(seed, seed + REPLICAS), dtype)
        x = example.draw((REPLICAS, BATCH), seed)
        several = function(population, x, seed=seed, dtype=dtype)
        return _worst(one, several)

    return run


def _worst(one: Finding, other: Finding) -> Finding:
    """The larger figure, or whatever the check gives instead."""
    if isinstance(one, Measure) and isinstance(other, Measure):
        return max(one, other)
    return one


def _bare(function: Callable[..., Any]) -> Run:
    """A check that feeds nothing."""

    def run(example: Example, seed: int, dtype: torch.dtype) -> Finding:  # noqa: ARG001
        measured: Finding = function(module_of(example), seed=seed)
        return measured

    return run


def _initial_values(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    return check_initial_values(module_of(example), example.deviations, seed=seed)


def _known_values(example: Example, seed: int, dtype: torch.dtype) -> Finding:  # noqa: ARG001
    return check_known_values(module_of(example), example.known, seed=seed)


MODULE_CHECKS = (
    Check("module.repr", "its repr assembles again to an equal one", _bare(check_repr)),
    Check("module.known", "forward gives the outputs that its examples know", _known_values),
    Check("module.gradient", "backward gives the gradient of forward", _lone(check_gradients)),
    Check("module.one-sample", "so it does for one sample", _lone(check_one_sample)),
    Check(
        "module.many-samples",
        "so it does for more samples than features",
        _lone(check_gradients, 7),
    ),
    Check("module.used-twice", "so it does where it is used twice", _lone(check_used_twice)),
    Check(
        "module.accumulation",
        "backward adds to the gradients of parameters",
        _both(check_accumulation),
    ),
    Check(
        "module.last-in-first-out",
        "two forwards, then two backwards, are right",
        _both(check_last_in_first_out),
    ),
    Check(
        "module.needs-forward",
        "a backward without its forward raises",
        _lone(check_backward_needs_forward),
    ),
    Check(
        "module.parameters-only",
        "backward_parameters leaves what backward leaves",
        _both(check_parameter_gradients),
    ),
    Check(
        "module.arguments",
        "forward and backward change no argument",
        _lone(check_arguments_unchanged),
    ),
    Check(
        "module.keeps-nothing", "evaluation keeps nothing", _lone(check_evaluation_keeps_nothing)
    ),
    Check("module.mode", "evaluation differs only if declared", _lone(check_mode)),
    Check("module.layout", "inputs may lie in memory in any way", _both(check_layout)),
    Check("module.misfits", "what does not fit raises in words", _lone(check_misfits)),
    Check("module.empty-batch", "a batch may be empty", _both(check_empty_batch)),
    Check(
        "module.output-shape", "output_shape tells what forward gives", _lone(check_output_shape)
    ),
    Check(
        "module.elementwise",
        "if declared, each number depends on its own place alone",
        _both(check_elementwise),
    ),
    Check("module.dtype", "float64, float32 and bfloat16 are kept", _lone(check_dtype)),
    Check(
        "module.inference-mode",
        "inference mode and many samples change nothing",
        _lone(check_inference_mode, MANY),
    ),
    Check("module.extremes", "large and tiny inputs stay finite", _lone(check_extremes)),
    Check("module.device", "everything stays on its device", _both(check_device)),
    Check(
        "module.population",
        "R replicas do what R lone modules do",
        _in_population(check_population, REPLICAS),
    ),
    Check(
        "module.settings",
        "numbers of each replica equal those of lone modules",
        _in_population(check_settings, REPLICAS),
    ),
    Check(
        "module.padding",
        "padding leaves a replica as it would be alone",
        _in_population(check_padding, 3),
    ),
    Check("module.determinism", "a seed decides everything", _lone(check_determinism)),
    Check("module.initial-values", "initial values have the declared deviation", _initial_values),
    Check("module.state", "state saves and loads, by strict names", _lone(check_state)),
    Check("module.operators", "no operator of autograd is used", _lone(check_operators)),
    Check("module.memory", "what is kept for backward", _lone(check_kept_memory, 64)),
)
