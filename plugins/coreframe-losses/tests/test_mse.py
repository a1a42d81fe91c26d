"""MSE: against the conformance kit, torch.nn.functional.mse_loss, and by its weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from coreframe import ProtocolError, ShapeError
from coreframe.testing import check_loss_gradients, check_loss_population, check_repr
from coreframe_losses import MSE

SHAPES = pytest.mark.parametrize(
    "shape", [(5, 3), (1, 1), (5, 1), (5,), (3, 3), (4, 2, 3)], ids=str
)


def normal(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def uniform(*shape: int, seed: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=generator, dtype=torch.float64)


def population(count: int) -> MSE:
    loss = MSE()
    loss.replicas = (count,)
    return loss


@SHAPES
@pytest.mark.parametrize("weighted", [False, True])
def test_conformance(shape: tuple[int, ...], weighted: bool) -> None:
    pred, actual = normal(*shape), normal(*shape, seed=1)
    weight = uniform(shape[0]) if weighted else None
    check_loss_gradients(MSE(), pred, actual, weight)
    whole, targets = normal(4, *shape), normal(4, *shape, seed=1)
    weights = uniform(4, shape[0]) if weighted else None
    check_loss_gradients(population(4), whole, targets, weights)
    check_loss_population(MSE(), whole, targets, weights)
    check_loss_population(MSE(), normal(3, 3, 3), normal(3, 3, 3, seed=1))
    check_repr(MSE())


@SHAPES
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_autograd_agrees(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    pred, actual = normal(*shape).to(dtype), normal(*shape, seed=1).to(dtype)
    leaf = pred.clone().requires_grad_()
    wanted = functional.mse_loss(leaf, actual)
    wanted.backward()  # type: ignore[no-untyped-call]  # torch's own
    loss = MSE()
    value = loss.compute_loss(pred, actual)
    gradient = loss.backward()
    tolerance = 2e-2 if dtype is torch.bfloat16 else 1e-6
    assert value.dtype is gradient.dtype is dtype
    assert leaf.grad is not None
    torch.testing.assert_close(value, wanted.detach(), rtol=tolerance, atol=0)
    torch.testing.assert_close(gradient, leaf.grad, rtol=tolerance, atol=tolerance / 10)


def test_mean_is_over_all_elements_of_each_replica() -> None:
    pred = torch.tensor([[[1.0, 2.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 2.0]]])
    assert population(2).compute_loss(pred, torch.zeros(2, 2, 2)).tolist() == [7.5, 1.0]
    assert MSE().compute_loss(pred[0], torch.zeros(2, 2)).item() == 7.5
    assert MSE.reduction == "mean"


@pytest.mark.parametrize("features", [(), (3,), (2, 3)])
def test_weight_zero_leaves_the_sample_out(features: tuple[int, ...]) -> None:
    pred, actual = normal(6, *features), normal(6, *features, seed=1)
    kept = torch.tensor([True, False, True, True, False, True])
    loss = MSE()
    wanted = loss.compute_loss(pred[kept], actual[kept])
    wanted_gradient = loss.backward()
    for weight in (kept, kept.double(), 3 * kept.double()):
        torch.testing.assert_close(loss.compute_loss(pred, actual, weight), wanted)
        gradient = loss.backward()
        torch.testing.assert_close(gradient[kept], wanted_gradient)
        assert not gradient[~kept].any()


def test_weights_count_samples() -> None:
    pred, actual = normal(3, 2), normal(3, 2, seed=1)
    twice = torch.cat([pred, pred[:1]]), torch.cat([actual, actual[:1]])
    loss = MSE()
    weighted = loss.compute_loss(pred, actual, torch.tensor([2.0, 1.0, 1.0]))
    torch.testing.assert_close(weighted, loss.compute_loss(*twice))


def test_all_weights_zero_give_zero() -> None:
    loss, pred = population(2), normal(2, 3, 2)
    value = loss.compute_loss(pred, -pred, torch.tensor([[0.0] * 3, [1.0] * 3]))
    gradient = loss.backward()
    assert value[0] == 0
    assert value[1] == pytest.approx(4 * float(pred[1].square().mean()))
    assert not gradient[0].any()


def test_empty_batch_gives_zero() -> None:
    loss = MSE()
    assert loss.compute_loss(torch.zeros(0, 2), torch.zeros(0, 2)).item() == 0
    assert loss.backward().shape == (0, 2)


def test_broadcasting_is_refused() -> None:
    pred = normal(4, 2)
    for shape in ((4, 1), (1, 2), (2,), (4,), (1,), (1, 4, 2), (2, 4)):
        with pytest.raises(ShapeError, match=r"targets of the outputs' shape \(4, 2\), got"):
            MSE().compute_loss(pred, normal(*shape))
        if shape != (4,):
            with pytest.raises(ShapeError, match=r"weights \(\*replicas, batch\) = \(4,\), got"):
                MSE().compute_loss(pred, pred, normal(*shape))
    with pytest.raises(ShapeError, match=r"for replicas \(3,\) got outputs \(4, 2\)"):
        population(3).compute_loss(pred, pred)


def test_backward_needs_compute_loss() -> None:
    loss, pred = MSE(), normal(4, 2)
    with pytest.raises(ProtocolError, match=r"backward of MSE\(\) came without compute_loss"):
        loss.backward()
    loss.compute_loss(pred, pred)
    loss.backward()
    with pytest.raises(ProtocolError):
        loss.backward()


def test_arguments_are_left_alone() -> None:
    loss, pred, actual, weight = MSE(), normal(4, 2), normal(4, 2, seed=1), uniform(4)
    before = [tensor.clone() for tensor in (pred, actual, weight)]
    loss.compute_loss(pred, actual, weight)
    loss.backward().zero_()
    for tensor, old in zip((pred, actual, weight), before, strict=True):
        assert torch.equal(tensor, old)


def test_extremes_stay_finite() -> None:
    pred = torch.tensor([[1e15, -1e15, 0.0, 1e-30]])
    loss = MSE()
    assert bool(loss.compute_loss(pred, -pred).isfinite())
    assert bool(loss.backward().isfinite().all())


def test_prediction_is_the_largest_output() -> None:
    output = torch.tensor([[0.1, 0.9, 0.3], [2.0, -1.0, 1.0]])
    assert MSE().predict(output).tolist() == [1, 0]
    assert MSE().predict(output.expand(4, 2, 3)).tolist() == [[1, 0]] * 4
    assert MSE().classes(torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])).tolist() == [2, 0]


@pytest.mark.parametrize("replicas", [0, 3])
def test_a_single_output_is_a_value(replicas: int) -> None:
    loss = population(replicas) if replicas else MSE()
    output = normal(*loss.replicas, 4)
    assert torch.equal(loss.predict(output.unsqueeze(-1)), output)
    assert torch.equal(loss.predict(output), output)
    assert torch.equal(loss.classes(output), output)
