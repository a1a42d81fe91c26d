"""Evaluation: loss and accuracy of a model on a split."""

from typing import Any

import pytest
import torch
from coreframe_statistics import MeanOfSquares
from coreframe_toys import Affine, Points, Square, SumOfSquares
from torch import Tensor

import coreframe as cf
from coreframe.training import evaluation

# Outputs are the inputs, so that figures can be worked out by hand.
IDENTITY = cf.Sequential
TARGETS = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
OUTPUTS = torch.tensor([[3.0, 1.0], [0.0, 2.0], [0.5, 1.0], [1.0, 0.5]])  # right, wrong, right, …
SQUARES = torch.tensor([5.0, 5.0, 0.25, 1.25])  # per sample, summed over its two outputs


def identity(**seeding: Any) -> cf.Module:
    return cf.assemble("Sequential()", **seeding or {"seed": 0})


def test_accuracy_by_hand() -> None:
    split = cf.TensorSplit(OUTPUTS, TARGETS)
    assert cf.compute_accuracy(identity(), split, MeanOfSquares()) == 0.5


def test_loss_by_hand() -> None:
    split = cf.TensorSplit(OUTPUTS, TARGETS)
    assert cf.evaluate(identity(), split, MeanOfSquares()).loss == SQUARES.sum() / 8
    assert cf.evaluate(identity(), split, SumOfSquares()).loss == SQUARES.sum()


def test_a_population_gets_one_figure_each_also_where_it_shares_the_data() -> None:
    shared = cf.TensorSplit(OUTPUTS, TARGETS)
    result = cf.evaluate(identity(seeds=[0, 1, 2]), shared, MeanOfSquares())
    assert result.loss.shape == result.accuracy.shape == (3,)
    assert result.accuracy.tolist() == [0.5] * 3


def test_each_replica_is_compared_with_its_own_data() -> None:
    inputs = torch.stack([OUTPUTS, TARGETS])
    split = cf.TensorSplit(inputs, TARGETS.expand(2, -1, -1), (2,))
    result = cf.evaluate(identity(seeds=[0, 1]), split, MeanOfSquares())
    assert result.accuracy.tolist() == [0.5, 1.0]
    assert result.loss.tolist() == [SQUARES.sum() / 8, 0.0]


@pytest.mark.parametrize("loss", [MeanOfSquares(), SumOfSquares()])
def test_replicas_of_unequal_length_count_their_own_samples(loss: cf.Loss) -> None:
    rows = [torch.tensor([0]), torch.tensor([1, 2, 3]), torch.tensor([3, 0])]
    split = cf.Subset(cf.TensorSplit(OUTPUTS, TARGETS), rows)
    result = cf.evaluate(identity(seeds=[0, 1, 2]), split, loss)
    assert result.accuracy.tolist() == pytest.approx([1.0, 1 / 3, 0.5])
    for replica, row in enumerate(rows):
        total = SQUARES[row].sum().item()
        wanted = total / (2 * len(row)) if loss.reduction == "mean" else total
        assert result.loss[replica].item() == pytest.approx(wanted)


@pytest.mark.parametrize("rows", [1, 3, 7, 4096])
@pytest.mark.parametrize("loss", [MeanOfSquares(), SumOfSquares()])
@pytest.mark.parametrize("lengths", [None, (20, 13, 1)])
def test_it_does_not_matter_how_many_samples_one_pass_takes(
    monkeypatch: pytest.MonkeyPatch, rows: int, loss: cf.Loss, lengths: tuple[int, ...] | None
) -> None:
    model = cf.assemble(["Affine(2, 2)"], seeds=[0, 1, 2], dtype=torch.float64)
    split = Points(20).train
    if lengths:
        split = cf.Subset(split, [torch.arange(length) for length in lengths])
    whole = cf.evaluate(model, split, loss)
    monkeypatch.setattr(evaluation, "ROWS", rows)
    parts = cf.evaluate(model, split, loss)
    torch.testing.assert_close(parts.loss, whole.loss, rtol=1e-12, atol=0)
    assert torch.equal(parts.accuracy, whole.accuracy)


