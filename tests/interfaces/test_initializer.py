"""Initializers: unit normals per replica, then scaled."""

from __future__ import annotations

import pytest
import torch

from coreframe import ArgumentError, Constant, Normal, RandomStreams, xavier_normal


def test_constant_draws_nothing() -> None:
    random, untouched = RandomStreams([1, 2]), RandomStreams([1, 2])
    assert torch.equal(Constant(0.5).draw((3,), random), torch.full((2, 3), 0.5))
    assert Constant(2).draw((3,), RandomStreams(0)).dtype is torch.float32
    drawn = random.normal("initialization", (4,))
    assert torch.equal(drawn, untouched.normal("initialization", (4,)))


def test_normal_is_a_scaled_unit_normal() -> None:
    drawn = Normal(0.5).draw((3, 4), RandomStreams(1))
    assert torch.equal(drawn, 0.5 * RandomStreams(1).normal("initialization", (3, 4)))


def test_replica_draws_what_the_lone_model_draws() -> None:
    stds = [0.5, 2.0, 0.0]
    drawn = Normal(stds).draw((3, 4), RandomStreams([4, 5, 6]))
    assert drawn.shape == (3, 3, 4)
    assert drawn.dtype is torch.float32
    for std, seed, own in zip(stds, [4, 5, 6], drawn, strict=True):
        assert torch.equal(own, Normal(std).draw((3, 4), RandomStreams(seed)))


def test_normal_has_its_standard_deviation() -> None:
    drawn = Normal([0.1, 3.0]).draw((100_000,), RandomStreams([0, 1])).double()
    torch.testing.assert_close(
        drawn.std(-1), torch.tensor([0.1, 3.0], dtype=torch.float64), rtol=0.01, atol=0
    )
    assert float((drawn.mean(-1) / drawn.std(-1)).abs().max()) < 0.02


def test_xavier_variance() -> None:
    assert xavier_normal(3, 5).std == pytest.approx(0.5)
    assert xavier_normal(3, 5, 2.0).std == pytest.approx(1.0)
    assert xavier_normal(3, 5, [1, 2]).std == pytest.approx([0.5, 1.0])


def test_select() -> None:
    normal = Normal([1.0, 2.0, 3.0])
    assert normal.select([2, 0]).std == [3.0, 1.0]  # type: ignore[attr-defined]  # a Normal
    assert normal.select(1).std == 2.0  # type: ignore[attr-defined]  # a Normal
    number, constant = Normal(1.0), Constant(1.0)
    assert number.select([0]) is number
    assert constant.select([0]) is constant


@pytest.mark.parametrize("std", [[1.0, 2.0], "1", True, None, [1.0, "2", 3.0]])
def test_settings_that_fit_no_replicas(std: float) -> None:
    with pytest.raises(ArgumentError, match=r"std must be|the gain of the initial values has 2"):
        Normal(std).draw((2,), RandomStreams([1, 2, 3]))


@pytest.mark.parametrize("wrong", [torch.nan, torch.inf, -torch.inf, -1.0])
def test_a_deviation_is_finite_and_not_negative(wrong: float) -> None:
    for value in (wrong, [1.0, wrong], torch.tensor([wrong])):
        with pytest.raises(ArgumentError, match="std must be finite and at least 0, got "):
            Normal(value)
        with pytest.raises(ArgumentError, match="gain must be finite and at least 0, got "):
            xavier_normal(2, 3, value)


def test_deviations_of_a_tensor_are_selected_as_those_of_a_list() -> None:
    normal = xavier_normal(3, 5, torch.tensor([1.0, 2.0]))
    assert normal.std == [0.5, 1.0]
    assert normal.deviation is None
    drawn = normal.select([1]).draw((4,), RandomStreams([1]))
    assert torch.equal(drawn, Normal([1.0]).draw((4,), RandomStreams([1])))
    assert xavier_normal(3, 5, torch.tensor(2.0)).deviation == 1.0


def test_sizes_that_no_layer_has() -> None:
    for sizes in ((0, 0), (-3, 5), (3, 0)):
        with pytest.raises(ArgumentError, match="xavier_normal: sizes must be positive, got "):
            xavier_normal(*sizes)


@pytest.mark.parametrize("value", ["1", None, [1.0, 2.0], torch.ones(2)])
def test_a_constant_is_one_number(value: float) -> None:
    with pytest.raises(ArgumentError, match="value must be"):
        Constant(value)


def test_a_constant_of_a_tensor_is_a_number() -> None:
    assert Constant(torch.tensor(0.5)).value == 0.5  # type: ignore[arg-type]  # no float to mypy
