"""Values of a loss: is it the number that it says, with its gradient?"""

from __future__ import annotations

import torch
from torch import Tensor

from coreframe.errors import CheckFailed
from coreframe.interfaces.example import Example
from coreframe.interfaces.loss import Loss
from coreframe.testing.comparison import expect_equal
from coreframe.testing.differences import GRADIENT_BOUND
from coreframe.testing.gradients import check_loss_gradients
from coreframe.testing.known_values import KNOWN_BOUND, known_tensor
from coreframe.testing.measure import Finding, Measure, NotTried
from coreframe.testing.population import check_loss_population
from coreframe.testing.precision import LARGE
from coreframe.testing.subjects import loss_of
from coreframe.testing.trial import TOLERANCE

__all__ = [
    "check_gradient_of_loss",
    "check_loss_extremes",
    "check_loss_known",
    "check_loss_reduction",
    "check_loss_weights",
    "check_population_of_loss",
    "draw_weight",
    "value_and_gradient",
]

BATCH, REPLICAS = 4, 3
CLOSE = TOLERANCE[torch.float64]
MODERATE = 1e4  # outputs that happen while a training diverges


def value_and_gradient(
    loss: Loss, pred: Tensor, actual: Tensor, weight: Tensor | None = None
) -> dict[str, Tensor]:
    """The loss, and its gradient for the outputs, by name."""
    return {"the loss": loss.compute_loss(pred, actual, weight), "dpred": loss.backward()}


def draw_weight(seed: int, *shape: int) -> Tensor:
    """Weights from 0.1 to 1.1."""
    weight = torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return weight + 0.1


def check_loss_known(example: Example, seed: int, dtype: torch.dtype) -> Finding:  # noqa: ARG001
    """The loss is what the example knows it to be."""
    loss = loss_of(example)
    worst: Measure | None = None
    for (pred, actual), value in example.known:
        got = loss.compute_loss(known_tensor(pred).double(), known_tensor(actual))
        wanted = known_tensor(value).double()
        reason = f"so it is known for pred {pred} and actual {actual}"
        found = expect_equal(loss, {"the loss": got}, {"the loss": wanted}, reason, KNOWN_BOUND)
        worst = max(worst or found, found)
    return worst or NotTried("no value of it is known")


