"""Every loss against torch.nn.functional and autograd, over random settings and shapes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from coreframe import Loss
from coreframe_losses import MAE, NLL, BinaryCrossEntropy, CrossEntropy, Huber, KLDivergence

SETTINGS = 100

Oracle = Callable[[Tensor, Tensor], Tensor]
"""From outputs and targets `(batch, …)` of one replica, a number for each element or row."""


@dataclass
class Trial:
    """A loss with arguments, and what torch has for it."""

    loss: Loss
    pred: Tensor
    actual: Tensor
    each: Oracle
    mean: Callable[[Tensor, Tensor], Tensor]


@dataclass
class Draw:
    """Random sizes and numbers."""

    choice: random.Random
    generator: torch.Generator
    replicas: tuple[int, ...]
    batch: int
    positions: tuple[int, ...]
    classes: int

    @classmethod
    def of(cls, seed: int) -> Draw:
        choice = random.Random(seed)  # noqa: S311  # sizes, no secrets
        return cls(
            choice,
            torch.Generator().manual_seed(seed),
            choice.choice([(), (1,), (3,), (4,)]),
            choice.randint(1, 6),
            choice.choice([(), (), (2,), (3, 2)]),
            choice.randint(2, 6),
        )

    @property
    def rows(self) -> tuple[int, ...]:
        return (*self.replicas, self.batch, *self.positions)

    def normal(self, *shape: int) -> Tensor:
        scale = self.choice.choice([0.1, 1.0, 3.0, 30.0])
        return torch.randn(shape, generator=self.generator, dtype=torch.float64) * scale

    def uniform(self, *shape: int) -> Tensor:
        return torch.rand(shape, generator=self.generator, dtype=torch.float64)

    def indices(self) -> Tensor:
        return torch.randint(self.classes, self.rows, generator=self.generator)

    def probabilities(self) -> Tensor:
        numbers = self.normal(*self.rows, self.classes).softmax(-1)
        hard = torch.eye(self.classes, dtype=torch.float64)[self.indices()]
        return hard if self.choice.random() < 0.2 else numbers

    def class_weights(self) -> list[float] | None:
        if self.choice.random() < 0.4:
            return None
        return [self.choice.choice([0.5, 1.0, 2.5]) for _ in range(self.classes)]


def like(numbers: list[float] | None) -> Tensor | None:
    return None if numbers is None else torch.tensor(numbers, dtype=torch.float64)


def classes_second(tensor: Tensor) -> Tensor:
    """Where torch wants the classes."""
    return tensor.movedim(-1, 1).contiguous()


def cross_entropy(draw: Draw) -> Trial:
    smoothing = draw.choice.choice([0.0, 0.0, 0.1, 0.5])
    weights = draw.class_weights()
    actual = draw.choice.choice([draw.indices, draw.probabilities])()
    soft = actual.is_floating_point()

    def each(pred: Tensor, actual: Tensor, reduction: str = "none") -> Tensor:
        return functional.cross_entropy(
            classes_second(pred),
            classes_second(actual) if soft else actual,
            weight=like(weights),
            label_smoothing=smoothing,
            reduction=reduction,
        )

    def mean(pred: Tensor, actual: Tensor) -> Tensor:
        return each(pred, actual, "mean") * (1 if soft else mean_weight(weights, actual))

    loss = CrossEntropy(label_smoothing=smoothing, class_weights=weights)
    return Trial(loss, draw.normal(*draw.rows, draw.classes), actual, each, mean)


def mean_weight(weights: list[float] | None, actual: Tensor) -> Tensor | float:
    """(1/n) Σᵢ c(yᵢ), by which torch's mean differs."""
    numbers = like(weights)
    return 1.0 if numbers is None else numbers[actual].mean()


def nll(draw: Draw) -> Trial:
    weights = draw.class_weights()

    def each(pred: Tensor, actual: Tensor, reduction: str = "none") -> Tensor:
        return functional.nll_loss(
            classes_second(pred), actual, weight=like(weights), reduction=reduction
        )

    def mean(pred: Tensor, actual: Tensor) -> Tensor:
        return each(pred, actual, "mean") * mean_weight(weights, actual)

    pred = draw.normal(*draw.rows, draw.classes).log_softmax(-1)
    return Trial(NLL(class_weights=weights), pred, draw.indices(), each, mean)


