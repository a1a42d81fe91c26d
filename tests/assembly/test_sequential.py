"""Sequential: the chain rule over its layers."""

from typing import Any

import pytest
import torch
from coreframe_toys import Affine, Square
from torch import Tensor

import coreframe as cf

pytestmark = pytest.mark.usefixtures("toys")


def draw(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def assembled(*layers: str | cf.Module, **seed: Any) -> cf.Module:
    return cf.assemble(list(layers), dtype=torch.float64, **seed or {"seed": 0})


def test_gradients_are_those_of_autograd() -> None:
    model = assembled("Affine(2, 3)", "Square", "Sequential(Affine(3, 4), Square)", "Affine(4, 2)")
    x, dy = draw(5, 2).requires_grad_(), draw(5, 2)
    weights = {name: p.value.clone().requires_grad_() for name, p in model.named_parameters()}
    y = x
    for name in ("0", "2.0", "3"):
        y = y @ weights[f"{name}.weight"].mT + weights[f"{name}.bias"]
        y = y if name == "3" else y**2
    y.backward(dy)  # type: ignore[no-untyped-call]  # torch has no types for it

    output = model.forward(x.detach())
    torch.testing.assert_close(output, y.detach())
    torch.testing.assert_close(model.backward(dy), x.grad)
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, weights[name].grad)


def test_a_layer_that_stands_in_it_twice_adds_up_both_gradients() -> None:
    shared, first, second = Affine(2, 2), Affine(2, 2), Affine(2, 2)
    twice = assembled(shared, "Square", shared)
    apart = assembled(first, "Square", second)
    state = twice.state()
    apart.load_state(state | {f"2.{n}": state[f"0.{n}"] for n in ("weight", "bias")})
    x, dy = draw(5, 2), draw(5, 2)
    assert torch.equal(twice.forward(x), apart.forward(x))
    torch.testing.assert_close(twice.backward(dy), apart.backward(dy))
    for together, one, other in zip(shared.param(), first.param(), second.param(), strict=True):
        torch.testing.assert_close(together.grad, one.grad + other.grad)


def test_an_empty_one_is_the_identity() -> None:
    model = cf.Sequential()
    x = draw(3, 2)
    assert torch.equal(model.forward(x), x)
    assert torch.equal(model.backward(x), x)
    model.backward_parameters(x)
    assert model.output_shape((2,)) == (2,)
    assert model.param() == []


def test_an_empty_one_inside_another_changes_nothing() -> None:
    model = assembled("Sequential", "Affine(2, 3)", "Sequential()")
    x, dy = draw(5, 2), draw(5, 3)
    output = model.forward(x)
    assert output.shape == (5, 3)
    assert model.backward(dy).shape == x.shape


def test_nested_ones_have_nested_paths() -> None:
    model = assembled("Affine(2, 3)", "Sequential(Square, Sequential(Affine(3, 1)))")
    assert [name for name, _ in model.named_parameters()] == [
        "0.weight",
        "0.bias",
        "1.1.0.weight",
        "1.1.0.bias",
    ]
    assert [module.path for _, module in model.named_modules()] == [
        "",
        "0",
        "1",
        "1.0",
        "1.1",
        "1.1.0",
    ]


def test_a_layer_twice_counts_once() -> None:
    layer = Affine(2, 2)
    model = assembled(layer, layer)
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias"]


class Spy(cf.Module):
    """The identity; notes which backward was asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def forward(self, x: Tensor) -> Tensor:
        self.save(x)
        return x

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        self.saved()
        self.asked.append("backward")
        return gradwrtoutput[0]

    def backward_parameters(self, *gradwrtoutput: Tensor) -> None:
        self.saved()
        self.asked.append("backward_parameters")


def test_only_the_first_layer_is_spared_its_input_gradient() -> None:
    first, middle, last = Spy(), Spy(), Spy()
    model = assembled(first, cf.Sequential(middle), last)
    model.forward(draw(2, 2))
    model.backward_parameters(draw(2, 2))
    assert (first.asked, middle.asked, last.asked) == (
        ["backward_parameters"],
        ["backward"],
        ["backward"],
    )
    model.forward(draw(2, 2))
    model.backward(draw(2, 2))
    assert first.asked == ["backward_parameters", "backward"]


def test_the_first_layer_of_a_nested_first_one_is_spared_too() -> None:
    first, second = Spy(), Spy()
    model = assembled(cf.Sequential(cf.Sequential(first, second)))
    model.forward(draw(2, 2))
    model.backward_parameters(draw(2, 2))
    assert (first.asked, second.asked) == (["backward_parameters"], ["backward"])


def test_a_first_layer_used_again_gets_its_later_input_gradient() -> None:
    twice = Spy()
    model = assembled(twice, "Square", twice)
    model.forward(draw(2, 2))
    model.backward_parameters(draw(2, 2))
    assert twice.asked == ["backward", "backward_parameters"]


def test_a_backward_out_of_order_names_both_layers() -> None:
    model = assembled("Affine(2, 2)", "Square")
    model.forward(draw(3, 2))
    with pytest.raises(cf.ProtocolError, match=r"Affine\(2, 2\) at 0 .* Square\(\) at 1"):
        model.children()["0"].backward(draw(3, 2))


class Opaque(Square):
    """A layer that does not say its output's shape."""

    def output_shape(self, input_shape: cf.Shape | None) -> None:
        return None


def test_the_output_shape_is_that_of_the_last_layer() -> None:
    model = assembled("Affine(2, 3)", "Square")
    assert model.output_shape((2,)) == (3,)
    assert model.output_shape(None) == (3,)
    with pytest.raises(cf.ShapeError, match="layer 0: Affine"):
        model.output_shape((5,))


def test_after_a_layer_of_unknown_shape_sizes_cannot_be_told() -> None:
    model = assembled(Affine(2, 3), Opaque(), Affine(4, 1))
    assert model.output_shape((2,)) == (1,)


@pytest.mark.parametrize("layer", ["ReLU", None, 3, ["ReLU"], Square])
def test_a_layer_that_is_no_module_is_named(layer: Any) -> None:
    with pytest.raises(cf.ArgumentError) as error:
        cf.Sequential(Square(), layer)
    assert str(error.value).startswith(f"Sequential: layer 1 must be a module, got {layer!r}; ")
