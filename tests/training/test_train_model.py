"""train_model: the loop, what it returns, what it refuses, and that it goes on."""

from typing import Any

import pytest
import torch
from coreframe_toys import Affine, Points, Square, SumOfSquares
from torch import Tensor

import coreframe as cf

SPECS = ["Affine(2, 5)", "Square", "Affine(5, 2)"]


def make(momentum: float = 0.5, **seeding: Any) -> tuple[cf.Module, cf.Optimizer]:
    model = cf.assemble(SPECS, dtype=torch.float64, **seeding or {"seed": 0})
    return model, cf.create("optimizer", "Descent(lr=0.002)", model, momentum=momentum)


def train(model: cf.Module, optimizer: cf.Optimizer, **settings: Any) -> cf.History:
    data = settings.pop("data", None) or Points(32)
    settings = {"epochs": 2, "batch_size": 8} | settings
    return cf.train_model(model, data, SumOfSquares(), optimizer, **settings)


@pytest.mark.parametrize(
    ("seeding", "replicas"), [({"seed": 0}, ()), ({"seeds": [0]}, (1,)), ({"seeds": [0, 1]}, (2,))]
)
def test_the_history_is_epochs_by_replicas(
    seeding: dict[str, Any], replicas: tuple[int, ...]
) -> None:
    history = train(*make(**seeding), epochs=3)
    assert history.loss.shape == (3, *replicas)
    assert history.train_loss is history.train_accuracy is None
    assert history.test_loss is history.test_accuracy is None

    logged = train(*make(**seeding), epochs=3, log=True)
    assert torch.equal(logged.loss, history.loss)  # looking does not change the training
    for figure in ("train_loss", "train_accuracy", "test_loss", "test_accuracy"):
        assert getattr(logged, figure).shape == (3, *replicas)
        assert getattr(logged, figure).isfinite().all()


def test_what_is_logged_is_what_evaluation_finds() -> None:
    model, optimizer = make(seeds=[0, 1])
    data = Points(32)
    history = train(model, optimizer, data=data, log=True)
    for split, name in ((data.train, "train"), (data.test, "test")):
        loss, accuracy = cf.evaluate(model, split, SumOfSquares())
        assert torch.equal(getattr(history, f"{name}_loss")[-1], loss)
        assert torch.equal(getattr(history, f"{name}_accuracy")[-1], accuracy)


def test_training_lowers_the_loss_and_learns() -> None:
    history = train(*make(seeds=range(4)), epochs=40, log=True)
    assert (history.loss[-1] < 0.5 * history.loss[0]).all()
    assert history.test_accuracy is not None
    assert (history.test_accuracy[-1] > 0.8).all()


def test_one_step_by_hand() -> None:
    layer = cf.assemble(Affine(2, 2), seed=0, dtype=torch.float64)
    data = Points(4)
    assert isinstance(data.train, cf.TensorSplit)
    x, target = data.train.input.double(), data.train.target.double()
    weight, bias = (parameter.value.clone() for parameter in layer.param())
    difference = x @ weight.T + bias - target
    optimizer = cf.create("optimizer", "Descent(lr=0.01)", layer)
    history = cf.train_model(layer, data, SumOfSquares(), optimizer, epochs=1, batch_size=4)
    torch.testing.assert_close(history.loss, difference.square().sum().reshape(1))
    new_weight, new_bias = (parameter.value for parameter in layer.param())
    torch.testing.assert_close(new_weight, weight - 0.01 * 2 * difference.T @ x)
    torch.testing.assert_close(new_bias, bias - 0.01 * 2 * difference.sum(0))


def test_the_loss_of_an_epoch_is_that_of_its_batches_by_their_sizes() -> None:
    model, _ = make()
    still = cf.create("optimizer", "Descent(lr=0)", model)
    loss = cf.create("loss", "MeanOfSquares")
    data = Points(10)
    history = cf.train_model(model, data, loss, still, epochs=2, batch_size=4)
    whole = cf.evaluate(model, data.train, loss).loss
    torch.testing.assert_close(history.loss, whole.expand(2))


