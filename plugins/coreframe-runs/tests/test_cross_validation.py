"""Cross-validation: each fold is what its lone run is, and nothing of a held-out sample leaks."""

import csv
import json
import subprocess
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest
import torch
from torch import Tensor

import coreframe as cf
from coreframe_runs import CrossValidation, Scores, cross_validate

Coreframe = Callable[..., subprocess.CompletedProcess[str]]

LAYERS = ["Standardize(4)", "Linear(4, 8)", "Tanh", "Dropout(0.1)", "Linear(8, 3)"]
SETTINGS: dict[str, Any] = {"epochs": 6, "batch_size": 8, "clip_norm": 1.0}


def iris() -> cf.Dataset:
    return cf.create("dataset", "Iris(validation=0.0)")  # 120 training samples


def run(data: cf.Dataset | None = None, seed: int = 3, **more: Any) -> CrossValidation:
    model = cf.assemble(LAYERS, seed=seed, dtype=torch.float64)
    return cross_validate(
        model,
        data or iris(),
        cf.create("loss", "CrossEntropy"),
        cf.create("optimizer", "AdamW(lr=0.02)", model),
        **(SETTINGS | {"schedule": cf.create("schedule", "Cosine()")} | more),
    )


@pytest.mark.parametrize(("folds", "repeats"), [(3, 1), (7, 1), (4, 2)])
def test_each_fold_is_what_its_lone_run_is(folds: int, repeats: int) -> None:
    found = run(folds=folds, repeats=repeats)
    assert found.accuracy is not None
    assert len(found.loss.values) == folds * repeats
    if folds == 7:
        assert len(set(found.data.train.lengths or ())) == 2, "folds of unequal sizes"
    for replica in range(folds * repeats):
        data = cf.Folds(iris(), folds, seed=3, repeats=repeats).select(replica)
        model = cf.assemble(LAYERS, seed=3 + replica, dtype=torch.float64)
        first = model.children()["0"]
        assert hasattr(first, "fit")
        first.fit(data.train)
        loss = cf.create("loss", "CrossEntropy")
        optimizer = cf.create("optimizer", "AdamW(lr=0.02)", model)
        schedule = cf.create("schedule", "Cosine()")
        cf.train_model(model, data, loss, optimizer, schedule=schedule, **SETTINGS)
        alone = cf.evaluate(model, data.part("validation"), loss)
        assert found.loss.values[replica] == pytest.approx(float(alone.loss), rel=1e-5)
        assert found.accuracy.values[replica] == float(alone.accuracy)
        for name, value in model.state().items():
            torch.testing.assert_close(found.models.state()[name][replica], value)


def spoil(data: cf.Dataset, rows: Tensor) -> cf.TensorDataset:
    """The same data, but with other inputs in these training samples."""
    train = data.train
    assert isinstance(train, cf.TensorSplit)
    x = train.input.clone()
    x[rows] = 1000 * x[rows] - 77
    return cf.TensorDataset(train=(x, train.target), test=data.test)


def test_nothing_of_a_held_out_sample_reaches_the_training() -> None:
    before = run(folds=4)
    train = iris().train
    assert isinstance(train, cf.TensorSplit)
    numbered = cf.TensorDataset(
        train=(torch.arange(len(train)).unsqueeze(1), train.target), test=iris().test
    )
    for fold in range(4):
        held_out = cf.Folds(numbered, 4, seed=3).select(fold).part("validation")
        rows = held_out.take(torch.arange(len(held_out)))[0][:, 0]
        after = run(spoil(iris(), rows), folds=4)
        for name, value in before.models.state().items():
            same = [torch.equal(value[f], after.models.state()[name][f]) for f in range(4)]
            assert same == [f == fold for f in range(4)], name
        assert after.loss.values[fold] != before.loss.values[fold]


def test_the_seeds_deal_the_folds_and_begin_each_model() -> None:
    one, again, other = run(folds=3), run(folds=3), run(folds=3, seed=4)
    assert one.loss.values == again.loss.values
    assert one.loss.values != other.loss.values
    assert one.models.random.seeds == (3, 4, 5)


def test_a_regression_has_no_accuracy_and_no_strata() -> None:
    x = torch.linspace(-1, 1, 31).unsqueeze(1)
    data = cf.TensorDataset(train=(x, x.square()), test=(x, x.square()))
    model = cf.assemble(["Linear(1, 8)", "Tanh", "Linear(8, 1)"], seed=0)
    optimizer = cf.create("optimizer", "Adam(lr=0.05)", model)
    loss = cf.create("loss", "MSE")
    found = cross_validate(model, data, loss, optimizer, folds=3, epochs=40)
    assert list(found.scores) == ["loss"]
    assert max(found.loss.values) < 0.08, "it learns: the variance of the targets is 0.09"
    with pytest.raises(cf.ArgumentError, match="name none"):
        cross_validate(model, data, loss, optimizer, stratified=True)


