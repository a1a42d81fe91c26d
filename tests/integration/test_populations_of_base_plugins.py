"""A population of the base plugins' components gives each lone run's figures, to rounding.

Double precision agrees to ten digits over a few epochs, single precision to three decimals.
"""

from typing import Any

import pytest
import torch
from coreframe_toys import Points
from torch import Tensor

import coreframe as cf

for plugin in ("linear", "activations", "losses", "optimizers"):
    pytest.importorskip(f"coreframe_{plugin}")

SEEDS = [3, 4, 5]
NETWORKS = [
    ["Linear(2, 2)"],
    ["Linear(2, 25)", "ReLU", "Linear(25, 2)"],
    ["Linear(2, 25)", "ReLU", "Linear(25, 25)", "ReLU", "Linear(25, 25)", "ReLU", "Linear(25, 2)"],
    ["Linear(2, 7)", "Tanh", "Sequential(Linear(7, 5), Sigmoid)", "Linear(5, 2)", "Tanh"],
]


def train(specs: list[str], data: cf.Dataset, dtype: torch.dtype, **how: Any) -> Any:
    settings = {name: how.pop(name) for name in ("lr", "momentum")}
    batch_size = how.pop("batch_size")
    model = cf.assemble(specs, dtype=dtype, **how)
    loss, optimizer = cf.create("loss", "MSE"), cf.create("optimizer", "SGD", model, **settings)
    history = cf.train_model(
        model, data, loss, optimizer, epochs=3, batch_size=batch_size, log=True
    )
    return model, optimizer, history, loss


def expect_close(together: Tensor, alone: Tensor, tolerance: float) -> None:
    assert alone.isfinite().all()
    torch.testing.assert_close(together, alone, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("specs", NETWORKS, ids=len)
@pytest.mark.parametrize("batch_size", [1, 16, 50, 61])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-3)])
def test_every_replica_gives_the_figures_of_its_lone_run(
    specs: list[str], batch_size: int, dtype: torch.dtype, tolerance: float
) -> None:
    data = Points(61)
    how = {"batch_size": batch_size, "lr": 0.05, "momentum": 0.8}
    model, optimizer, history, _ = train(specs, data, dtype, seeds=SEEDS, **how)
    for replica, seed in enumerate(SEEDS):
        lone, its, alone, _ = train(specs, data, dtype, seed=seed, **how)
        for name in ("loss", "train_loss", "test_loss"):
            expect_close(getattr(history, name)[:, replica], getattr(alone, name), tolerance)
        for name, value in lone.state().items():
            expect_close(model.state()[name][replica], value, tolerance)
        for name, value in its.state().items():
            if value.dim():
                expect_close(optimizer.state()[name][replica], value, tolerance)
        assert torch.equal(model.random.state()["order"][replica], lone.random.state()["order"])


def test_each_replica_may_have_rate_momentum_and_gain_of_its_own() -> None:
    settings = [(0.01, 0.0, 0.5), (0.1, 0.5, 1.0), (0.05, 0.9, 2.0)]
    rates, momenta, gains = ([row[column] for row in settings] for column in range(3))
    specs = ["Linear(2, 25, gain={})", "ReLU", "Linear(25, 2, gain={})"]
    how: dict[str, Any] = {"batch_size": 16, "dtype": torch.float64, "data": Points(100)}
    together = train(
        [spec.format(gains) for spec in specs], lr=rates, momentum=momenta, seeds=SEEDS, **how
    )
    for replica, (rate, momentum, gain) in enumerate(settings):
        lone = [spec.format(gain) for spec in specs]
        alone = train(lone, lr=rate, momentum=momentum, seed=SEEDS[replica], **how)
        expect_close(together[2].loss[:, replica], alone[2].loss, 1e-10)


@pytest.mark.parametrize("samples", [100, 101])
def test_folds_of_unequal_size_train_as_lone_trainings(samples: int) -> None:
    data = Points(samples)
    how = {"batch_size": 16, "lr": 0.05, "momentum": 0.8}
    folds = cf.Folds(data, 3)
    model, _, history, loss = train(NETWORKS[1], folds, torch.float64, seeds=SEEDS, **how)
    held_out = cf.evaluate(model, folds.part("validation"), loss)
    for fold, seed in enumerate(SEEDS):
        alone = cf.Folds(data, 3).select(fold)
        lone, _, its, loss = train(NETWORKS[1], alone, torch.float64, seed=seed, **how)
        expect_close(history.loss[:, fold], its.loss, 1e-10)
        evaluation = cf.evaluate(lone, alone.part("validation"), loss)
        expect_close(held_out.loss[fold], evaluation.loss, 1e-10)
        assert held_out.accuracy[fold] == evaluation.accuracy


def test_a_checkpoint_of_a_population_goes_on_bit_for_bit(tmp_path: Any) -> None:
    how: dict[str, Any] = {"batch_size": 16, "lr": [0.01, 0.03, 0.1], "momentum": 0.8}
    model, optimizer, _, loss = train(NETWORKS[2], Points(100), torch.float32, seeds=SEEDS, **how)
    cf.save_checkpoint(tmp_path / "run", model, optimizer)
    loaded = cf.load_checkpoint(tmp_path / "run")
    assert loaded.optimizer is not None
    losses = [
        cf.train_model(one, Points(100), loss, its, epochs=2).loss
        for one, its in ((model, optimizer), (loaded.model, loaded.optimizer))
    ]
    assert torch.equal(*losses)
