"""Loss: weights, reductions and the order of its two calls."""

from __future__ import annotations

import pytest
import torch
from coreframe_statistics import MeanOfSquares
from coreframe_toys import SumOfSquares
from torch import Tensor

from coreframe import ProtocolError, ShapeError
from coreframe.testing import check_loss_gradients, check_loss_population


def normal(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("features", [(), (3,), (2, 3)])
def test_mean_is_over_all_elements_of_a_replica(features: tuple[int, ...]) -> None:
    pred, actual = normal(4, 5, *features), normal(4, 5, *features, seed=1)
    loss = MeanOfSquares()
    loss.replicas = (4,)
    wanted = torch.stack([(p - a).square().mean() for p, a in zip(pred, actual, strict=True)])
    torch.testing.assert_close(loss.compute_loss(pred, actual), wanted)
    weight = torch.rand(4, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    per_sample = (pred - actual).square().flatten(2).mean(-1) if features else (pred - actual) ** 2
    torch.testing.assert_close(
        loss.compute_loss(pred, actual, weight), (weight * per_sample).sum(-1) / weight.sum(-1)
    )
    check_loss_gradients(loss, pred, actual, weight)
    check_loss_population(loss, pred, actual, weight)


def test_equal_weights_are_no_weights() -> None:
    loss, pred, actual = MeanOfSquares(), normal(5, 3), normal(5, 3, seed=1)
    plain = loss.compute_loss(pred, actual)
    plain_gradient = loss.backward()
    weighted = loss.compute_loss(pred, actual, torch.full((5,), 0.3))
    torch.testing.assert_close(weighted, plain, rtol=1e-6, atol=0)
    torch.testing.assert_close(loss.backward(), plain_gradient, rtol=1e-6, atol=0)


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
def test_dtype_of_the_outputs_is_kept(dtype: torch.dtype, weight: Tensor) -> None:
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