def test_a_fold_that_diverges_has_no_figure() -> None:
    data = iris()
    assert isinstance(data.train, cf.TensorSplit)
    held_out = cf.Folds(data, 3, seed=0).part("validation").select(0)
    x = data.train.input.clone()
    own = held_out.take(torch.arange(1))[0][0]
    x[(x == own).all(1)] = 1e30  # a sample of fold 0, so that only the others train on it
    spoilt = cf.TensorDataset(train=(x, data.train.target), test=data.test)
    model = cf.assemble(["Linear(4, 3)", "ReLU", "Linear(3, 3)"], seed=0)
    optimizer = cf.create("optimizer", "SGD(lr=0.01)", model)
    found = cross_validate(
        model, spoilt, cf.create("loss", "CrossEntropy"), optimizer, folds=3, epochs=3
    )
    assert found.accuracy is not None
    finite = [isfinite(value) for value in found.accuracy.values]
    assert finite == [True, False, False]


def test_what_cannot_be_cross_validated_is_told() -> None:
    model = cf.assemble(LAYERS, seed=0)
    optimizer = cf.create("optimizer", "SGD(lr=0.1)", model)
    loss = cf.create("loss", "CrossEntropy")
    fitted = cf.create("dataset", "Iris(standardize=True)")
    with pytest.raises(cf.ArgumentError, match=r"holds out, by standardize=True: leave that out"):
        cross_validate(model, fitted, loss, optimizer)
    with pytest.raises(cf.ArgumentError, match="was not made for the model"):
        cross_validate(cf.assemble(LAYERS, seed=0), iris(), loss, optimizer)
    with pytest.raises(cf.ArgumentError, match="model must be a lone model"):
        cross_validate(cf.assemble(LAYERS, seeds=[0, 1]), iris(), loss, optimizer)
    with pytest.raises(cf.ArgumentError, match="count must be an integer from 2"):
        cross_validate(model, iris(), loss, optimizer, folds=1)
    stopping = cf.EarlyStopping("validation_loss")
    with pytest.raises(cf.ArgumentError, match="watches validation_loss, and the run has loss"):
        cross_validate(model, iris(), loss, optimizer, watchers=[stopping])


class TestScores:
    VALUES = (0.9, 0.8, 0.85, 0.95, 0.7)

    def test_mean_and_deviation(self) -> None:
        scores = Scores(self.VALUES, 5)
        assert scores.mean == pytest.approx(mean(self.VALUES))
        assert scores.deviation == pytest.approx(stdev(self.VALUES))

    def test_the_interval_by_hand(self) -> None:
        low, high = Scores(self.VALUES, 5).interval()
        # t of 4 degrees of freedom from a table: 2.776445
        half = 2.776445 * stdev(self.VALUES) * (1 / 5 + 1 / 4) ** 0.5
        assert (low, high) == pytest.approx((0.84 - half, 0.84 + half), rel=1e-6)
        low, high = Scores(self.VALUES * 2, 5).interval(0.9)
        half = 1.833113 * stdev(self.VALUES * 2) * (1 / 10 + 1 / 4) ** 0.5  # of 9
        assert (low, high) == pytest.approx((0.84 - half, 0.84 + half), rel=1e-6)

    def test_more_repeats_do_not_shrink_it_to_nothing(self) -> None:
        low, high = Scores(self.VALUES * 2000, 5).interval()
        assert high - low > 2 * 1.95 * stdev(self.VALUES * 2000) * 0.5

    @pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
    def test_a_level_is_a_probability(self, level: float) -> None:
        with pytest.raises(cf.ArgumentError, match="between 0 and 1"):
            Scores(self.VALUES, 5).interval(level)


FILE = """\
[data]
name = "Iris"
validation = 0.0

[model]
layers = ["Standardize(4)", "Linear(4, 8)", "Tanh", "Linear(8, 3)"]

[loss]
name = "CrossEntropy"

[optimizer]
name = "AdamW"
lr = 0.02

[run]
epochs = 6
batch_size = 8
seed = 2
"""


@pytest.fixture
def iris_file(tmp_path: Path) -> Path:
    path = tmp_path / "iris.toml"
    path.write_text(FILE)
    return path


