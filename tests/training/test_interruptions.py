"""Interruptions: an error or Ctrl-C in the middle leaves nothing stale."""

from typing import Any

import pytest
import torch
from coreframe_toys import Descent, Points, Square, SumOfSquares

import coreframe as cf


class Interrupter:
    """Raises at its n-th call."""

    def __init__(self, error: type[BaseException], after: int) -> None:
        self.error, self.left = error, after

    def __call__(self, *args: Any) -> None:
        self.left -= 1
        if self.left < 0:
            raise self.error


def interrupt(patch: pytest.MonkeyPatch, owner: type, name: str, interrupter: Interrupter) -> None:
    original = getattr(owner, name)

    def replacement(self: Any, *args: Any) -> Any:
        interrupter()
        result = original(self, *args)
        interrupter()
        return result

    patch.setattr(owner, name, replacement)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, SystemExit])
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (Square, "forward"),
        (Square, "backward"),
        (SumOfSquares, "compute_loss"),
        (SumOfSquares, "backward"),
        (Descent, "update"),
        (cf.TensorSplit, "take"),
    ],
)
@pytest.mark.parametrize("after", [0, 1, 6])
def test_nothing_is_left_and_a_later_training_works(
    error: type[BaseException], owner: type, name: str, after: int
) -> None:
    model = cf.assemble(["Affine(2, 3)", "Square", "Affine(3, 2)"], seeds=[0, 1])
    optimizer = Descent(model, 0.001, momentum=0.5)
    loss, data = SumOfSquares(), Points(16)
    with pytest.MonkeyPatch.context() as patch:
        interrupt(patch, owner, name, Interrupter(error, after))
        with pytest.raises(error):
            cf.train_model(model, data, loss, optimizer, epochs=9, batch_size=4, log=True)

    assert not torch.is_inference_mode_enabled()
    assert len(model.context.saved) == 0
    with pytest.raises(cf.ProtocolError):
        loss.backward()
    expect_to_train_like_a_copy(model, optimizer, data)


def expect_to_train_like_a_copy(
    model: cf.Module, optimizer: cf.Optimizer, data: cf.Dataset
) -> None:
    """A fresh model that is given this one's state trains bit for bit as it does."""
    copy = cf.assemble(repr(model), seeds=[0, 1]).load_state(model.state())
    copy.random.load_state(model.random.state())
    copy_optimizer = Descent(copy, 0.001, momentum=0.5).load_state(optimizer.state())
    histories = [
        cf.train_model(one, data, SumOfSquares(), its, epochs=2, batch_size=4)
        for one, its in ((model, optimizer), (copy, copy_optimizer))
    ]
    assert histories[0].loss.isfinite().all()
    assert torch.equal(histories[0].loss, histories[1].loss)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_on_epoch_that_raises_ends_the_training_after_that_epoch(
    error: type[BaseException],
) -> None:
    model = cf.assemble(["Affine(2, 2)"], seeds=[0, 1])
    other = cf.assemble(["Affine(2, 2)"], seeds=[0, 1])
    optimizers = [Descent(one, 0.001) for one in (model, other)]
    with pytest.raises(error):
        cf.train_model(
            model, Points(8), SumOfSquares(), optimizers[0], on_epoch=Interrupter(error, 2)
        )
    cf.train_model(other, Points(8), SumOfSquares(), optimizers[1], epochs=3)
    for name, value in model.state().items():
        assert torch.equal(value, other.state()[name])


def test_a_schedule_that_raises_leaves_nothing() -> None:
    class Broken(cf.Schedule):
        def factor(self, step: int, total: int) -> float:
            if step == 3:
                raise RuntimeError("no factor")
            return 1.0

    model = cf.assemble(["Affine(2, 2)", "Square"], seed=0)
    optimizer = Descent(model, 0.001)
    with pytest.raises(RuntimeError, match="no factor"):
        cf.train_model(
            model, Points(16), SumOfSquares(), optimizer, batch_size=4, schedule=Broken()
        )
    assert len(model.context.saved) == 0
    cf.train_model(model, Points(16), SumOfSquares(), optimizer, epochs=1)
