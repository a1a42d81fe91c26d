"""Population-based training: the worst go on from the best, with settings of their own."""

from typing import Any

import pytest
import torch

import coreframe as cf
from coreframe_search import PopulationBasedTraining

SPECS = ["Linear(13, 16)", "Tanh", "Linear(16, 3)"]
COUNT = 10
RATES = torch.logspace(-5, 0.5, COUNT, dtype=torch.float64).tolist()


def train(
    *watchers: object, epochs: int = 12, lr: Any = RATES, **more: Any
) -> tuple[cf.Module, cf.Optimizer, cf.History]:
    data = cf.create("dataset", "Wine(standardize=True, validation=0.3)", seed=0)
    model = cf.assemble(SPECS, seeds=range(COUNT))
    optimizer = cf.create("optimizer", "SGD", model, lr=lr, momentum=0.9)
    loss = cf.create("loss", "CrossEntropy")
    history = cf.train_model(
        model,
        data,
        loss,
        optimizer,
        epochs=epochs,
        batch_size=16,
        log=["validation"],
        watchers=list(watchers),
        **more,
    )
    return model, optimizer, history


def loss_of(history: cf.History) -> torch.Tensor:
    assert history.validation_loss is not None
    return history.validation_loss


def test_the_worst_copy_the_best_and_vary_their_settings() -> None:
    training = PopulationBasedTraining(every=4, fraction=0.3)
    model, optimizer, history = train(training, epochs=12)
    assert [exploit.epoch for exploit in training.exploits] == [4, 8]
    first = training.exploits[0]
    scores = loss_of(history)[3].nan_to_num(torch.inf)
    order = scores.argsort().tolist()
    for replica, source in enumerate(first.sources):
        if replica in order[-3:]:
            assert source in order[:3]
            factor = first.settings["lr"][replica] / RATES[source]
            assert any(factor == pytest.approx(known) for known in (0.8, 1.25))
        else:
            assert source == replica
            assert first.settings["lr"][replica] == RATES[replica]
    assert vars(optimizer)["lr"] == training.exploits[-1].settings["lr"]
    assert model.replicas == (COUNT,)


def test_it_beats_the_same_population_without_it() -> None:
    _, _, plain = train(epochs=24)
    _, _, better = train(PopulationBasedTraining(every=3), epochs=24)
    assert loss_of(better)[-1].median() < 0.9 * loss_of(plain)[-1].median()


def test_a_replica_that_diverged_is_taken_over() -> None:
    rates = [0.1] * (COUNT - 1) + [1e30]
    training = PopulationBasedTraining(every=3, fraction=0.1)
    model, _, history = train(training, lr=rates, epochs=6)
    assert training.exploits[0].sources[-1] != COUNT - 1
    assert loss_of(history)[-1].isfinite().all()
    assert all(value.isfinite().all() for value in model.state().values())


def test_a_resumed_run_exploits_alike() -> None:
    class Halt:
        @cf.hookimpl
        def coreframe_run_step(self, run: cf.Run) -> None:
            if (run.epoch, run.step) == (5, 2):
                kept.append(run.progress())
                run.stop("enough")

    kept: list[cf.Progress] = []
    through, _, expected = train(PopulationBasedTraining(every=4), epochs=10)
    model, optimizer, _ = train(PopulationBasedTraining(every=4), Halt(), epochs=10)
    data = cf.create("dataset", "Wine(standardize=True, validation=0.3)", seed=0)
    again = PopulationBasedTraining(every=4)
    history = cf.train_model(
        model,
        data,
        cf.create("loss", "CrossEntropy"),
        optimizer,
        epochs=10,
        batch_size=16,
        log=["validation"],
        watchers=[again],
        resume=kept[0],
    )
    assert [exploit.epoch for exploit in again.exploits] == [8]
    assert torch.equal(loss_of(history).nan_to_num(7), loss_of(expected).nan_to_num(7))
    for name, value in through.state().items():
        assert torch.equal(value, model.state()[name]), name


def test_a_product_out_of_range_leaves_the_setting() -> None:
    training = PopulationBasedTraining(every=2, explore={"momentum": [1.25]})
    _, _, _ = train(training, epochs=4)
    assert set(training.exploits[0].settings["momentum"]) == {0.9}


def test_it_says_what_is_wrong() -> None:
    with pytest.raises(cf.ArgumentError, match=r"fraction must be above 0 and at most 0\.5, got 1"):
        PopulationBasedTraining(fraction=1)
    with pytest.raises(cf.ArgumentError, match="factors of lr must be positive"):
        PopulationBasedTraining(explore={"lr": [0.8, -1]})
    with pytest.raises(cf.ArgumentError, match="has no hyperparameter beta to explore; it has lr"):
        train(PopulationBasedTraining(explore={"beta": [2.0]}))
    with pytest.raises(cf.ArgumentError, match="ranks by test_loss, and the run logs loss, valid"):
        train(PopulationBasedTraining("test_loss"))
    lone = cf.assemble(SPECS, seed=0)
    data = cf.create("dataset", "Wine", seed=0)
    optimizer = cf.create("optimizer", "SGD(lr=0.1)", lone)
    with pytest.raises(cf.ArgumentError, match="needs a population"):
        cf.train_model(
            lone,
            data,
            cf.create("loss", "CrossEntropy"),
            optimizer,
            watchers=[PopulationBasedTraining()],
        )
