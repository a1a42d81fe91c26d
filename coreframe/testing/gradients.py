"""Gradients: does backward give the derivative of forward?"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from math import acos, degrees, sqrt

import torch
from torch import Tensor

from coreframe.errors import CheckFailed
from coreframe.interfaces.loss import Loss
from coreframe.interfaces.module import Module
from coreframe.testing.differences import GRADIENT_BOUND, derivatives, find_wrong_derivative
from coreframe.testing.measure import Measure, NotTried
from coreframe.testing.trial import Inputs, Trial

__all__ = ["check_gradients", "check_loss_gradients"]

UNIT = "tolerances"


def check_gradients(module: str | Module, x: Inputs, *, seed: int = 0) -> Measure | NotTried:
    """Compare every gradient that backward gives with central differences, in float64.

    f(x, w) = Σ dy · y, with random dy; the gradients of f by x and by each parameter w are
    tried element by element where they are small, else along random directions.

    Of a module that declares `backward_is_gradient = False`, or has one inside, the angle between
    what backward gives and the gradient is measured instead; from 90 degrees on, a step along it
    does not descend. It is not tried where the gradient is zero, as that of a step function is.

    Args:
        module: a module, or a spec; a copy of it is tried, in training mode.
        x: the input `(*replicas, batch, *features)`, or several.
        seed: of dy, and of a spec's parameters.

    Raises:
        CheckFailed: naming the input or the parameter, the index, what backward gave and what
            the differences give.
    """
    trial = Trial(module, x, seed=seed)
    dy = trial.random_dy()
    found = trial.one_pass(dy)
    tried = {trial.input_name(i): t for i, t in enumerate(trial.inputs) if t.is_floating_point()}
    tried |= {name: parameter.value for name, parameter in trial.module.named_parameters()}

    def terms() -> Tensor:
        outputs = trial.forward()
        trial.module.forget()
        return torch.cat([(d * y).flatten() for d, y in zip(dy, outputs, strict=True)])

    if not trial.gives_gradient:
        return _angle(tried, found, terms, trial.generator)
    worst = 0.0
    for name, tensor in tried.items():
        # An input for which backward gives None must have no influence.
        gradient = found.get(name, torch.zeros_like(tensor))
        fault = find_wrong_derivative(name, tensor, gradient, terms, trial.generator)
        if not fault.figure <= GRADIENT_BOUND:
            trial.fail(fault.text)
        worst = max(worst, fault.figure)
    return Measure(worst, GRADIENT_BOUND, UNIT)


def _angle(
    tried: Mapping[str, Tensor],
    found: Mapping[str, Tensor],
    terms: Callable[[], Tensor],
    generator: torch.Generator,
) -> Measure | NotTried:
    """Between all that backward gave and the gradient, in degrees; 90 where backward gave 0."""
    product, got_square, wanted_square = 0.0, 0.0, 0.0
    for name, tensor in tried.items():
        gradient = found.get(name, torch.zeros_like(tensor))
        for direction, wanted in derivatives(name, tensor, terms, generator):
            got = float((gradient * direction).sum())
            product += got * wanted
            got_square += got * got
            wanted_square += wanted * wanted
    if not wanted_square:
        return NotTried("the gradient is zero, and has no angle to what backward gives")
    cosine = product / sqrt(got_square * wanted_square) if got_square else 0.0
    return Measure(degrees(acos(max(-1.0, min(1.0, cosine)))), None, "degrees off")


def check_loss_gradients(
    loss: Loss, pred: Tensor, actual: Tensor, weight: Tensor | None = None, *, seed: int = 0
) -> Measure:
    """Compare a loss's gradient for `pred` with central differences, in float64.

    Args:
        loss: a loss, its `replicas` set; a copy is tried.
        pred: outputs `(*replicas, batch, *features)`.
        actual: targets.
        weight: `(*replicas, batch)`.
        seed: of the directions, where `pred` is large.

    Raises:
        CheckFailed: naming the element, what backward gave and what the differences give, or
            if the loss is not one number per replica.
    """
    own = copy.deepcopy(loss)
    pred = pred.double().clone()
    actual = actual.double() if actual.is_floating_point() else actual
    weight = None if weight is None else weight.double()

    def terms() -> Tensor:
        value = own.compute_loss(pred, actual, weight)
        own.clear()
        return value

    value = own.compute_loss(pred, actual, weight)
    gradient = own.backward()
    if tuple(value.shape) != own.replicas:
        raise CheckFailed(
            f"{loss!r}: the loss has shape {tuple(value.shape)}, not one number per replica"
        )
    fault = find_wrong_derivative(
        "pred", pred, gradient, terms, torch.Generator().manual_seed(seed)
    )
    if not fault.figure <= GRADIENT_BOUND:
        raise CheckFailed(f"{loss!r}: {fault.text} (seed {seed})")
    return Measure(fault.figure, GRADIENT_BOUND, UNIT)