def test_the_command_prints_each_fold_and_the_mean(
    coreframe: Coreframe, iris_file: Path, tmp_path: Path
) -> None:
    done = coreframe("cross-validate", iris_file, "--folds", 4, "--repeats", 2, "--out", "cv")
    assert done.returncode == 0, done.stderr
    heading, *lines = done.stdout.splitlines()
    assert heading.split() == ["repeat", "fold", "train", "held", "out", "loss", "accuracy"]
    assert [line.split()[:4] for line in lines[:8]] == [
        [str(repeat), str(fold), "90", "30"] for repeat in (1, 2) for fold in (1, 2, 3, 4)
    ]
    assert "epoch 6, loss " in done.stderr
    quiet = coreframe(
        "cross-validate", iris_file, "--folds", 4, "--repeats", 2, "--json", "--quiet"
    )
    assert quiet.stderr == ""
    result = json.loads(quiet.stdout)
    assert result == json.loads((tmp_path / "cv" / "cross-validation.json").read_text())
    with (tmp_path / "cv" / "folds.csv").open() as file:
        assert [float(row["loss"]) for row in csv.DictReader(file)] == [
            row["loss"] for row in result["rows"]
        ]
    accuracy = result["figures"]["accuracy"]
    assert accuracy["mean"] == pytest.approx(mean(row["accuracy"] for row in result["rows"]))
    assert lines[-1] == (
        f"accuracy: mean {accuracy['mean']:.4f}, sd {accuracy['sd']:.4f}, 95% interval "
        f"{accuracy['low']:.4f} to {accuracy['high']:.4f}"
    )
    models = cf.load_checkpoint(tmp_path / "cv" / "checkpoints" / "folds.safetensors").model
    data = cf.Folds(iris(), 4, repeats=2, seed=2)
    found = cf.evaluate(models, data.part("validation"), cf.create("loss", "CrossEntropy"))
    assert found.loss.tolist() == pytest.approx([row["loss"] for row in result["rows"]])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--set", "optimizer.lrr=1"], "did you mean lr?"),
        (["--set", "data.standardize=true"], "holds out, by standardize=True: leave that out"),
        (["--folds", "1"], "count must be an integer from 2, got 1"),
        (["--folds", "500"], "120 samples can make 2 to 120 folds"),
        (["--repeats", "0"], "repeats must be a positive integer"),
        (["--out", "."], "exists, and nothing is overwritten"),
        (
            ["--set", "run.patience=2", "--set", "data.validation=0.2"],
            "run.patience: would end each fold by validation_loss of the very samples",
        ),
        (["--set", "run.monitor=validation_loss"], "run.monitor: the run has loss"),
    ],
)
def test_misuse_is_told_in_a_sentence(
    coreframe: Coreframe, iris_file: Path, arguments: list[str], says: str
) -> None:
    done = coreframe("cross-validate", iris_file, *arguments)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_samples_that_stand_in_no_fold_are_told(coreframe: Coreframe, iris_file: Path) -> None:
    more = ["--set", "data.validation=0.2", "--set", "run.epochs=1", "--quiet", "--folds", "2"]
    done = coreframe("cross-validate", iris_file, *more, "--json")
    assert done.returncode == 0
    assert done.stderr.startswith("note: the 30 samples of the validation split stand in no fold")
    assert sum(row["held_out"] for row in json.loads(done.stdout)["rows"]) == 90


def test_a_fold_ends_early_by_its_training_loss(coreframe: Coreframe, iris_file: Path) -> None:
    base = ["--folds", "3", "--json", "--quiet", "--set", "run.epochs=200", "--set"]
    lr = ["optimizer.lr=0.5", "--set", "optimizer.name=SGD"]
    done = coreframe("cross-validate", iris_file, *base, *lr, "--set", "run.patience=2")
    assert done.returncode == 0, done.stderr
    losses = [row["loss"] for row in json.loads(done.stdout)["rows"]]
    model = cf.assemble(["Standardize(4)", "Linear(4, 8)", "Tanh", "Linear(8, 3)"], seed=2)
    stopping = cf.EarlyStopping("loss", 2)
    found = cross_validate(
        model,
        iris(),
        cf.create("loss", "CrossEntropy"),
        cf.create("optimizer", "SGD(lr=0.5)", model),
        folds=3,
        epochs=200,
        batch_size=8,
        watchers=[stopping],
    )
    assert losses == pytest.approx(list(found.loss.values), rel=1e-5)
    assert int(stopping.best_epoch.max()) < 197
