"""Wrong arguments of train_model: one sentence, and nothing has been trained."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from coreframe_toys import Points

import coreframe as cf


def make() -> dict[str, Any]:
    model = cf.assemble(["Affine(2, 3)", "Square", "Affine(3, 2)"], seed=0)
    return {
        "model": model,
        "data": Points(8),
        "loss": cf.create("loss", "MeanOfSquares"),
        "optimizer": cf.create("optimizer", "Descent(lr=0.01)", model),
        "epochs": 2,
        "batch_size": 4,
    }


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "model",
            "Linear(2, 2)",
            r"train_model: model must be a coreframe Module, got 'Linear\(2, 2\)'",
        ),
        ("data", torch.ones(2), "train_model: data must be a coreframe Dataset"),
        ("data", Points(8).train, "train_model: data must be a coreframe Dataset"),
        ("loss", "MSE", "train_model: loss must be a coreframe Loss, got 'MSE'"),
        ("optimizer", None, "train_model: optimizer must be a coreframe Optimizer, got None"),
        ("schedule", 0.5, "train_model: schedule must be a coreframe Schedule, got 0.5"),
        ("epochs", 0, "epochs must be a positive integer, got 0"),
        ("epochs", True, "epochs must be a positive integer, got True"),
        ("epochs", 1.5, "epochs must be a positive integer, got 1.5"),
        ("batch_size", "16", "batch_size must be a positive integer, got '16'"),
        ("start_epoch", -1, "start_epoch must be an integer from 0, got -1"),
    ],
)
def test_a_wrong_argument(name: str, value: Any, message: str) -> None:
    arguments = make()
    before = arguments["model"].state()
    with pytest.raises(cf.ArgumentError, match=message):
        cf.train_model(**arguments | {name: value})
    after = arguments["model"].state()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_integers_of_other_libraries() -> None:
    arguments = make()
    history = cf.train_model(**arguments | {"epochs": torch.tensor(3)})
    assert history.loss.shape == (3,)


class Summed(cf.Loss):
    """ℓ = Σ (pred − actual)²."""

    reduction = "sum"

    def compute_loss(
        self, pred: torch.Tensor, actual: torch.Tensor, weight: torch.Tensor | None = None
    ) -> torch.Tensor:
        assert weight is None
        self.save(pred - actual)
        return self.weighted_sum((pred - actual).square(), 1.0)

    def backward(self) -> torch.Tensor:
        (difference,) = self.saved()
        gradient: torch.Tensor = 2 * difference
        return gradient

    def predict(self, output: torch.Tensor) -> torch.Tensor:
        return output.argmax(-1)

    def classes(self, actual: torch.Tensor) -> torch.Tensor:
        return actual.argmax(-1)


def test_the_loss_of_an_epoch_is_a_sum_where_the_loss_is_one() -> None:
    arguments = make()
    arguments["optimizer"].lr = 0.0
    arguments["loss"] = Summed()
    history = cf.train_model(**arguments)
    whole = cf.evaluate(arguments["model"], arguments["data"].train, arguments["loss"])
    torch.testing.assert_close(history.loss[0], whole.loss, rtol=1e-5, atol=1e-6)