def kl_divergence(draw: Draw) -> Trial:
    def each(pred: Tensor, actual: Tensor) -> Tensor:
        return functional.kl_div(pred, actual, reduction="none").sum(-1)

    def mean(pred: Tensor, actual: Tensor) -> Tensor:
        rows = pred.flatten(0, -2), actual.flatten(0, -2)
        return functional.kl_div(*rows, reduction="batchmean")

    pred = draw.normal(*draw.rows, draw.classes).log_softmax(-1)
    return Trial(KLDivergence(), pred, draw.probabilities(), each, mean)


def elementwise(
    draw: Draw, loss: Loss, function: Callable[..., Tensor], actual: Tensor | None = None
) -> Trial:
    pred = draw.normal(*draw.rows)
    return Trial(
        loss,
        pred,
        draw.normal(*draw.rows) if actual is None else actual,
        lambda pred, actual: function(pred, actual, reduction="none"),
        lambda pred, actual: function(pred, actual, reduction="mean"),
    )


def binary_cross_entropy(draw: Draw) -> Trial:
    soft = draw.uniform(*draw.rows)
    actual = soft.round() if draw.choice.random() < 0.5 else soft
    function = functional.binary_cross_entropy_with_logits
    return elementwise(draw, BinaryCrossEntropy(), function, actual)


def huber(draw: Draw) -> Trial:
    delta = draw.choice.choice([0.05, 0.5, 1.0, 4.0])

    def function(pred: Tensor, actual: Tensor, *, reduction: str) -> Tensor:
        return functional.huber_loss(pred, actual, reduction=reduction, delta=delta)

    return elementwise(draw, Huber(delta), function)


def mae(draw: Draw) -> Trial:
    return elementwise(draw, MAE(), functional.l1_loss)


TRIALS = pytest.mark.parametrize(
    "make",
    [cross_entropy, nll, kl_divergence, binary_cross_entropy, huber, mae],
    ids=lambda make: str(make.__name__),
)


def by_autograd(
    function: Oracle, pred: Tensor, actual: Tensor, weight: Tensor
) -> tuple[Tensor, Tensor]:
    """The mean with weights of samples, and its gradient, of one replica."""
    leaf = pred.clone().requires_grad_()
    each = function(leaf, actual).reshape(len(pred), -1)
    value = (weight.unsqueeze(-1) * each).sum() / (weight.sum() * each.shape[1])
    (gradient,) = torch.autograd.grad(value, leaf)
    return value.detach(), gradient


@TRIALS
def test_weighted_mean_and_gradient(make: Callable[[Draw], Trial]) -> None:
    for seed in range(SETTINGS):
        draw = Draw.of(seed)
        trial = make(draw)
        loss, pred, actual = trial.loss, trial.pred, trial.actual
        loss.replicas = draw.replicas
        weight = draw.uniform(*draw.replicas, draw.batch) + 0.1
        given = weight if seed % 2 else None
        value = loss.compute_loss(pred, actual, given)
        gradient = loss.backward()
        assert value.shape == draw.replicas
        for r in range(draw.replicas[0] if draw.replicas else 1):
            own = r if draw.replicas else ...
            wanted, wanted_gradient = by_autograd(
                trial.each, pred[own], actual[own], weight[own] if seed % 2 else weight[own] * 0 + 1
            )
            torch.testing.assert_close(value[own], wanted, rtol=1e-11, atol=1e-12)
            torch.testing.assert_close(gradient[own], wanted_gradient, rtol=1e-9, atol=1e-12)


@TRIALS
def test_mean_is_that_of_torch_as_documented(make: Callable[[Draw], Trial]) -> None:
    for seed in range(SETTINGS, 2 * SETTINGS):
        draw = Draw.of(seed)
        draw.replicas = ()
        trial = make(draw)
        value = trial.loss.compute_loss(trial.pred, trial.actual)
        wanted = trial.mean(trial.pred, trial.actual)
        torch.testing.assert_close(value, wanted, rtol=1e-11, atol=1e-12)


def test_class_indices_of_a_single_output_are_targets_zero_and_one() -> None:
    for seed in range(SETTINGS):
        draw = Draw.of(seed)
        draw.classes = 2
        loss = BinaryCrossEntropy()
        loss.replicas = draw.replicas
        pred, actual = draw.normal(*draw.rows, 1), draw.indices()
        value, gradient = loss.compute_loss(pred, actual), loss.backward()
        wanted = loss.compute_loss(pred, actual.double().unsqueeze(-1))
        assert torch.equal(value, wanted)
        assert torch.equal(gradient, loss.backward())
