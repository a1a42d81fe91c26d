"""Losses: predictions and probabilities, wrong arguments, and numbers at their limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

import coreframe as cf
from coreframe import ArgumentError, Loss, ShapeError
from coreframe_losses import MAE, MSE, NLL, BinaryCrossEntropy, CrossEntropy, Huber, KLDivergence

LOGITS = torch.tensor([[0.0, 2.0, -1.0], [3.0, 0.0, 1.0]], dtype=torch.float64)


def of_population(loss: Loss, count: int) -> Loss:
    loss.replicas = (count,)
    return loss


# ---- predictions and probabilities ----


@pytest.mark.parametrize("make", [CrossEntropy, NLL, KLDivergence, MAE, Huber, MSE])
def test_the_largest_output_is_predicted(make: Callable[[], Loss]) -> None:
    assert make().predict(LOGITS).tolist() == [1, 0]
    many = of_population(make(), 4).predict(LOGITS.expand(4, 2, 3))
    assert many.tolist() == [[1, 0]] * 4


@pytest.mark.parametrize("make", [MAE, Huber])
def test_a_single_output_is_a_value(make: Callable[[], Loss]) -> None:
    assert torch.equal(make().predict(LOGITS[:, :1]), LOGITS[:, 0])
    assert torch.equal(make().predict(LOGITS[:, 0]), LOGITS[:, 0])
    with pytest.raises(ArgumentError, match="probabilities"):
        make().probabilities(LOGITS)


def test_binary_predictions() -> None:
    loss = BinaryCrossEntropy()
    logits = torch.tensor([[-2.0], [0.0], [1e-3]])
    assert loss.predict(logits).tolist() == [0, 0, 1]
    assert loss.predict(logits.squeeze(-1)).tolist() == [0, 0, 1]
    assert loss.classes(torch.tensor([[0.5], [0.51], [0.0]])).tolist() == [0, 1, 0]
    assert loss.classes(torch.tensor([1, 0])).tolist() == [1, 0]
    assert loss.predict(torch.tensor([[1.0, -1.0]])).tolist() == [[1, 0]]


def test_probabilities() -> None:
    torch.testing.assert_close(CrossEntropy().probabilities(LOGITS), LOGITS.softmax(-1))
    torch.testing.assert_close(BinaryCrossEntropy().probabilities(LOGITS), LOGITS.sigmoid())
    for loss in (NLL(), KLDivergence()):
        logs = LOGITS.log_softmax(-1)
        torch.testing.assert_close(loss.probabilities(logs), LOGITS.softmax(-1))


@pytest.mark.parametrize("soft", [False, True])
def test_classes_of_targets(soft: bool) -> None:
    classes = torch.tensor([2, 0])
    actual = torch.eye(3)[classes] if soft else classes
    assert torch.equal(CrossEntropy().classes(actual), classes)


# ---- relations between them ----


def test_cross_entropy_is_nll_of_the_log_softmax() -> None:
    actual, weights = torch.tensor([2, 0]), [0.5, 1.0, 3.0]
    one, other = CrossEntropy(class_weights=weights), NLL(class_weights=weights)
    value = other.compute_loss(LOGITS.log_softmax(-1), actual)
    torch.testing.assert_close(one.compute_loss(LOGITS, actual), value)


def test_one_hot_targets_are_class_indices() -> None:
    actual = torch.tensor([2, 0])
    for loss in (CrossEntropy(), CrossEntropy(label_smoothing=0.2, class_weights=[1, 2, 0.5])):
        wanted, gradient = loss.compute_loss(LOGITS, actual), loss.backward()
        got = loss.compute_loss(LOGITS, torch.eye(3, dtype=torch.float64)[actual])
        torch.testing.assert_close(got, wanted)
        torch.testing.assert_close(loss.backward(), gradient)


def test_means_of_batches_add_up() -> None:
    """A mean over the samples does, also with class weights; evaluation relies on it."""
    loss, actual = CrossEntropy(class_weights=[0.1, 1.0, 5.0]), torch.tensor([2, 0])
    parts = [loss.compute_loss(LOGITS[i : i + 1], actual[i : i + 1]) for i in range(2)]
    torch.testing.assert_close(loss.compute_loss(LOGITS, actual), (parts[0] + parts[1]) / 2)


def test_two_logits_are_one() -> None:
    z, actual = LOGITS[:, 0], torch.tensor([1, 0])
    two = CrossEntropy().compute_loss(torch.stack([torch.zeros_like(z), z], -1), actual)
    torch.testing.assert_close(BinaryCrossEntropy().compute_loss(z, actual), two)


def test_a_single_class_costs_nothing() -> None:
    loss = CrossEntropy()
    assert loss.compute_loss(LOGITS[:, :1], torch.zeros(2, dtype=torch.int64)).item() == 0
    assert not loss.backward().any()


# ---- wrong arguments ----

WRONG_SETTINGS: list[tuple[Callable[[], Loss], str]] = [
    (lambda: CrossEntropy(label_smoothing=1.0), "label_smoothing must be .* got 1.0"),
    (lambda: CrossEntropy(label_smoothing=-0.1), "from 0 to below 1, got -0.1"),
    (lambda: CrossEntropy(label_smoothing=float("nan")), "got nan"),
    (lambda: CrossEntropy(class_weights=[1.0, -1.0]), "none of them negative"),
    (lambda: CrossEntropy(class_weights=[0, 0]), "must not all be zero"),
    (lambda: NLL(class_weights=[1.0, float("inf")]), "finite numbers"),
    (lambda: NLL(class_weights=2.0), "must be a list"),  # type: ignore[arg-type]  # on purpose
    (lambda: NLL(class_weights=[True, 1]), "finite numbers"),
    (lambda: Huber(0.0), "delta must be a positive finite number, got 0.0"),
    (lambda: Huber(float("inf")), "got inf"),
    (lambda: Huber("1"), "got '1'"),  # type: ignore[arg-type]  # on purpose
    (lambda: Huber(delta=True), "got True"),
]


@pytest.mark.parametrize(("make", "message"), WRONG_SETTINGS)
def test_wrong_setting(make: Callable[[], Loss], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


@pytest.mark.parametrize("loss", [CrossEntropy(), NLL(), CrossEntropy(label_smoothing=0.1)])
@pytest.mark.parametrize("index", [3, -1])
def test_index_of_no_class(loss: Loss, index: int) -> None:
    with pytest.raises(ArgumentError, match=rf"index {index}; of 3 classes .* 0 to 2"):
        loss.compute_loss(LOGITS, torch.tensor([0, index]))


@pytest.mark.parametrize("loss", [CrossEntropy(), NLL()])
def test_indices_of_another_type(loss: Loss) -> None:
    with pytest.raises(ArgumentError, match=r"int64, got torch\.int32"):
        loss.compute_loss(LOGITS, torch.tensor([0, 1], dtype=torch.int32))
    with pytest.raises(ArgumentError, match=r"int64, got torch\.bool"):
        BinaryCrossEntropy().compute_loss(LOGITS[:, 0], torch.tensor([True, False]))


CLASSES = torch.tensor([0, 1])

MISFITS: list[tuple[Loss, Tensor, Any, str]] = [
    (CrossEntropy(class_weights=[1, 2]), LOGITS, CLASSES, "2 class weights .* of 3 classes"),
    (NLL(class_weights=[1, 2]), LOGITS, CLASSES, "2 class weights .* of 3 classes"),
    (CrossEntropy(), LOGITS[:, 0], CLASSES, "needs outputs .*classes"),
    (CrossEntropy(), LOGITS[:, 0], LOGITS[:, 0], "needs outputs .*classes"),
    (KLDivergence(), LOGITS[:, 0], LOGITS[:, 0], "needs outputs .*classes"),
    (CrossEntropy(), LOGITS[:, :0], CLASSES, "at least one class"),
    (NLL(), LOGITS, CLASSES.unsqueeze(-1), r"needs class indices \(2,\)"),
    (CrossEntropy(), LOGITS, LOGITS[:, 0], r"outputs' shape \(2, 3\)"),
    (BinaryCrossEntropy(), LOGITS, CLASSES, "for a single output"),
    (BinaryCrossEntropy(), LOGITS[:, :1], CLASSES.unsqueeze(-1), "for a single output"),
]


@pytest.mark.parametrize(("loss", "pred", "actual", "message"), MISFITS)
def test_shapes_that_do_not_fit(loss: Loss, pred: Tensor, actual: Tensor, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        loss.compute_loss(pred, actual)


def test_specs() -> None:
    for spec in (
        "CrossEntropy(label_smoothing=0.1, class_weights=[1.0, 2.0])",
        "BinaryCrossEntropy()",
        "Huber(delta=0.5)",
        "NLL(class_weights=[1, 0.5])",
    ):
        assert repr(cf.create("loss", spec)) == spec


# ---- numbers at their limits ----


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_extremes(dtype: torch.dtype) -> None:
    large = torch.finfo(dtype).max / 8
    rows = torch.tensor([[large, -large, 0.0], [-large, 0.0, large]], dtype=dtype)
    actual, soft = torch.tensor([1, 2]), torch.eye(3, dtype=dtype)[torch.tensor([1, 2])]
    trials: list[tuple[Loss, Tensor]] = [
        (CrossEntropy(), actual),
        (CrossEntropy(label_smoothing=0.1), soft),
        (BinaryCrossEntropy(), soft),
        (NLL(), actual),
        (KLDivergence(), soft),
        (MAE(), soft),
        (Huber(0.5), soft),
    ]
    for loss, target in trials:
        value = loss.compute_loss(rows, target)
        assert value.dtype is dtype
        assert bool(value.isfinite()), loss
        assert bool(loss.backward().isfinite().all()), loss


def test_targets_of_zero_cost_nothing_in_kl_divergence() -> None:
    actual = torch.tensor([[1.0, 0.0]])
    value = KLDivergence().compute_loss(torch.tensor([[-1.0, -2.0]]), actual)
    assert value.item() == 1


def test_class_weights_follow_the_outputs() -> None:
    """They are exact in each dtype, whichever came before."""
    loss, actual = NLL(class_weights=[0.1, 0.2, 0.3]), torch.tensor([2, 0])
    wanted = loss.compute_loss(LOGITS, actual)
    assert loss.compute_loss(LOGITS.bfloat16(), actual).dtype is torch.bfloat16
    assert torch.equal(loss.compute_loss(LOGITS, actual), wanted)


# ---- training ----


@pytest.mark.parametrize("spec", ["CrossEntropy", "CrossEntropy(label_smoothing=0.1)"])
def test_a_population_learns_classes(spec: str) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(60, 2, generator=generator)
    actual = (x[:, 0] > 0).long() + (x[:, 1] > 0).long()
    loss = cf.create("loss", spec)
    loss.replicas = (3,)
    weight = torch.zeros(3, 3, 3)
    bias = torch.zeros(3, 1, 3)
    features = torch.cat([x, x.square()], -1)[:, :3].expand(3, 60, 3)
    first = loss.compute_loss(features @ weight + bias, actual.expand(3, 60))
    for _ in range(200):
        last = loss.compute_loss(features @ weight + bias, actual.expand(3, 60))
        gradient = loss.backward()
        weight -= 0.5 * features.mT @ gradient
        bias -= 0.5 * gradient.sum(-2, keepdim=True)
    assert bool((last < 0.7 * first).all())
    hits = loss.predict(features @ weight + bias) == loss.classes(actual.expand(3, 60))
    assert float(hits.double().mean()) > 0.8
