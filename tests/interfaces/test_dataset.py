"""Datasets and splits: samples by index, shared or one set a replica."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from coreframe_toys import Points
from torch import Tensor

from coreframe import ArgumentError, Dataset, ShapeError, TensorSplit

INDICES = torch.tensor([[3, 0], [1, 1], [4, 2]])


def samples(*shape: int) -> Tensor:
    return torch.arange(float(torch.Size(shape).numel())).reshape(shape)


def test_shared_split_takes_any_indices() -> None:
    split = TensorSplit(samples(5, 2, 3), torch.arange(5))
    assert len(split) == 5
    assert split.lengths is None
    x, target = split.take(torch.tensor([3, 0, 3]))
    assert torch.equal(x, split.input[[3, 0, 3]])
    assert torch.equal(target, torch.tensor([3, 0, 3]))
    x, target = split.take(INDICES)
    assert torch.equal(x, split.input[INDICES])
    assert torch.equal(target, INDICES)
    assert split.take(torch.empty(0, dtype=torch.int64))[0].shape == (0, 2, 3)


@pytest.mark.parametrize(
    ("dtype", "features"), [(torch.float32, 2), (torch.int16, 4), (torch.int8, 8), (torch.int64, 1)]
)
def test_rows_of_eight_bytes_are_taken_wherever_they_lie(dtype: torch.dtype, features: int) -> None:
    numbers = torch.arange(8 * features + 1).to(dtype)
    odd = numbers[1:].view(8, features)  # begins in the middle of eight bytes
    turned = numbers[:-1].view(features, 8).mT
    for inputs in (numbers[:-1].view(8, features), odd, odd[3:], turned, turned[:, :1]):
        with torch.inference_mode():
            x, _ = TensorSplit(inputs, torch.zeros(len(inputs))).take(INDICES)
        assert torch.equal(x, inputs[INDICES])
        assert x.dtype is dtype


def test_rows_of_eight_bytes_that_no_view_can_have() -> None:
    wide = torch.arange(21.0).view(3, 7)
    complex_rows = torch.randn(3, 1, dtype=torch.complex64)
    negative = torch.imag(torch.randn(3, 2, dtype=torch.complex64).conj())
    for rows in (wide[0:1, :2], complex_rows.conj(), negative):
        with torch.inference_mode():
            x, _ = TensorSplit(rows, torch.zeros(len(rows))).take(torch.tensor([0, 0]))
        assert torch.equal(x, rows[[0, 0]])


def test_taken_rows_of_eight_bytes_have_derivatives() -> None:
    leaf = torch.randn(3, 2).requires_grad_()
    x, _ = TensorSplit(leaf, torch.zeros(3)).take(torch.tensor([0, 0]))
    x.sum().backward()  # type: ignore[no-untyped-call]  # torch's own
    assert leaf.grad is not None
    assert leaf.grad.tolist() == [[2.0, 2.0], [0.0, 0.0], [0.0, 0.0]]


def test_split_of_each_replica_takes_each_its_own() -> None:
    split = TensorSplit(samples(3, 5, 2), samples(3, 5), (3,))
    assert len(split) == 5
    x, target = split.take(INDICES)
    for r in range(3):
        assert torch.equal(x[r], split.input[r, INDICES[r]])
        assert torch.equal(target[r], split.target[r, INDICES[r]])
    with pytest.raises(ShapeError, match=r"must be \(\*replicas, batch\)"):
        split.take(INDICES[0])
    with pytest.raises(ShapeError, match=r"replicas \(3,\) cannot be taken by .* \(2, 2\)"):
        split.take(INDICES[:2])


def test_take_copies() -> None:
    split = TensorSplit(samples(5, 2), samples(5))
    x, _ = split.take(torch.arange(5))
    x.zero_()
    assert bool(split.input.any())


def test_split_that_does_not_fit() -> None:
    with pytest.raises(ShapeError, match="5 inputs for 4 targets"):
        TensorSplit(samples(5, 2), samples(4, 2))
    with pytest.raises(ShapeError, match=r"replicas \(2,\) needs .* got \(3, 5\)"):
        TensorSplit(samples(2, 5), samples(3, 5), (2,))
    with pytest.raises(ShapeError, match=r"needs tensors \(\*replicas, samples, …\)"):
        TensorSplit(samples(2), samples(2), (2,))


def test_select() -> None:
    shared = TensorSplit(samples(5, 2), samples(5))
    assert shared.select([0]) is shared
    split = TensorSplit(samples(3, 5, 2), samples(3, 5), (3,))
    two = split.select([2, 0])
    assert two.replicas == (2,)
    assert torch.equal(two.input, split.input[[2, 0]])
    one = split.select(-1)
    assert one.replicas == ()
    assert torch.equal(one.target, split.target[2])
    assert len(one) == 5
    with pytest.raises(ArgumentError, match="no replica 3 in a population of 3"):
        split.select([3])


def test_dataset_selects_all_its_splits() -> None:
    data = Points(6, seed=[1, 2, 3])
    data.validation = data.test
    train, test = data.part("train").take(INDICES), data.part("test").take(INDICES)
    assert data.replicas == (3,)
    assert data.select(torch.tensor([True, False, True])) is data
    assert data.replicas == (2,)
    assert torch.equal(data.train.take(INDICES[[0, 2]])[0], train[0][[0, 2]])
    assert torch.equal(data.test.take(INDICES[[0, 2]])[0], test[0][[0, 2]])
    assert data.part("validation").replicas == (2,)


def test_shared_dataset_is_the_same_for_any_selection() -> None:
    data = Points(6, seed=1)
    train = data.train
    assert data.select([5]).train is train


def test_parts_by_name() -> None:
    data: Dataset = Points(6)
    assert data.part("train") is data.train
    for name in ("validation", "select", "__init__"):
        with pytest.raises(ArgumentError, match=f"has no {name} split"):
            data.part(name)


def test_an_index_beyond_the_end_never_reads_another_replicas_sample() -> None:
    own = torch.arange(6.0).reshape(2, 3, 1)
    split = TensorSplit(own, own, (2,))
    for wrong in ([[3], [0]], [[0], [-1]]):
        with pytest.raises(ShapeError, match="from 0 to 2"):
            split.take(torch.tensor(wrong))


@pytest.mark.parametrize("replicas", [[], [3], 3, None, (3, 5), (True,), ("3",), (0,)])
def test_replicas_of_a_split_are_none_or_one_axis(replicas: tuple[int, ...]) -> None:
    with pytest.raises(ArgumentError, match=r"must be \(\) or \(R,\), got "):
        TensorSplit(samples(3, 5, 2), samples(3, 5), replicas)


def test_a_split_is_of_tensors_on_one_device() -> None:
    np = pytest.importorskip("numpy")
    wrongs: list[Any] = [np.ones((5, 2)), [[1.0, 2.0]], None]
    for wrong in wrongs:
        got = f"got {type(wrong).__name__}"
        with pytest.raises(ArgumentError, match=f"the input of a split .*from_numpy.* {got}"):
            TensorSplit(wrong, samples(5))
        with pytest.raises(ArgumentError, match=f"the target of a split .* {got}"):
            TensorSplit(samples(5), wrong)
    with pytest.raises(ArgumentError, match="the input is on cpu, the target on meta"):
        TensorSplit(samples(5), samples(5).to("meta"))


@pytest.mark.parametrize("own", [False, True])
def test_indices_that_are_none(own: bool) -> None:
    split = TensorSplit(samples(2, 5, 3), samples(2, 5), (2,))
    split = split if own else split.select(0)
    for wrong in ([5], [-1]):
        with pytest.raises(ShapeError, match="indices must be from 0 to 4"):
            split.take(torch.tensor([wrong, wrong] if own else wrong))
    for dtype in (torch.float32, torch.bool):
        with pytest.raises(ArgumentError, match=f"int64 indices, got {dtype}"):
            split.take(torch.zeros(2, 1, dtype=dtype))
    with pytest.raises(ArgumentError, match="int64 indices, got list"):
        split.take([0])  # type: ignore[arg-type]  # no tensor


def test_a_failure_that_is_not_of_the_indices_stays_as_it_is() -> None:
    split = TensorSplit(samples(5, 2), samples(5))
    split.target = samples(3)  # by hand, after it was checked
    with pytest.raises(IndexError):
        split.take(torch.tensor([4]))


def test_a_refused_selection_changes_no_split() -> None:
    data = Points(6, seed=[1, 2, 3])
    before = data.train, data.test
    data.validation = Points(6, seed=[1, 2]).train  # of another population
    with pytest.raises(ArgumentError, match="no replica 2 in a population of 2"):
        data.select([2])
    assert (data.train, data.test) == before


@pytest.mark.parametrize("name", [None, 0, ["train"], "training"])
def test_a_part_that_there_is_not(name: str) -> None:
    with pytest.raises(ArgumentError, match="it may have train, test and validation"):
        Points(6).part(name)


def test_a_dataset_that_reads_no_file() -> None:
    assert Points(6).encoding() == {}
    with pytest.raises(ArgumentError, match=r"Points reads no files: .* from 'more\.csv'"):
        Points.read_inputs({}, "more.csv")
    with pytest.raises(ArgumentError, match=r"Points reads no files: .* from 'more\.csv'"):
        list(Points.stream_inputs({}, "more.csv"))


def test_inputs_are_one_part_where_a_dataset_does_not_say_otherwise() -> None:
    class Rows(Points):
        @classmethod
        def read_inputs(cls, encoding: Mapping[str, Any], path: str) -> Tensor:
            return torch.ones(encoding["rows"], len(path))

    (part,) = Rows.stream_inputs({"rows": 3}, "ab")
    assert part.shape == (3, 2)