def test_the_model_is_evaluated_in_evaluation_mode_and_its_modes_are_restored() -> None:
    model = cf.assemble(["Affine(2, 2)", "Noise", "RunningMean(2)"], seed=0)
    noise = model.children()["1"]
    noise.eval()
    random = model.random.state()
    first = cf.evaluate(model, Points(8).train, MeanOfSquares())
    assert cf.evaluate(model, Points(8).train, MeanOfSquares()) == first  # no noise
    assert [module.training for _, module in model.named_modules()] == [True, True, False, True]
    assert torch.equal(model.random.state()["noise"], random["noise"])
    assert not model.state()["2.mean"].any()  # no statistics either


def test_nothing_is_kept() -> None:
    model, loss = cf.assemble(["Affine(2, 2)", "Square"], seed=0), MeanOfSquares()
    cf.compute_accuracy(model, Points(8).train, loss)
    assert len(model.context.saved) == 0
    with pytest.raises(cf.ProtocolError):
        loss.backward()
    assert all(not parameter.grad.any() for parameter in model.param())


def test_after_an_error_modes_are_restored_and_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, loss = cf.assemble(["Affine(2, 2)", "Square"], seed=0), MeanOfSquares()

    def broken(self: Square, x: Tensor) -> Tensor:
        raise RuntimeError("no forward")

    monkeypatch.setattr(Square, "forward", broken)
    with pytest.raises(RuntimeError, match="no forward"):
        cf.evaluate(model, Points(8).train, loss)
    assert all(module.training for _, module in model.named_modules())
    with pytest.raises(cf.ProtocolError):
        loss.backward()
    assert not torch.is_inference_mode_enabled()


def test_the_loss_of_a_training_may_evaluate_another_model_meanwhile() -> None:
    histories = []
    for look in (False, True):
        model = cf.assemble(["Affine(2, 2)"], seeds=[1, 2])
        other = cf.assemble(["Affine(2, 2)"], seed=0)
        loss, data = MeanOfSquares(), Points(8)
        optimizer = cf.create("optimizer", "Descent(lr=0.01)", model)

        def on_epoch(
            epoch: int,
            row: dict[str, Tensor],
            *,
            look: bool = look,
            other: cf.Module = other,
            loss: cf.Loss = loss,
        ) -> None:
            if look:
                cf.evaluate(other, Points(8).test, loss)

        histories.append(
            cf.train_model(model, data, loss, optimizer, epochs=2, on_epoch=on_epoch).loss
        )
    assert torch.equal(*histories)


def test_a_model_without_finite_outputs_predicts_nothing() -> None:
    model = cf.assemble(["Affine(2, 2)"], seeds=[1, 2])
    for parameter in model.param():
        parameter.value[1].fill_(torch.nan)
    accuracy = cf.compute_accuracy(model, Points(8).test, MeanOfSquares())
    assert accuracy[1] == 0
    assert not accuracy.isnan().any()


def test_evaluation_does_not_change_the_training_that_follows() -> None:
    histories = []
    for look in (False, True):
        model = cf.assemble(["Affine(2, 2)", "Noise"], seed=0)
        optimizer = cf.create("optimizer", "Descent(lr=0.01)", model)
        if look:
            cf.evaluate(model, Points(8).test, MeanOfSquares())
        history = cf.train_model(model, Points(8), MeanOfSquares(), optimizer, epochs=2)
        histories.append(history.loss)
    assert torch.equal(*histories)


def test_data_of_another_population_is_refused() -> None:
    split = Points(8, seed=[0, 1]).train
    for model in (identity(), identity(seeds=[0, 1, 2])):
        with pytest.raises(cf.ShapeError, match=r"the data is for replicas \(2,\), the model has "):
            cf.evaluate(model, split, MeanOfSquares())


def test_an_empty_split_is_refused() -> None:
    with pytest.raises(cf.ShapeError, match="the split has no samples"):
        cf.evaluate(identity(), cf.TensorSplit(OUTPUTS[:0], TARGETS[:0]), MeanOfSquares())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_data_of_another_precision_follows_the_model(dtype: torch.dtype) -> None:
    model = cf.assemble(Affine(2, 2), seed=0, dtype=dtype)
    assert cf.evaluate(model, Points(8).train, MeanOfSquares()).loss.dtype is torch.float64


class Unequal(cf.TensorSplit):
    """One whose author lets a replica have no samples."""

    @property
    def lengths(self) -> tuple[int, ...]:
        return (4, 0)


