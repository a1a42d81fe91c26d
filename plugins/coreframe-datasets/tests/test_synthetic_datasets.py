"""Moons, Circles, Spirals, Blobs: where their points lie."""

from __future__ import annotations

from math import pi
from typing import Any

import pytest
import torch
from torch import Tensor

import coreframe as cf
from coreframe_datasets import Blobs, Circles, Moons, Spirals

MADE = pytest.mark.parametrize(
    "made", [Blobs, Circles, Moons, Spirals], ids=lambda made: str(made.__name__)
)


def splits(data: cf.Dataset) -> list[cf.TensorSplit]:
    found = [data.train, data.validation, data.test]
    return [split for split in found if isinstance(split, cf.TensorSplit)]


def points_of(data: cf.Dataset, label: int) -> Tensor:
    return torch.cat([s.input[s.target == label] for s in splits(data)]).double()


def test_moons_without_noise_are_half_circles() -> None:
    data = Moons(300, noise=0.0, seed=1)
    upper, lower = points_of(data, 0), points_of(data, 1)
    one = torch.ones(len(upper), dtype=torch.float64)
    torch.testing.assert_close(upper.norm(dim=-1), one, rtol=0, atol=1e-6)
    assert bool((upper[:, 1] >= -1e-6).all())
    centre = torch.tensor([1.0, 0.5], dtype=torch.float64)
    torch.testing.assert_close((lower - centre).norm(dim=-1), one, rtol=0, atol=1e-6)
    assert bool((lower[:, 1] <= 0.5 + 1e-6).all())
    angles = torch.atan2(upper[:, 1], upper[:, 0])
    assert abs(float(angles.mean()) - pi / 2) < 4 * pi / (12 * len(angles)) ** 0.5


def test_circles_without_noise_have_two_radii() -> None:
    data = Circles(300, factor=0.3, noise=0.0, seed=1)
    for label, radius in ((0, 1.0), (1, 0.3)):
        points = points_of(data, label)
        assert float((points.norm(dim=-1) - radius).abs().max()) < 1e-6
        assert float(points.mean(0).abs().max()) < 4 * radius / len(points) ** 0.5


def test_spirals_without_noise_turn_as_often_as_they_should() -> None:
    turns, classes = 2.0, 3
    data = Spirals(300, classes=classes, turns=turns, noise=0.0, seed=1)
    for label in range(classes):
        points = points_of(data, label)
        radius = points.norm(dim=-1)
        assert float(radius.max()) <= 1 + 1e-6
        angle = torch.atan2(points[:, 1], points[:, 0]) / (2 * pi)
        gap = angle - turns * radius - label / classes
        far = radius > 0.01  # near the centre, an angle is rounded
        assert float((gap - gap.round())[far].abs().max()) < 1e-4


def test_blobs_have_centres_that_their_splits_share() -> None:
    data = Blobs(3000, classes=4, features=3, deviation=0.5, seed=2)
    means = [torch.stack([s.input[s.target == c].mean(0) for c in range(4)]) for s in splits(data)]
    for other in means[1:]:
        torch.testing.assert_close(means[0], other, rtol=0, atol=6 * 0.5 * (2 / 750) ** 0.5)
    assert float(means[0].abs().max()) < 10.1
    spread = torch.cat([points_of(data, c) - points_of(data, c).mean(0) for c in range(4)]).std(0)
    torch.testing.assert_close(spread, torch.full_like(spread, 0.5), rtol=0.05, atol=0)
    assert not torch.equal(Blobs(8, seed=3).train.input, Blobs(8, seed=4).train.input)


@pytest.mark.parametrize("made", [Moons, Circles, Spirals], ids=lambda made: str(made.__name__))
def test_noise_has_the_deviation_that_was_asked_for(made: Any) -> None:
    clean, noisy = made(3000, noise=0.0, seed=4), made(3000, noise=0.2, seed=4)
    added = torch.cat(
        [n.input - c.input for n, c in zip(splits(noisy), splits(clean), strict=True)]
    )
    torch.testing.assert_close(added.std(0), torch.full((2,), 0.2), rtol=0.05, atol=0)
    assert float(added.mean(0).abs().max()) < 4 * 0.2 / len(added) ** 0.5


@MADE
def test_classes_are_equally_frequent_in_each_split(made: Any) -> None:
    for split in splits(made(31, seed=5)):
        counts = torch.bincount(split.target)
        assert int(counts.max() - counts.min()) <= 1
        assert len(split) == 31


@MADE
def test_splits_and_seeds_differ(made: Any) -> None:
    data, other = made(40, seed=6), made(40, seed=7)
    inputs = [s.input for d in (data, other) for s in splits(d)]
    for index, one in enumerate(inputs):
        for two in inputs[index + 1 :]:
            assert not torch.equal(one, two)


@MADE
def test_one_hot_targets_are_the_same_classes(made: Any) -> None:
    indices, one_hot = made(30, seed=8), made(30, one_hot=True, seed=8)
    for one, other in zip(splits(indices), splits(one_hot), strict=True):
        assert one.target.dtype is torch.int64
        assert torch.equal(other.target.argmax(-1), one.target)
        assert torch.equal(one.input, other.input)


@MADE
def test_each_replica_has_the_points_of_its_seed(made: Any) -> None:
    both = made(20, seed=[8, 9])
    for replica, seed in enumerate((8, 9)):
        for one, own in zip(splits(made(20, seed=seed)), splits(both), strict=True):
            assert torch.equal(own.input[replica], one.input)
            assert torch.equal(own.target[replica], one.target)
    both.select([1])
    assert repr(both) == f"{made.__name__}(samples=20, seed=[9])"


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("Moons(1)", "Moons: samples must be an integer from 2, got 1"),
        ("Moons(noise=-0.1)", "Moons: noise must be a finite number, at least 0, got -0.1"),
        ("Circles(factor=1.0)", "Circles: factor must be below 1, got 1.0"),
        ("Circles(factor=0.0)", "Circles: factor must be a finite number, positive"),
        ("Spirals(classes=1)", "Spirals: classes must be an integer from 2"),
        ("Spirals(2, classes=3)", "Spirals: samples must be an integer from 3"),
        ("Blobs(features=1)", "Blobs: features must be an integer from 2"),
        ("Blobs(deviation=0.0)", "Blobs: deviation must be a finite number, positive"),
        ("Blobs(seed=[])", "Blobs: seed needs at least one integer"),
    ],
)
def test_bad_arguments_are_refused(spec: str, says: str) -> None:
    with pytest.raises(cf.ArgumentError) as raised:
        cf.create("dataset", spec)
    assert says in str(raised.value)


@pytest.mark.parametrize("samples", [True, 10.5, "10"])
def test_samples_must_be_an_integer(samples: Any) -> None:
    with pytest.raises(cf.ArgumentError, match="integer from 2"):
        Moons(samples)
