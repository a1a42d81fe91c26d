"""Arguments of a loss: does it take what fits, refuse what does not, and leave both alone?"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from coreframe.errors import CheckFailed, CoreframeError, ProtocolError, ShapeError
from coreframe.interfaces.example import Example
from coreframe.interfaces.loss import Loss
from coreframe.testing.comparison import expect_equal
from coreframe.testing.loss_values import draw_weight, value_and_gradient
from coreframe.testing.measure import Finding, Measure
from coreframe.testing.purity import Operators
from coreframe.testing.round_trip import check_repr
from coreframe.testing.shapes import LAYOUTS
from coreframe.testing.subjects import loss_of
from coreframe.testing.trial import TOLERANCE

__all__ = [
    "check_loss_arguments",
    "check_loss_dtype",
    "check_loss_empty",
    "check_loss_layout",
    "check_loss_needs_compute",
    "check_loss_operators",
    "check_loss_predict",
    "check_loss_repr",
    "check_loss_shapes",
]

BATCH, REPLICAS = 4, 3
CLOSE = TOLERANCE[torch.float64]
DTYPES = {torch.float64: 1e-12, torch.float32: 1e-4, torch.bfloat16: 0.06}


def check_loss_shapes(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    """Targets and weights of other shapes raise `ShapeError`, also where a broadcast would fit."""
    for replicas in ((), (REPLICAS,)):
        pred, actual = example.draw((*replicas, BATCH), seed)
        loss = loss_of(example, *replicas)
        for what, wrong in _misfits(actual):
            if wrong.shape == actual.shape:
                continue
            _expect_shape_error(loss, f"targets {what}", pred, wrong)
        weight = torch.ones(*replicas, BATCH, dtype=torch.float64)
        for what, wrong in _misfits(weight):
            if wrong.shape == weight.shape:
                continue
            _expect_shape_error(loss, f"weights {what}", pred, actual, wrong)
        lacking = pred.flatten()[: replicas[0]] if replicas else pred.flatten()[0]
        _expect_shape_error(loss, "targets like outputs without a batch", lacking, lacking)
        if actual.dim() == len(replicas) + 1:
            one = (tensor.select(len(replicas), 0) for tensor in (pred, actual))
            _expect_shape_error(loss, "targets without a batch", *one)
        if not replicas:
            other = loss_of(example, BATCH + 1)
            _expect_shape_error(other, "outputs of another population", pred, actual)


def _misfits(tensor: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Tensors of other shapes, most of which would broadcast."""
    yield "with an axis more at the end", tensor.unsqueeze(-1)
    yield "with an axis more in front", tensor.unsqueeze(0)
    yield "of one sample less", tensor.narrow(0, 0, tensor.shape[0] - 1)
    yield "of one sample for all", tensor.narrow(0, 0, 1)
    yield "of one number for all", tensor.flatten()[0]
    if tensor.dim() > 1:
        yield "of one feature for all", tensor.narrow(-1, 0, 1)
        yield "without the last axis", tensor.select(-1, 0)


def _expect_shape_error(
    loss: Loss, what: str, pred: Tensor, actual: Tensor, weight: Tensor | None = None
) -> None:
    shape = tuple((actual if weight is None else weight).shape)
    try:
        loss.compute_loss(pred, actual, weight)
    except ShapeError:
        return
    except Exception as error:
        raise CheckFailed(
            f"{loss!r}: {what}, {shape}, for outputs {tuple(pred.shape)} raised "
            f"{type(error).__name__}, not ShapeError: compare the shapes first"
        ) from error
    raise CheckFailed(
        f"{loss!r}: {what}, {shape}, for outputs {tuple(pred.shape)} were taken: raise ShapeError, "
        "also where a broadcast would fit"
    )


