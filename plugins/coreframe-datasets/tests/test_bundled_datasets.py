"""Digits, Iris, Wine, BreastCancer: what is in them, how it is dealt, and nothing leaks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from sklearn import datasets  # type: ignore[import-untyped]
from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]
from torch import Tensor

import coreframe as cf
from coreframe_datasets import BreastCancer, Digits, Iris, Wine

SETS: dict[type[cf.Dataset], Callable[..., Any]] = {
    Digits: datasets.load_digits,
    Iris: datasets.load_iris,
    Wine: datasets.load_wine,
    BreastCancer: datasets.load_breast_cancer,
}
BUNDLED = pytest.mark.parametrize("made", SETS, ids=lambda made: str(made.__name__))


def splits(data: cf.Dataset) -> dict[str, cf.TensorSplit]:
    found = {"train": data.train, "validation": data.validation, "test": data.test}
    return {name: split for name, split in found.items() if isinstance(split, cf.TensorSplit)}


def rows(split: cf.TensorSplit) -> list[tuple[float, ...]]:
    joined = torch.cat([split.input.flatten(1), split.target.unsqueeze(-1)], -1)
    return [tuple(row) for row in joined.tolist()]


@BUNDLED
@pytest.mark.parametrize("seed", [0, 1, 7])
def test_the_splits_together_are_the_whole_table(made: Any, seed: int) -> None:
    x, y = SETS[made](return_X_y=True)
    table = torch.cat([torch.tensor(x).float(), torch.tensor(y).unsqueeze(-1)], -1)
    dealt = [row for split in splits(made(seed=seed)).values() for row in rows(split)]
    assert sorted(dealt) == sorted(tuple(row) for row in table.tolist())


@BUNDLED
def test_no_sample_stands_in_two_splits(made: Any) -> None:
    for seed in range(20):
        found = [set(rows(split)) for split in splits(made(seed=seed)).values()]
        assert len(found) == 3
        assert not found[0] & found[1]
        assert not found[0] & found[2]
        assert not found[1] & found[2]


def test_the_repeated_flower_trains() -> None:
    for seed in range(10):
        train = rows(Iris(seed=seed).train)
        assert len(train) - len(set(train)) == 1


@BUNDLED
@pytest.mark.parametrize(("validation", "test"), [(0.2, 0.2), (0.0, 0.3), (0.1, 0.25)])
def test_each_class_has_its_share_in_each_split(made: Any, validation: float, test: float) -> None:
    _, y = SETS[made](return_X_y=True)
    whole = torch.bincount(torch.tensor(y))
    data = made(validation=validation, test=test, seed=3)
    shares = {"validation": validation, "test": test, "train": 1 - validation - test}
    assert (data.validation is None) == (validation == 0)
    for name, split in splits(data).items():
        counts = torch.bincount(split.target, minlength=len(whole))
        assert float((counts - shares[name] * whole).abs().max()) <= 1


@BUNDLED
def test_targets_are_class_indices_or_one_hot(made: Any) -> None:
    indices, one_hot = made(seed=2), made(one_hot=True, seed=2)
    for name, split in splits(indices).items():
        assert split.target.dtype is torch.int64
        assert split.target.shape == (len(split),)
        other = splits(one_hot)[name].target
        assert other.dtype is torch.float32
        assert torch.equal(other.argmax(-1), split.target)
        assert torch.equal(other.sum(-1), torch.ones(len(split)))


@BUNDLED
@pytest.mark.parametrize("seed", [0, 5])
def test_standardizing_is_fitted_on_the_training_samples_alone(made: Any, seed: int) -> None:
    raw, data = splits(made(seed=seed)), splits(made(standardize=True, seed=seed))
    scaler = StandardScaler().fit(raw["train"].input.double().numpy())
    for name, split in data.items():
        wanted = torch.tensor(scaler.transform(raw[name].input.double().numpy())).float()
        torch.testing.assert_close(split.input, wanted, rtol=1e-4, atol=1e-4)
        assert torch.equal(split.target, raw[name].target)
    mean = data["train"].input.mean(0)
    torch.testing.assert_close(mean, torch.zeros_like(mean), atol=1e-4, rtol=0)
    others = torch.cat([data["validation"].input, data["test"].input]).mean(0)
    assert float(others.abs().max()) > 0.01  # it was not fitted on these


@BUNDLED
def test_the_order_within_a_split_is_no_order_of_classes(made: Any) -> None:
    target = made().train.target
    assert int((target[1:] != target[:-1]).sum()) > len(target) // 5


@BUNDLED
@pytest.mark.parametrize("standardize", [False, True])
def test_each_replica_has_what_its_seed_has_alone(made: Any, standardize: bool) -> None:
    both = made(standardize=standardize, seed=range(3, 5))
    assert both.replicas == (2,)
    for replica, seed in enumerate((3, 4)):
        for name, split in splits(made(standardize=standardize, seed=seed)).items():
            own = splits(both)[name]
            assert torch.equal(own.input[replica], split.input)
            assert torch.equal(own.target[replica], split.target)
    both.select(1)
    assert both.replicas == ()
    assert repr(both).endswith("seed=4)")


def test_digits_are_vectors_or_images() -> None:
    flat, images = Digits(seed=1), Digits(images=True, seed=1)
    assert flat.train.input.shape[1:] == (64,)
    assert images.train.input.shape[1:] == (1, 8, 8)
    assert torch.equal(images.test.input.flatten(1), flat.test.input)
    shown = datasets.load_digits().images[0]
    found = (images.train.input[:, 0] == torch.tensor(shown).float()).flatten(1).all(-1)
    others = [
        (s.input[:, 0] == torch.tensor(shown).float()).flatten(1).all(-1)
        for s in (images.test, images.validation)
        if isinstance(s, cf.TensorSplit)
    ]
    assert int(found.sum() + sum(o.sum() for o in others)) == 1
    standardized = Digits(images=True, standardize=True, seed=1)
    assert torch.equal(
        standardized.test.input.flatten(1), Digits(standardize=True, seed=1).test.input
    )
    assert bool(standardized.test.input.isfinite().all())  # three pixels are constant


@BUNDLED
@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"test": 0.0}, "test must be a finite number, positive, got 0.0"),
        ({"test": -0.1}, "test must be a finite number, positive"),
        ({"validation": float("nan")}, "validation must be a finite number, at least 0"),
        ({"validation": 0.5, "test": 0.5}, "leave no share to train with"),
        ({"test": 0.001}, "test gets none of a class"),
        ({"seed": []}, "seed needs at least one integer"),
        ({"seed": True}, "a seed must be an integer of 64 bits, got True"),
        ({"seed": 2**70}, "a seed must be an integer of 64 bits"),
        ({"seed": [1, "x"]}, "got 'x'"),
    ],
    ids=str,
)
def test_bad_arguments_are_refused(made: Any, settings: dict[str, Any], says: str) -> None:
    with pytest.raises(cf.ArgumentError) as raised:
        made(**settings)
    assert says in str(raised.value)
    assert str(raised.value).startswith(made.__name__)


def test_seeds_may_be_tensors() -> None:
    assert torch.equal(Iris(seed=torch.tensor([4])).train.input[0], Iris(seed=4).train.input)  # type: ignore[arg-type]


def test_scikit_learn_is_imported_only_when_a_bundled_set_is_made() -> None:
    code = (
        "import sys, coreframe_datasets as d; d.Moons(10); assert 'sklearn' not in sys.modules; "
        "d.Iris(); assert 'sklearn' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_networks_learn_from_both_kinds_of_targets() -> None:
    data = Iris(one_hot=True, standardize=True, seed=range(3))
    model = cf.assemble(["Linear(4, 10)", "Tanh", "Linear(10, 3)"], seeds=range(3))
    loss = cf.create("loss", "MSE")
    optimizer = cf.create("optimizer", "SGD(lr=0.1, momentum=0.9)", model)
    cf.train_model(model, data, loss, optimizer, epochs=20)
    accuracy: Tensor = cf.compute_accuracy(model, data.test, loss)
    assert float(accuracy.min()) > 0.85


@BUNDLED
def test_it_says_whether_it_was_fitted_on_the_training_samples(made: Any) -> None:
    assert made().fitted_by == made(standardize=False).fitted_by == ""
    assert made(standardize=True).fitted_by == "standardize=True"
