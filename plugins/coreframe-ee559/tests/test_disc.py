from math import pi

import pytest
import torch

import coreframe as cf
from coreframe_ee559 import Disc


def test_points_lie_in_the_unit_square_and_half_of_them_in_the_disc() -> None:
    data = Disc(20_000, seed=0)
    points = torch.cat([data.train.input, data.test.input])
    assert points.min() >= 0
    assert points.max() < 1
    share = torch.cat([data.train.target, data.test.target])[:, 1].mean()
    assert abs(float(share) - 0.5) < 0.01  # four standard errors of 40,000 draws


def test_labels_are_one_hot_and_say_whether_a_point_is_inside() -> None:
    split = Disc(500, seed=1).train
    for point, target in zip(split.input.tolist(), split.target.tolist(), strict=True):
        inside = (point[0] - 0.5) ** 2 + (point[1] - 0.5) ** 2 <= 1 / (2 * pi)
        assert target == ([0.0, 1.0] if inside else [1.0, 0.0])


def test_standardizing_is_fitted_on_the_training_points_alone() -> None:
    raw, data = Disc(400, seed=3), Disc(400, standardize=True, seed=3)
    torch.testing.assert_close(data.train.input.mean(0), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(data.train.input.std(0), torch.ones(2))
    mean, std = raw.train.input.mean(0), raw.train.input.std(0)
    torch.testing.assert_close(data.test.input, (raw.test.input - mean) / std)
    assert torch.equal(data.test.target, raw.test.target)


@pytest.mark.parametrize("standardize", [False, True])
def test_each_replica_has_the_points_of_a_lone_model_with_its_seed(standardize: bool) -> None:
    population = Disc(50, standardize=standardize, seed=range(4, 7))
    assert population.replicas == (3,)
    for replica, seed in enumerate(range(4, 7)):
        lone = Disc(50, standardize=standardize, seed=seed)
        torch.testing.assert_close(population.train.input[replica], lone.train.input)
        assert torch.equal(population.test.target[replica], lone.test.target)


def test_selecting_replicas_keeps_their_points_and_says_so_in_the_spec() -> None:
    data = Disc(50, standardize=True, seed=[7, 8, 9])
    kept = data.train.input[[2, 0]].clone()
    corner = torch.zeros(2, 1, 2)
    wanted = data.standardized(torch.zeros(3, 1, 2))[[2, 0]]
    data.select([2, 0])
    assert torch.equal(data.train.input, kept)
    assert torch.equal(data.standardized(corner), wanted)
    assert repr(data) == "Disc(samples=50, standardize=True, seed=[9, 7])"


@pytest.mark.parametrize("samples", [1, 0, -5, True])
def test_too_few_samples_are_refused(samples: int) -> None:
    with pytest.raises(cf.ArgumentError, match="an integer from 2"):
        Disc(samples)


def test_it_says_whether_it_was_fitted_on_the_training_points() -> None:
    assert Disc(10).fitted_by == ""
    assert Disc(10, standardize=True).fitted_by == "standardize=True"