def check_loss_arguments(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    """No argument changes, and the same arguments give the same again."""
    pred, actual = example.draw((BATCH,), seed)
    weight = draw_weight(seed, BATCH)
    given = {"pred": pred, "actual": actual, "weight": weight}
    before = {name: tensor.clone() for name, tensor in given.items()}
    loss = loss_of(example)
    found = value_and_gradient(loss, pred, actual, weight)
    expect_equal(loss, given, before, "compute_loss and backward must not change it", 0.0)
    value = found["the loss"].clone()
    again = value_and_gradient(loss, pred, actual, weight)
    expect_equal(loss, again, found, "so it was the first time, with the same arguments", 0.0)
    expect_equal(loss, {"the loss": found["the loss"]}, {"the loss": value}, "as it was", 0.0)


def check_loss_needs_compute(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    """A backward without its compute_loss raises `ProtocolError`."""
    loss = loss_of(example)
    loss.clear()
    for when in ("without compute_loss", "a second time", "after clear()"):
        try:
            loss.backward()
        except ProtocolError:
            pass
        except Exception as error:
            raise CheckFailed(
                f"{loss!r}: backward {when} raised {type(error).__name__}, not ProtocolError: "
                "take what it needs from self.saved()"
            ) from error
        else:
            raise CheckFailed(f"{loss!r}: backward {when} raised nothing")
        loss.compute_loss(*example.draw((BATCH,), seed))
        if when == "without compute_loss":
            loss.backward()
        else:
            loss.clear()


def check_loss_dtype(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    """Value and gradient have the dtype of the outputs, and are near those in double precision."""
    worst = 0.0
    pred, actual = example.draw((BATCH,), seed)
    loss = loss_of(example)
    for kind, bound in DTYPES.items():
        own_pred = pred.to(kind)
        own_actual = actual.to(kind) if actual.is_floating_point() else actual
        exact_actual = own_actual.double() if actual.is_floating_point() else actual
        got = value_and_gradient(loss, own_pred, own_actual)
        wanted = value_and_gradient(loss, own_pred.double(), exact_actual)
        weighted = value_and_gradient(loss, own_pred, own_actual, draw_weight(seed, BATCH))
        for how, numbers in (("", got), (", by weights in float64", weighted)):
            for name, tensor in numbers.items():
                if tensor.dtype is not kind:
                    raise CheckFailed(f"{loss!r}: {name} has dtype {tensor.dtype}, not {kind}{how}")
        found = {name: tensor.double() for name, tensor in got.items()}
        reason = f"as float64 gives it: {kind} is too far"
        worst = max(worst, expect_equal(loss, found, wanted, reason, bound).figure / bound)
    return Measure(worst, 1.0)


def check_loss_layout(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    """Arguments that are not contiguous in memory give what contiguous ones give."""
    pred, actual = example.draw((REPLICAS, BATCH), seed)
    loss = loss_of(example, REPLICAS)
    weight = draw_weight(seed, REPLICAS, BATCH)
    wanted = value_and_gradient(loss, pred, actual, weight)
    worst = Measure(0.0, CLOSE)
    for name, relaid in LAYOUTS.items():
        got = value_and_gradient(loss, relaid(pred), relaid(actual), relaid(weight))
        reason = f"so it is for contiguous arguments; these lay in memory with {name}"
        worst = max(worst, expect_equal(loss, got, wanted, reason, CLOSE))
    return worst


def _is_one_hot(actual: Tensor, pred: Tensor) -> bool:
    """Whether the targets are outputs that name a class for certain."""
    if actual.shape != pred.shape or not actual.is_floating_point():
        return False
    return bool(((actual == 0) | (actual == 1)).all() and (actual.sum(-1) == 1).all())


def check_loss_operators(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    """No operator of autograd is used."""
    loss, operators = loss_of(example), Operators()
    pred, actual = example.draw((BATCH,), seed)
    with torch.inference_mode(), operators:
        value_and_gradient(loss, pred, actual, draw_weight(seed, BATCH))
    operators.expect_pure(loss)


def check_loss_predict(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    """What `predict` and `classes` give can be compared, sample by sample."""
    for replicas in ((), (REPLICAS,)):
        pred, actual = example.draw((*replicas, BATCH), seed)
        loss = loss_of(example, *replicas)
        predicted, classes = loss.predict(pred), loss.classes(actual)
        if predicted.is_floating_point():
            continue  # values, of which there is no accuracy
        for name, tensor in (("predict", predicted), ("classes", classes)):
            if tuple(tensor.shape[: len(replicas) + 1]) != (*replicas, BATCH):
                raise CheckFailed(
                    f"{loss!r}: {name} gave the shape {tuple(tensor.shape)}, not one that begins "
                    f"with (*replicas, batch) = {(*replicas, BATCH)}"
                )
        if predicted.shape != classes.shape:
            raise CheckFailed(
                f"{loss!r}: predict gives {tuple(predicted.shape)} and classes "
                f"{tuple(classes.shape)}: accuracy compares them one by one"
            )
        if _is_one_hot(actual, pred) and not torch.equal(loss.predict(actual), classes):
            raise CheckFailed(
                f"{loss!r}: of outputs that equal the targets predict gives other classes"
            )


def check_loss_empty(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    """No samples give a finite loss and no gradient, or raise."""
    loss = loss_of(example)
    pred, actual = example.draw((0,), seed)
    try:
        found = value_and_gradient(loss, pred, actual)
    except CoreframeError:
        return
    if not bool(found["the loss"].isfinite()) or found["dpred"].shape != pred.shape:
        raise CheckFailed(
            f"{loss!r}: no samples gave the loss {float(found['the loss'])} and a gradient of "
            f"shape {tuple(found['dpred'].shape)}: give zero, or raise ShapeError"
        )


def check_loss_repr(example: Example, seed: int, dtype: torch.dtype) -> Finding:  # noqa: ARG001
    """The `repr` assembles again to an equal one."""
    return check_repr(loss_of(example), seed=seed)
