"""The saved stack: last in, first out, for a whole model, with errors that name the layers."""

from __future__ import annotations

import pytest
import torch
from coreframe_toys import Affine, Descent, Points, Square, SumOfSquares
from torch import Tensor

import coreframe as cf
from coreframe import Module, ProtocolError, Sequential


def x(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


class Interrupted(Square):
    """Raises in its backward, as Ctrl-C would."""

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        raise KeyboardInterrupt


def test_backward_without_forward_names_the_layer_and_its_path() -> None:
    model = Sequential(Square(), Affine(2, 3)).initialize(seed=0)
    with pytest.raises(ProtocolError, match=r"^backward of Affine\(2, 3\) at 1 came without a"):
        model.backward(x(4, 3))
    with pytest.raises(ProtocolError, match=r"^backward of Square\(\) came without a forward$"):
        Square().backward(x(4, 2))


def test_backward_in_evaluation_says_so() -> None:
    layer = Square().eval()
    layer.forward(x(4, 2))
    with pytest.raises(ProtocolError, match="in evaluation mode forward keeps nothing"):
        layer.backward(x(4, 2))


def test_backward_out_of_order_names_both_layers() -> None:
    model = Sequential(Square(), Sequential(Affine(2, 3))).initialize(seed=0)
    model.forward(x(4, 2))
    first = model.layers[0]
    with pytest.raises(
        ProtocolError,
        match=r"^backward of Square\(\) at 0 came out of order: "
        r"the last forward was that of Affine\(2, 3\) at 1\.0, whose backward is due first$",
    ):
        first.backward(x(4, 2))
    model.backward(x(4, 3))  # a refused backward has taken nothing


def test_layer_used_twice_is_right() -> None:
    layer = Square()
    model = Sequential(layer, layer)  # x⁴, dx = 4 x³ dy
    y = model.forward(x(4, 2).double())
    assert torch.allclose(y, x(4, 2).double() ** 4)
    dy = torch.ones_like(y)
    assert torch.allclose(model.backward(dy), 4 * x(4, 2).double() ** 3)


def test_parameters_of_a_layer_used_twice_get_the_sum() -> None:
    shared = Affine(2, 2)
    model = Sequential(shared, Square(), shared).initialize(seed=3, dtype=torch.float64)
    leaves = [p.value.clone().requires_grad_() for p in model.param()]
    weight, bias = leaves
    inputs = x(5, 2).double()
    wanted = ((inputs @ weight.mT + bias) ** 2) @ weight.mT + bias
    dy = torch.ones_like(wanted)
    wanted.backward(dy)  # type: ignore[no-untyped-call]  # torch's own
    model.forward(inputs)
    model.backward(dy)
    for parameter, leaf in zip(model.param(), leaves, strict=True):
        assert leaf.grad is not None
        assert torch.allclose(parameter.grad, leaf.grad)


def test_eval_and_forget_clear_the_stack() -> None:
    model = Sequential(Square(), Square())
    model.forward(x(4, 2))
    assert len(model.context.saved) == 2
    assert tuple(layer for layer, _ in model.context.saved) == model.layers[::-1]
    with pytest.raises(ProtocolError, match=r"Square\(\) at 1 still waits for its backward"):
        model.expect_all_undone()
    model.eval()
    assert len(model.context.saved) == 0
    model.train()
    model.forward(x(4, 2))
    model.forget()
    model.expect_all_undone()


@pytest.mark.parametrize("move", ["to", "select", "load_state"])
def test_moves_clear_the_stack(move: str) -> None:
    model = Sequential(Affine(2, 2)).initialize(seeds=[0, 1])
    model.forward(x(2, 4, 2))
    if move == "to":
        model.to(torch.float64)
    elif move == "select":
        model.select([1])
    else:
        model.load_state(model.state())
    with pytest.raises(ProtocolError, match="came without a forward"):
        model.backward(x(2, 4, 2))


def test_modules_of_one_model_share_a_stack_and_others_do_not() -> None:
    model, other = Sequential(Square(), Sequential(Square())), Square()
    stacks = {id(module.context.saved) for _, module in model.named_modules()}
    assert stacks == {id(model.context.saved)}
    assert other.context.saved is not model.context.saved


@pytest.mark.parametrize("fault", ["a layer", "the callback"])
def test_interrupted_training_leaves_nothing(fault: str) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    layers: list[Module] = [Affine(2, 2), Interrupted() if fault == "a layer" else Square()]
    model = Sequential(*layers).initialize(seed=0)
    loss = SumOfSquares()
    with pytest.raises(KeyboardInterrupt):
        cf.train_model(
            model,
            Points(8),
            loss,
            Descent(model, lr=0.01),
            epochs=1,
            on_epoch=interrupt if fault == "the callback" else None,
        )
    model.expect_all_undone()
    with pytest.raises(ProtocolError, match="came without compute_loss"):
        loss.backward()