def test_a_second_call_goes_on_where_the_first_ended() -> None:
    whole, parts = make(seeds=[0, 1]), make(seeds=[0, 1])
    history = train(*whole, epochs=5)
    first, second = train(*parts, epochs=2), train(*parts, epochs=3)
    assert torch.equal(history.loss, torch.cat([first.loss, second.loss]))
    for one, other in zip(whole[0].param(), parts[0].param(), strict=True):
        assert torch.equal(one.value, other.value)


def test_the_optimizers_state_matters_to_what_comes_after() -> None:
    whole, reset = make(momentum=0.9), make(momentum=0.9)
    train(*whole, epochs=2)
    train(*reset, epochs=2)
    other = cf.create("optimizer", "Descent(lr=0.002, momentum=0.9)", reset[0])
    assert not torch.equal(train(*whole).loss, train(reset[0], other).loss)


def test_on_epoch_is_called_after_every_epoch_with_its_row() -> None:
    seen: list[tuple[int, dict[str, Tensor]]] = []
    model, optimizer = make(seeds=[0, 1])
    history = train(model, optimizer, epochs=3, on_epoch=lambda *row: seen.append(row))
    assert [number for number, _ in seen] == [0, 1, 2]
    assert all(row.keys() == {"loss"} for _, row in seen)
    assert torch.equal(torch.stack([row["loss"] for _, row in seen]), history.loss)

    seen.clear()
    train(model, optimizer, epochs=1, log=True, on_epoch=lambda *row: seen.append(row))
    assert seen[0][1].keys() == {
        "loss",
        "train_loss",
        "train_accuracy",
        "test_loss",
        "test_accuracy",
    }


class Told(cf.Schedule):
    """Gives the factors it was told, and notes what it was asked."""

    def __init__(self, *factors: Any) -> None:
        self.factors, self.asked = factors, list[tuple[int, int]]()

    def factor(self, step: int, total: int) -> Any:
        self.asked.append((step, total))
        return self.factors[step % len(self.factors)]


def test_a_schedule_is_asked_at_every_step() -> None:
    schedule = Told(1.0)
    train(*make(), epochs=2, batch_size=12, schedule=schedule)  # 32 samples: three steps
    assert schedule.asked == [(step, 6) for step in range(6)]


def test_its_factor_multiplies_the_learning_rate() -> None:
    halved, slow = make(), make()
    slow_optimizer = cf.create("optimizer", "Descent(lr=0.001, momentum=0.5)", slow[0])
    one = train(*halved, schedule=Told(0.5))
    other = train(slow[0], slow_optimizer)
    assert torch.equal(one.loss, other.loss)


def test_a_factor_of_zero_leaves_the_model_as_it_is() -> None:
    model, optimizer = make()
    before = model.state()
    train(model, optimizer, schedule=Told(0.0))
    assert all(torch.equal(value, before[name]) for name, value in model.state().items())


def test_one_factor_per_replica() -> None:
    together, fast, slow = make(seeds=[0, 0]), make(), make()
    history = train(*together, schedule=Told([1.0, 0.5], [0.0, 1.0]))
    one = train(*fast, schedule=Told(1.0, 0.0)).loss
    other = train(*slow, schedule=Told(0.5, 1.0)).loss
    torch.testing.assert_close(history.loss, torch.stack([one, other], 1))


def test_a_later_training_without_a_schedule_is_at_the_full_rate() -> None:
    one, other = make(momentum=0.0), make(momentum=0.0)
    train(*one, epochs=1, schedule=Told(0.0))
    train(*other, epochs=1, schedule=Told(0.0))
    fresh = cf.create("optimizer", "Descent(lr=0.002)", other[0])
    assert torch.equal(train(*one).loss, train(other[0], fresh).loss)


def test_a_schedule_may_give_one_factor_per_replica_and_then_one_for_all() -> None:
    together, alone = make(seeds=[0, 0]), make()
    history = train(*together, schedule=Told([0.5, 1.0], 0.5))
    torch.testing.assert_close(history.loss[:, 0], train(*alone, schedule=Told(0.5)).loss)
    train(*together)


@pytest.mark.parametrize("name", ["epochs", "batch_size"])
@pytest.mark.parametrize("number", [0, -1, 1.5, True, None, "3"])
def test_epochs_and_batch_size_are_positive_integers(name: str, number: Any) -> None:
    with pytest.raises(cf.ArgumentError, match=f"{name} must be a positive integer, got "):
        train(*make(), **{name: number})


