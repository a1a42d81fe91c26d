"""inference_mode: what outlives a training is no inference tensor, and works with autograd."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from coreframe_toys import Descent, Points, SumOfSquares
from torch import Tensor

import coreframe as cf

SPECS = ["Affine(2, 4)", "Noise", "RunningMean(4)", "Square", "Affine(4, 2)"]


class Alternating(cf.Schedule):
    """Other factors for each replica at every step."""

    def factor(self, step: int, total: int) -> Any:
        return [1.0, 0.5] if step % 2 else [0.5, 1.0]


def trained(**seeding: Any) -> tuple[cf.Module, cf.Optimizer, cf.History]:
    model = cf.assemble(SPECS, **seeding)
    rate: Any = [0.001, 0.002] if model.replicas else 0.001
    optimizer = Descent(model, rate, momentum=0.5)
    schedule = Alternating() if model.replicas else None
    history = cf.train_model(
        model, Points(8), SumOfSquares(), optimizer, epochs=2, log=True, schedule=schedule
    )
    return model, optimizer, history


def tensors_of(model: cf.Module, optimizer: cf.Optimizer) -> Iterator[Tensor]:
    for flat in model.storage.flats:
        yield from (flat.value, flat.grad)
    for parameter in model.param():
        yield from (parameter.value, parameter.grad)
    yield from (buffer.value for _, buffer in model.named_buffers())
    yield from model.state().values()
    yield from optimizer.state().values()
    for state in optimizer._states:
        yield from state.values()
    yield from model.random.state().values()


@pytest.mark.parametrize("seeding", [{"seed": 0}, {"seeds": [0, 1]}])
def test_nothing_that_outlives_a_training_is_an_inference_tensor(seeding: dict[str, Any]) -> None:
    model, optimizer, history = trained(**seeding)
    assert not torch.is_inference_mode_enabled()
    assert not any(tensor.is_inference() for tensor in tensors_of(model, optimizer))
    assert not any(v.is_inference() for v in vars(history).values() if v is not None)
    evaluation = cf.evaluate(model, Points(8).test, SumOfSquares())
    assert not any(values.is_inference() for values in evaluation)


def test_also_after_an_interrupted_one() -> None:
    model = cf.assemble(SPECS, seeds=[0, 1])
    optimizer = Descent(model, [0.001, 0.002])

    def stop(epoch: int, row: dict[str, Tensor]) -> None:
        assert not torch.is_inference_mode_enabled()
        assert not row["loss"].is_inference()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cf.train_model(model, Points(8), SumOfSquares(), optimizer, on_epoch=stop)
    assert not any(tensor.is_inference() for tensor in tensors_of(model, optimizer))


def test_also_where_the_user_is_in_inference_mode() -> None:
    with torch.inference_mode():
        model, optimizer, history = trained(seeds=[0, 1])
        model.select([1])
        optimizer.select([1])
    persistent = [flat.value for flat in model.storage.flats]
    persistent += [flat.grad for flat in model.storage.flats]
    persistent += [value for state in optimizer._states for value in state.values()]
    persistent += [buffer.value for _, buffer in model.named_buffers()]
    persistent += [figure for figure in vars(history).values() if figure is not None]
    assert not any(tensor.is_inference() for tensor in persistent)


@pytest.mark.parametrize("seeding", [{"seed": 0}, {"seeds": [0, 1]}])
def test_a_trained_model_can_be_compared_with_autograd(seeding: dict[str, Any]) -> None:
    model, _, _ = trained(**seeding)
    x = torch.ones(*model.replicas, 3, 2, requires_grad=True)
    y = model.forward(x)  # autograd would refuse to save inference tensors
    dy = torch.full_like(y, 0.5)
    (wanted,) = torch.autograd.grad(y, x, dy)
    with torch.no_grad():
        torch.testing.assert_close(model.backward(dy), wanted)


def test_a_step_by_hand_outside_inference_mode_follows_a_training() -> None:
    model, optimizer, _ = trained(seed=0)
    loss = SumOfSquares()
    model.zero_grad()
    before = model.state()
    loss.compute_loss(model.forward(torch.ones(3, 2)), torch.zeros(3, 2))
    model.backward(loss.backward())
    optimizer.step()
    assert not torch.equal(model.state()["0.weight"], before["0.weight"])
