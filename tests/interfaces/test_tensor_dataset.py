"""TensorDataset: one's own tensors as a dataset."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor

import coreframe as cf


def pair(count: int, *features: int) -> tuple[Tensor, Tensor]:
    x = torch.arange(float(torch.Size((count, *features)).numel())).reshape(count, *features)
    return x, torch.arange(count)


def test_pairs_become_splits() -> None:
    train, test = pair(6, 2), pair(4, 2)
    data = cf.TensorDataset(train=train, test=test)
    assert isinstance(data.train, cf.TensorSplit)
    assert data.train.input is train[0]
    assert data.train.target is train[1]
    assert (len(data.train), len(data.test), data.validation) == (6, 4, None)
    assert data.replicas == ()
    with pytest.raises(cf.ArgumentError, match="has no validation split"):
        data.part("validation")


def test_splits_stay_as_they_are_and_a_list_is_a_pair() -> None:
    x, y = pair(6, 2)
    split = cf.TensorSplit(x, y)
    data = cf.TensorDataset(train=split, test=[x, y], validation=split)  # type: ignore[arg-type]
    assert data.train is data.part("validation") is split
    assert len(data.test) == 6


def test_samples_of_each_replica_are_selected() -> None:
    x = torch.arange(12.0).reshape(3, 4, 1)
    data = cf.TensorDataset(train=cf.TensorSplit(x, x, (3,)), test=pair(5, 1))
    test = data.test
    assert data.select([2, 0]).replicas == (2,)
    assert isinstance(data.train, cf.TensorSplit)
    assert torch.equal(data.train.input, x[[2, 0]])
    assert data.test is test


@pytest.mark.usefixtures("toys")
def test_it_trains() -> None:
    x = torch.randn(16, 2, generator=torch.Generator().manual_seed(0))
    y = torch.eye(2)[(x[:, 0] > 0).long()]
    data = cf.TensorDataset(train=(x, y), test=(x, y))
    model = cf.assemble(["Affine(2, 2)"], seeds=[0, 1])
    optimizer = cf.create("optimizer", "Descent(lr=0.001)", model)
    history = cf.train_model(model, data, cf.create("loss", "SumOfSquares"), optimizer, epochs=3)
    assert bool((history.loss[-1] < history.loss[0]).all())


def test_its_repr_counts_the_samples() -> None:
    data = cf.TensorDataset(train=pair(6, 2), test=pair(4, 2))
    assert repr(data) == "<TensorDataset of train: 6 samples, test: 4 samples>"
    whole = cf.TensorDataset(train=pair(6, 2), test=pair(4, 2), validation=pair(1, 2))
    assert repr(copy.deepcopy(whole)).endswith("test: 4 samples, validation: 1 samples>")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (torch.ones(2, 3), "must be a pair of input and target, or a split, got Tensor"),
        (None, "must be a pair of input and target, or a split, got NoneType"),
        ((torch.ones(2),), "must be a pair of input and target, or a split, got 1 of them"),
        ((torch.ones(2), [1, 2]), "the target of a split must be a torch tensor"),
        ((torch.ones(2), torch.ones(3)), "2 inputs for 3 targets"),
        ((torch.tensor(1.0), torch.ones(3)), "needs tensors"),
    ],
)
@pytest.mark.parametrize("name", ["train", "test", "validation"])
def test_what_is_no_samples(name: str, wrong: Any, message: str) -> None:
    if name == "validation" and wrong is None:
        return  # a dataset without
    splits: dict[str, Any] = {"train": pair(4, 2), "test": pair(4, 2)}
    with pytest.raises(ValueError, match=f"TensorDataset: {name}.* {message}") as caught:
        cf.TensorDataset(**splits | {name: wrong})
    assert isinstance(caught.value, cf.CoreframeError)


def test_splits_of_other_replicas_than_train() -> None:
    own = cf.TensorSplit(torch.ones(2, 4, 1), torch.ones(2, 4, 1), (2,))
    three = cf.TensorSplit(torch.ones(3, 4, 1), torch.ones(3, 4, 1), (3,))
    for train in (pair(4, 1), three):
        with pytest.raises(cf.ShapeError, match=r"test is for replicas \(2,\), but train is for"):
            cf.TensorDataset(train=train, test=own)