def test_a_replica_without_samples_is_refused() -> None:
    inputs, targets = torch.stack([OUTPUTS] * 2), torch.stack([TARGETS] * 2)
    with pytest.raises(cf.ShapeError, match="the split has no samples for replica 1"):
        cf.evaluate(identity(seeds=[0, 1]), Unequal(inputs, targets, (2,)), MeanOfSquares())


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("model", "Linear(2, 2)", r"model must be a coreframe Module, .* got 'Linear\(2, 2\)'"),
        ("split", Points(8), r"such as data\.test, got Points\(samples=8\)"),
        ("split", torch.ones(2), "split must be a coreframe Split"),
        ("loss", "MSE", "loss must be a coreframe Loss, .* got 'MSE'"),
    ],
)
def test_a_wrong_argument(name: str, value: Any, message: str) -> None:
    arguments: dict[str, Any] = {
        "model": identity(),
        "split": Points(8).test,
        "loss": MeanOfSquares(),
    }
    for function in (cf.evaluate, cf.compute_accuracy):
        with pytest.raises(cf.ArgumentError, match=message):
            function(**arguments | {name: value})


# Two sequences of three times; of the first, all classes are right, of the second, one.
SEQUENCES = torch.tensor([[[2.0, 1], [2, 1], [1, 2]], [[2, 1], [2, 1], [1, 2]]])
CLASSES = torch.eye(2)[torch.tensor([[0, 0, 1], [1, 0, 0]])]


def test_several_predictions_of_a_sample_all_count() -> None:
    split = cf.TensorSplit(SEQUENCES, CLASSES)
    assert cf.compute_accuracy(identity(), split, MeanOfSquares()).item() == pytest.approx(4 / 6)
    population = cf.compute_accuracy(identity(seeds=[0, 1]), split, MeanOfSquares())
    assert population.tolist() == pytest.approx([4 / 6, 4 / 6])


def test_several_predictions_of_the_valid_samples_count() -> None:
    rows = [torch.tensor([0]), torch.tensor([0, 1]), torch.tensor([1])]
    split = cf.Subset(cf.TensorSplit(SEQUENCES, CLASSES), rows)
    accuracy = cf.compute_accuracy(identity(seeds=[0, 1, 2]), split, MeanOfSquares())
    assert accuracy.tolist() == pytest.approx([1.0, 4 / 6, 1 / 3])


def test_an_output_that_is_not_finite_is_one_wrong_prediction() -> None:
    sequences = SEQUENCES.clone()
    sequences[0, 1, 0] = torch.nan
    split = cf.TensorSplit(sequences, CLASSES)
    accuracy = cf.compute_accuracy(identity(), split, MeanOfSquares())
    assert accuracy.item() == pytest.approx(3 / 6)


class OfAll(MeanOfSquares):
    """Predicts one class for the whole batch."""

    def predict(self, output: Tensor) -> Tensor:
        return output.flatten(len(self.replicas)).argmax(-1)


class OtherClasses(MeanOfSquares):
    """Has one class where it has several predictions."""

    def classes(self, actual: Tensor) -> Tensor:
        return actual.flatten(len(self.replicas) + 1).argmax(-1)


@pytest.mark.parametrize("seeding", [{"seed": 0}, {"seeds": [0, 1]}])
def test_predictions_of_another_shape_are_refused(seeding: dict[str, Any]) -> None:
    split = cf.TensorSplit(SEQUENCES, CLASSES)
    with pytest.raises(cf.ShapeError, match=r"OfAll\(\) predicts .*begin with \(\*replicas, batch"):
        cf.evaluate(identity(**seeding), split, OfAll())
    with pytest.raises(cf.ShapeError, match=r"OtherClasses\(\) predicts .* targets have classes"):
        cf.evaluate(identity(**seeding), split, OtherClasses())


def test_a_part_is_evaluated_where_it_lies() -> None:
    model = cf.assemble(["Affine(2, 2)", "Square"], seed=0, dtype=torch.float64)
    storage, part = model.storage, model.children()["0"]
    loss = cf.evaluate(part, Points(8).test, MeanOfSquares()).loss
    assert loss.isfinite()
    assert model.storage is storage
    assert not storage.released