def check_gradient_of_loss(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    """Backward gives the gradient, with weights and without, alone and in a population."""
    worst = Measure(0.0, GRADIENT_BOUND, "tolerances")
    for leading in ((BATCH,), (1,), (REPLICAS, BATCH)):
        pred, actual = example.draw(leading, seed)
        loss = loss_of(example, *leading[:-1])
        for weight in (None, draw_weight(seed, *leading)):
            worst = max(worst, check_loss_gradients(loss, pred, actual, weight, seed=seed))
    return worst


def check_population_of_loss(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    """A loss of R replicas gives what R lone ones give, whatever the sizes."""
    worst = Measure(0.0, CLOSE)
    for leading in ((REPLICAS, BATCH), (REPLICAS, REPLICAS), (REPLICAS, 1), (1, BATCH)):
        pred, actual = example.draw(leading, seed)
        for weight in (None, draw_weight(seed, *leading)):
            worst = max(worst, check_loss_population(loss_of(example), pred, actual, weight))
    return worst


def check_loss_reduction(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    """When each sample comes twice, a mean stays and a sum doubles."""
    worst = Measure(0.0, CLOSE)
    for leading in ((BATCH,), (1,), (REPLICAS, BATCH)):
        pred, actual = example.draw(leading, seed)
        loss = loss_of(example, *leading[:-1])
        once = value_and_gradient(loss, pred, actual)
        axis = len(leading) - 1
        twice = value_and_gradient(
            loss, torch.cat([pred, pred], axis), torch.cat([actual, actual], axis)
        )
        first = {
            "the loss": twice["the loss"],
            "dpred": twice["dpred"].narrow(axis, 0, leading[-1]),
        }
        if loss.reduction == "mean":
            wanted = {"the loss": once["the loss"], "dpred": once["dpred"] / 2}
        else:
            wanted = {"the loss": 2 * once["the loss"], "dpred": once["dpred"]}
        reason = f"so a {loss.reduction} over the samples is, when each of them comes twice"
        worst = max(worst, expect_equal(loss, first, wanted, reason, CLOSE))
    return worst


def check_loss_weights(example: Example, seed: int, dtype: torch.dtype) -> Measure:  # noqa: ARG001
    """A sample of weight zero counts as left out; weights of one change nothing."""
    pred, actual = example.draw((BATCH,), seed)
    loss = loss_of(example)
    plain = value_and_gradient(loss, pred, actual)
    ones = value_and_gradient(loss, pred, actual, torch.ones(BATCH, dtype=torch.float64))
    worst = expect_equal(
        loss, ones, plain, "so it is without weights, and with weights of one", CLOSE
    )
    for left_out in range(BATCH):
        weight = draw_weight(seed, BATCH)
        weight[left_out] = 0.0
        kept = [index for index in range(BATCH) if index != left_out]
        got = value_and_gradient(loss, pred, actual, weight)
        wanted = value_and_gradient(loss, pred[kept], actual[kept], weight[kept])
        if bool(got["dpred"][left_out].any()):
            raise CheckFailed(f"{loss!r}: a sample of weight zero has a gradient (seed {seed})")
        got["dpred"] = got["dpred"][kept]
        reason = "so it is without the sample whose weight is zero"
        worst = max(worst, expect_equal(loss, got, wanted, reason, CLOSE))
    doubled = value_and_gradient(loss, pred, actual, 2 * torch.ones(BATCH, dtype=torch.float64))
    factor = 1 if loss.reduction == "mean" else 2
    wanted = {name: factor * tensor for name, tensor in plain.items()}
    reason = f"so a weighted {loss.reduction} is, when every weight is 2"
    worst = max(worst, expect_equal(loss, doubled, wanted, reason, CLOSE))
    return max(worst, _without_weight(example, seed))


def _without_weight(example: Example, seed: int) -> Measure:
    """A replica of no weight at all is zero, and the others do not notice."""
    pred, actual = example.draw((REPLICAS, BATCH), seed)
    loss, weight = loss_of(example, REPLICAS), draw_weight(seed, REPLICAS, BATCH)
    wanted = value_and_gradient(loss, pred, actual, weight)
    weight[1] = 0.0
    for tensor in wanted.values():
        tensor[1] = 0.0
    got = value_and_gradient(loss, pred, actual, weight)
    reason = "so it is where replica 1 has no weight at all, rather than 0 / 0"
    return expect_equal(loss, got, wanted, reason, CLOSE)


def check_loss_extremes(example: Example, seed: int, dtype: torch.dtype) -> None:  # noqa: ARG001
    """Outputs up to 1e4 give finite numbers; of 1e12, float32 is finite wherever float64 is."""
    for scale in (1e-30, 1e2, 1e4, 1e12):
        pred, actual = example.draw((BATCH,), seed)
        loss = loss_of(example)
        exact = value_and_gradient(loss, pred * scale, actual)
        single = value_and_gradient(
            loss, (pred * scale).float(), actual.float() if actual.is_floating_point() else actual
        )
        for name, tensor in exact.items():
            lost = ~single[name].isfinite() & (tensor.abs() < LARGE)
            if scale <= MODERATE:
                lost |= ~tensor.isfinite()
            if bool((tensor.isnan() | single[name].isnan() | lost).any()):
                raise CheckFailed(
                    f"{loss!r}: {name} is not finite for outputs of size {scale:g}: float64 gives "
                    f"{_largest(tensor):.6g} and float32 {_largest(single[name]):.6g} (seed {seed})"
                )


def _largest(tensor: Tensor) -> float:
    return float(tensor.abs().max())
