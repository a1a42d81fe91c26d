"""The checks of losses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from coreframe.errors import CheckFailed, CoreframeError, ProtocolError, ShapeError
from coreframe.interfaces.example import Example
from coreframe.interfaces.loss import Loss
from coreframe.testing.check import Check
from coreframe.testing.comparison import find_difference
from coreframe.testing.gradients import check_loss_gradients
from coreframe.testing.known_values import KNOWN_BOUND, known_tensor
from coreframe.testing.measure import Measure
from coreframe.testing.population import check_loss_population
from coreframe.testing.purity import Operators
from coreframe.testing.round_trip import check_repr
from coreframe.testing.subjects import loss_of
from coreframe.testing.trial import TOLERANCE

__all__ = ["LOSS_CHECKS"]

BATCH, REPLICAS = 4, 3
CLOSE = TOLERANCE[torch.float64]
DTYPES = {torch.float64: 1e-12, torch.float32: 1e-4, torch.bfloat16: 0.06}


def _value_and_gradient(
    loss: Loss, pred: Tensor, actual: Tensor, weight: Tensor | None = None
) -> dict[str, Tensor]:
    return {"the loss": loss.compute_loss(pred, actual, weight), "dpred": loss.backward()}


def _expect_equal(
    loss: Loss,
    got: dict[str, Tensor],
    wanted: dict[str, Tensor],
    reason: str,
    bound: float = CLOSE,
) -> Measure:
    worst = 0.0
    for name, tensor in wanted.items():
        difference = find_difference(name, got[name], tensor)
        if not difference.figure <= bound:
            raise CheckFailed(f"{loss!r}: {difference.text}: {reason}")
        worst = max(worst, difference.figure)
    return Measure(worst, bound)


def _weight(seed: int, *shape: int) -> Tensor:
    weight = torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return weight + 0.1


def _known(example: Example, seed: int, dtype: torch.dtype) -> Measure | None:  # noqa: ARG001
    loss = loss_of(example)
    worst: Measure | None = None
    for (pred, actual), value in example.known:
        got = loss.compute_loss(known_tensor(pred).double(), known_tensor(actual))
        wanted = known_tensor(value).double()
        reason = f"so it is known for pred {pred} and actual {actual}"
        found = _expect_equal(loss, {"the loss": got}, {"the loss": wanted}, reason, KNOWN_BOUND)
        worst = max(worst or found, found)
    return worst


def _gradient(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    worst = Measure(0.0, 1.0)
    for leading in ((BATCH,), (1,), (REPLICAS, BATCH)):
        pred, actual = example.draw(leading, seed)
        loss = loss_of(example, *leading[:-1])
        for weight in (None, _weight(seed, *leading)):
            worst = max(worst, check_loss_gradients(loss, pred, actual, weight, seed=seed))
    return worst


def _population(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    worst = Measure(0.0, CLOSE)
    for leading in ((REPLICAS, BATCH), (REPLICAS, REPLICAS), (REPLICAS, 1), (1, BATCH)):
        pred, actual = example.draw(leading, seed)
        for weight in (None, _weight(seed, *leading)):
            worst = max(worst, check_loss_population(loss_of(example), pred, actual, weight))
    return worst


def _shapes(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
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


def _extremes(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    for scale in (1e-30, 1e2, 1e4):
        pred, actual = example.draw((BATCH,), seed)
        loss = loss_of(example)
        exact = _value_and_gradient(loss, pred * scale, actual)
        single = _value_and_gradient(
            loss, (pred * scale).float(), actual.float() if actual.is_floating_point() else actual
        )
        for name, tensor in exact.items():
            for precision, numbers in (("float64", tensor), ("float32", single[name])):
                if not bool(numbers.isfinite().all()):
                    raise CheckFailed(
                        f"{loss!r}: {name} is not finite in {precision} for outputs of size "
                        f"{scale:g} (seed {seed})"
                    )


def _reduction(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    worst = Measure(0.0, CLOSE)
    for replicas in ((), (REPLICAS,)):
        pred, actual = example.draw((*replicas, BATCH), seed)
        loss = loss_of(example, *replicas)
        once = _value_and_gradient(loss, pred, actual)
        axis = len(replicas)
        twice = _value_and_gradient(
            loss, torch.cat([pred, pred], axis), torch.cat([actual, actual], axis)
        )
        first = {"the loss": twice["the loss"], "dpred": twice["dpred"].narrow(axis, 0, BATCH)}
        if loss.reduction == "mean":
            wanted = {"the loss": once["the loss"], "dpred": once["dpred"] / 2}
        else:
            wanted = {"the loss": 2 * once["the loss"], "dpred": once["dpred"]}
        reason = f"so a {loss.reduction} over the samples is, when each of them comes twice"
        worst = max(worst, _expect_equal(loss, first, wanted, reason))
    return worst


def _weights(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    pred, actual = example.draw((BATCH,), seed)
    loss = loss_of(example)
    plain = _value_and_gradient(loss, pred, actual)
    ones = _value_and_gradient(loss, pred, actual, torch.ones(BATCH, dtype=torch.float64))
    worst = _expect_equal(loss, ones, plain, "so it is without weights, and with weights of one")
    for left_out in range(BATCH):
        weight = _weight(seed, BATCH)
        weight[left_out] = 0.0
        kept = [index for index in range(BATCH) if index != left_out]
        got = _value_and_gradient(loss, pred, actual, weight)
        wanted = _value_and_gradient(loss, pred[kept], actual[kept], weight[kept])
        if bool(got["dpred"][left_out].any()):
            raise CheckFailed(f"{loss!r}: a sample of weight zero has a gradient (seed {seed})")
        got["dpred"] = got["dpred"][kept]
        reason = "so it is without the sample whose weight is zero"
        worst = max(worst, _expect_equal(loss, got, wanted, reason))
    zero = _value_and_gradient(loss, pred, actual, torch.zeros(BATCH, dtype=torch.float64))
    wanted = {name: torch.zeros_like(tensor) for name, tensor in zero.items()}
    _expect_equal(loss, zero, wanted, "so it is for no weight at all, rather than 0 / 0")
    return worst


def _arguments(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    pred, actual = example.draw((BATCH,), seed)
    weight = _weight(seed, BATCH)
    given = {"pred": pred, "actual": actual, "weight": weight}
    before = {name: tensor.clone() for name, tensor in given.items()}
    loss = loss_of(example)
    found = _value_and_gradient(loss, pred, actual, weight)
    _expect_equal(loss, given, before, "compute_loss and backward must not change it", 0.0)
    value = found["the loss"].clone()
    again = _value_and_gradient(loss, pred, actual, weight)
    _expect_equal(loss, again, found, "so it was the first time, with the same arguments", 0.0)
    _expect_equal(loss, {"the loss": found["the loss"]}, {"the loss": value}, "as it was", 0.0)


def _needs_compute(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
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


def _dtype(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    worst = 0.0
    pred, actual = example.draw((BATCH,), seed)
    loss = loss_of(example)
    for kind, bound in DTYPES.items():
        own_pred = pred.to(kind)
        own_actual = actual.to(kind) if actual.is_floating_point() else actual
        exact_actual = own_actual.double() if actual.is_floating_point() else actual
        got = _value_and_gradient(loss, own_pred, own_actual)
        wanted = _value_and_gradient(loss, own_pred.double(), exact_actual)
        for name, tensor in got.items():
            if tensor.dtype is not kind:
                raise CheckFailed(f"{loss!r}: {name} has dtype {tensor.dtype}, not {kind}")
        found = {name: tensor.double() for name, tensor in got.items()}
        reason = f"as float64 gives it: {kind} is too far"
        worst = max(worst, _expect_equal(loss, found, wanted, reason, bound).figure / bound)
    return Measure(worst, 1.0)


def _layout(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    pred, actual = example.draw((REPLICAS, BATCH), seed)
    loss = loss_of(example, REPLICAS)
    weight = _weight(seed, REPLICAS, BATCH)
    wanted = _value_and_gradient(loss, pred, actual, weight)
    strided = [torch.stack([t, torch.zeros_like(t)], -1)[..., 0] for t in (pred, actual, weight)]
    got = _value_and_gradient(loss, *strided)
    return _expect_equal(loss, got, wanted, "so it is for contiguous arguments")


def _operators(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    loss, operators = loss_of(example), Operators()
    pred, actual = example.draw((BATCH,), seed)
    with torch.inference_mode(), operators:
        _value_and_gradient(loss, pred, actual, _weight(seed, BATCH))
    operators.expect_pure(loss)


def _predict(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
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


def _empty(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    loss = loss_of(example)
    pred, actual = example.draw((0,), seed)
    try:
        found = _value_and_gradient(loss, pred, actual)
    except CoreframeError:
        return
    if not bool(found["the loss"].isfinite()) or found["dpred"].shape != pred.shape:
        raise CheckFailed(
            f"{loss!r}: no samples gave the loss {float(found['the loss'])} and a gradient of "
            f"shape {tuple(found['dpred'].shape)}: give zero, or raise ShapeError"
        )


def _repr(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    check_repr(loss_of(example), seed=seed)


_RUNS: tuple[tuple[str, str, Callable[[Example, int, torch.dtype], Measure | None]], ...] = (
    ("repr", "its repr assembles again to an equal one", _repr),
    ("known", "it gives the numbers that its examples know", _known),
    ("gradient", "backward gives the gradient of the loss", _gradient),
    ("population", "it is one number per replica, as lone losses give it", _population),
    ("shapes", "shapes that do not fit raise, also if they broadcast", _shapes),
    ("reduction", "it is the mean or the sum that it declares", _reduction),
    ("weight", "a sample of weight zero counts as left out", _weights),
    ("extremes", "large and tiny outputs stay finite", _extremes),
    ("needs-forward", "a backward without compute_loss raises", _needs_compute),
    ("arguments", "it changes no argument, and repeats itself", _arguments),
    ("dtype", "float64, float32 and bfloat16 are kept", _dtype),
    ("layout", "arguments may lie in memory in any way", _layout),
    ("empty-batch", "a batch may be empty", _empty),
    ("predict", "predictions and classes can be compared", _predict),
    ("operators", "no operator of autograd is used", _operators),
)

LOSS_CHECKS = tuple(Check(f"loss.{name}", shows, run) for name, shows, run in _RUNS)
