"""Loss: weights, reductions and the order of its two calls."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from coreframe_statistics import STATISTICS, MeanOfSquares
from coreframe_toys import SumOfSquares
from torch import Tensor

from coreframe import ProtocolError, Registry, ShapeError
from coreframe.testing import check_loss_gradients, parametrize_with_checks


@pytest.fixture
def losses(toys: Registry) -> None:
    """Both small losses by name."""
    toys.register(STATISTICS)


def normal(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@pytest.mark.usefixtures("losses")
@parametrize_with_checks([SumOfSquares, MeanOfSquares], version=1)
def test_conforms(check: Callable[[], None]) -> None:
    check()


@pytest.mark.parametrize("features", [(), (3,), (2, 3)])
def test_mean_is_over_all_elements_of_a_replica(features: tuple[int, ...]) -> None:
    pred, actual = normal(4, 5, *features), normal(4, 5, *features, seed=1)
    loss = MeanOfSquares()
    loss.replicas = (4,)
    per_sample = (pred - actual).square().reshape(4, 5, -1).mean(-1)
    torch.testing.assert_close(loss.compute_loss(pred, actual), per_sample.mean(-1))
    weight = torch.rand(4, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    torch.testing.assert_close(
        loss.compute_loss(pred, actual, weight), (weight * per_sample).sum(-1) / weight.sum(-1)
    )
    check_loss_gradients(loss, pred, actual, weight)


def test_all_weights_zero_give_zero() -> None:
    loss, pred = MeanOfSquares(), normal(2, 5, 3)
    loss.replicas = (2,)
    weight = torch.stack([torch.zeros(5), torch.ones(5)]).double()
    value = loss.compute_loss(pred, -pred, weight)
    assert value[0] == 0
    assert value[1] > 0
    gradient = loss.backward()
    assert not gradient[0].any()
    assert gradient[1].all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("weight", [torch.ones(5), torch.ones(5, dtype=torch.bool)])
def test_dtype_of_the_outputs_is_kept_whatever_that_of_the_weights(
    dtype: torch.dtype, weight: Tensor
) -> None:
    loss, pred = MeanOfSquares(), normal(5, 3).to(dtype)
    assert loss.compute_loss(pred, -pred, weight).dtype is dtype
    assert loss.backward().dtype is dtype


def test_shapes_that_would_broadcast_are_refused() -> None:
    loss, pred = MeanOfSquares(), normal(5, 3)
    for shape in ((5, 1), (1, 3), (3,), (5,), (1,), (1, 5, 3)):
        with pytest.raises(ShapeError, match="needs targets of the outputs' shape"):
            loss.compute_loss(pred, normal(*shape))
    for shape in ((1,), (5, 1), (5, 3), (3,)):
        with pytest.raises(ShapeError, match=r"needs weights \(\*replicas, batch\) = \(5,\)"):
            loss.compute_loss(pred, pred, normal(*shape))
    with pytest.raises(ShapeError, match=r"they must be \(\*replicas, batch, \*features\)"):
        loss.compute_loss(normal(), normal())
    loss.replicas = (4,)
    with pytest.raises(ShapeError, match=r"for replicas \(4,\) got outputs \(5, 3\)"):
        loss.compute_loss(pred, pred)
    with pytest.raises(ShapeError, match=r"for replicas \(4,\) got outputs \(4,\)"):
        loss.compute_loss(normal(4), normal(4))


def test_backward_comes_once_after_compute_loss() -> None:
    loss, pred = SumOfSquares(), normal(5, 3)
    with pytest.raises(ProtocolError, match=r"backward of SumOfSquares\(\) came without"):
        loss.backward()
    loss.compute_loss(pred, pred)
    loss.backward()
    with pytest.raises(ProtocolError, match="came without compute_loss"):
        loss.backward()
    loss.compute_loss(pred, pred)
    loss.clear()
    with pytest.raises(ProtocolError, match="came without compute_loss"):
        loss.backward()


def test_last_compute_loss_counts() -> None:
    loss, pred = SumOfSquares(), normal(5, 3)
    loss.compute_loss(pred, pred)
    loss.compute_loss(pred, torch.zeros_like(pred))
    assert torch.equal(loss.backward(), 2 * pred)


def test_refused_loss_leaves_nothing_saved() -> None:
    loss, pred = MeanOfSquares(), normal(5, 3)
    with pytest.raises(ShapeError):
        loss.compute_loss(pred, pred, normal(4))
    with pytest.raises(ProtocolError):
        loss.backward()