def test_an_optimizer_of_another_model_is_refused() -> None:
    with pytest.raises(cf.ArgumentError, match=r"Descent\(lr=0.002.*\) was made for another model"):
        train(make()[0], make()[1])


def test_an_optimizer_left_behind_by_a_selection_is_refused() -> None:
    model, optimizer = make(seeds=[0, 1])
    model.select([0])
    with pytest.raises(cf.StaleOptimizer):
        train(model, optimizer)


@pytest.mark.parametrize("seeding", [{"seed": 0}, {"seeds": [0]}, {"seeds": [0, 1, 2]}])
def test_data_of_another_population_is_refused(seeding: dict[str, Any]) -> None:
    with pytest.raises(cf.ShapeError, match=r"the data is for replicas \(2,\), the model has "):
        train(*make(**seeding), data=Points(8, seed=[0, 1]))


class Halves(cf.Dataset):
    """Training and test samples that the test says."""

    def __init__(self, train: cf.Split, test: cf.Split) -> None:
        self.train, self.test = train, test


EMPTY = cf.TensorSplit(torch.zeros(0, 2), torch.zeros(0, 2))


def test_a_split_without_samples_is_refused() -> None:
    with pytest.raises(cf.ShapeError, match="the split has no samples"):
        train(*make(), data=Halves(EMPTY, Points(8).test))


def test_a_test_split_that_cannot_be_logged_is_refused_before_any_step() -> None:
    model, optimizer = make()
    before = model.state()
    data = Halves(Points(8).train, EMPTY)
    with pytest.raises(cf.ShapeError, match="the split has no samples"):
        train(model, optimizer, data=data, log=True)
    assert all(torch.equal(value, before[name]) for name, value in model.state().items())
    train(model, optimizer, data=data)  # without a log nobody reads it


def test_a_batch_may_be_larger_than_the_data() -> None:
    assert train(*make(), batch_size=1000).loss.shape == (2,)


def test_each_replica_may_have_data_of_its_own() -> None:
    seeds = [3, 4, 5]
    together = train(*make(seeds=seeds), data=Points(20, seed=seeds), log=True)
    for replica, seed in enumerate(seeds):
        alone = train(*make(seed=seed), data=Points(20, seed=seed), log=True)
        logged = {name: figures for name, figures in vars(together).items() if figures is not None}
        assert logged.keys() >= {"loss", "train_loss", "test_accuracy"}
        for name, values in logged.items():
            torch.testing.assert_close(
                values[:, replica], getattr(alone, name), rtol=1e-10, atol=1e-10
            )


def test_the_model_is_left_in_training_mode_whatever_it_was_in() -> None:
    model, optimizer = make()
    model.eval()
    train(model, optimizer, log=True)
    assert all(module.training for _, module in model.named_modules())


def test_a_loss_serves_models_of_any_population_one_after_the_other() -> None:
    loss = SumOfSquares()
    for seeding in ({"seeds": [0, 1]}, {"seed": 0}, {"seeds": [0, 1, 2]}):
        model, optimizer = make(**seeding)
        history = cf.train_model(model, Points(8), loss, optimizer, epochs=1)
        assert history.loss.shape == (1, *model.replicas)


class Forgetful(cf.Module):
    """A container that leaves one child without its backward."""

    def __init__(self) -> None:
        self.first, self.second = Square(), Affine(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.second.forward(self.first.forward(x))

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return self.second.backward(*gradwrtoutput)


def test_a_layer_that_is_left_waiting_is_named() -> None:
    model = cf.assemble(Forgetful(), seed=0)
    optimizer = cf.create("optimizer", "Descent(lr=0.01)", model)
    with pytest.raises(cf.ProtocolError, match=r"Square\(\) at first still waits for its backward"):
        train(model, optimizer)
    assert len(model.context.saved) == 0


def test_a_model_without_parameters_trains_to_itself() -> None:
    model = cf.assemble(["Square"], seed=0)
    history = train(model, cf.create("optimizer", "Descent(lr=0.1)", model))
    assert history.loss[0] == history.loss[1]
