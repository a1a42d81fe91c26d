"""The containers: names, specs, shapes at assembly time, order, memory, and what they refuse."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import coreframe as cf
from coreframe_composition import (
    Concatenate,
    Flatten,
    Identity,
    Parallel,
    Repeat,
    Reshape,
    Residual,
    Scale,
    Sum,
)

DEEP = (
    "Sequential(Linear(4, 8), Repeat(Residual(Sequential(Linear(8, 8), ReLU, Scale(8, start=0.1))), 2), "
    "Concatenate(Identity, Linear(8, 2)), Sum(Linear(10, 4), Sequential(Reshape(2, 5), Flatten, "
    "Linear(10, 4))))"
)


def test_nested_specs_come_back_from_their_repr() -> None:
    model = cf.assemble(DEEP, seed=3)
    again = cf.assemble(repr(model), seed=3)
    assert repr(again) == repr(model)
    x = torch.randn(5, 4)
    assert torch.equal(model.forward(x), again.forward(x))


def test_names_of_parameters_say_where_they_are() -> None:
    names = [name for name, _ in cf.assemble(DEEP, seed=0).named_parameters()]
    assert names == [
        "0.weight",
        "0.bias",
        "1.chain.0.layer.0.weight",
        "1.chain.0.layer.0.bias",
        "1.chain.0.layer.2.gain",
        "1.chain.1.layer.0.weight",
        "1.chain.1.layer.0.bias",
        "1.chain.1.layer.2.gain",
        "2.1.weight",
        "2.1.bias",
        "3.0.weight",
        "3.0.bias",
        "3.1.2.weight",
        "3.1.2.bias",
    ]


def test_sizes_are_worked_out_through_containers() -> None:
    model = cf.assemble(DEEP, seed=0)
    assert model.output_shape((4,)) == (4,)
    assert [row.output_shape for row in cf.summarize(model, (4,)).layers] == [
        (8,),
        (8,),
        (10,),
        (4,),
    ]
    assert cf.create("module", "Parallel(ReLU, Linear(3, 2))").output_shape((3,)) is None
    assert cf.create("module", "Parallel(Linear(3, 2))").output_shape((3,)) == (2,)


SHAPES: list[tuple[cf.Module, cf.Shape | None, cf.Shape | None]] = [
    (Flatten(), (2, 3), (6,)),
    (Flatten(), (), (1,)),
    (Flatten(), None, None),
    (Reshape(2, -1), (3, 4), (2, 6)),
    (Reshape(2, -1), None, None),
    (Reshape(2, 3), None, (2, 3)),
    (Reshape(), (1,), ()),
    (Scale(3, 1, 2), None, (2,)),
    (Scale(3, 1), None, None),
    (Scale(4), None, (4,)),
    (Scale(), None, None),
    (Scale(3, 1, 1), (5, 3, 2, 2), (5, 3, 2, 2)),
    (Identity(), None, None),
    (Residual(Identity()), (2,), (2,)),
    (Concatenate(Identity(), Reshape(2, 3)), (2, 3), (2, 6)),
    (Concatenate(Identity(), Reshape(2, 3)), None, None),
    (Concatenate(Reshape(5), Reshape(3)), None, (8,)),
    (Sum(Reshape(3), Reshape(2, 3)), None, (2, 3)),
    (Sum(Identity(), Identity()), None, None),
    (Repeat(Scale(2), 3), (2,), (2,)),
]


@pytest.mark.parametrize(("layer", "given", "wanted"), SHAPES, ids=repr)
def test_output_shape(layer: cf.Module, given: cf.Shape | None, wanted: cf.Shape | None) -> None:
    assert layer.output_shape(given) == wanted


@pytest.mark.parametrize(
    ("specs", "says"),
    [
        (["Linear(2, 8)", "Residual(Linear(8, 4))"], "input (8,) to what its layer gives, (4,)"),
        (["Linear(2, 8)", "Residual(Linear(4, 8))"], "takes 4 features, got (8,)"),
        (
            ["Sum(Linear(2, 8), Linear(2, 4))"],
            "cannot add up outputs whose last axes are [(8,), (4,)]",
        ),
        (["Linear(2, 3)", "Sum(Identity, Linear(3, 4))"], "of the shapes [(3,), (4,)]"),
        (["Linear(2, 6)", "Concatenate(Identity, Reshape(2, 3))"], "cannot join"),
        (
            ["Linear(2, 6)", "Concatenate(Identity, Reshape(6), Linear(5, 6))"],
            "layer 2: Linear(5, 6)",
        ),
        (["Concatenate(Linear(2, 3), Linear(2, 4))", "Linear(6, 1)"], "takes 6 features, got (7,)"),
        (["Repeat(Linear(3, 2), 2)"], "takes 3 features, got (2,)"),
        (["Linear(2, 5)", "Reshape(2, 3)"], "cannot hold features (5,): these are 5 numbers"),
        (["Linear(2, 5)", "Reshape(2, -1)"], "cannot hold features (5,)"),
        (["Linear(2, 5)", "Scale(4)"], "features that end in (4,), got (5,)"),
        (["Linear(2, 5)", "Parallel(Identity, Linear(4, 2))"], "layer 1: Linear(4, 2)"),
    ],
    ids=str,
)
def test_sizes_that_do_not_fit_are_refused_at_assembly(specs: list[str], says: str) -> None:
    with pytest.raises(cf.ShapeError) as raised:
        cf.assemble(specs, seed=0)
    assert says in str(raised.value)


BAD: list[tuple[Callable[[], object], str]] = [
    (lambda: Residual("ReLU"), "Residual: the layer must be a module, got 'ReLU'"),  # type: ignore[arg-type]
    (lambda: Repeat(None, 2), "Repeat: the layer must be a module"),  # type: ignore[arg-type]
    (lambda: Repeat(Identity(), 0), "Repeat: times must be a positive integer, got 0"),
    (lambda: Repeat(Identity(), True), "Repeat: times must be a positive integer, got True"),
    (lambda: Repeat(Scale(2).initialize(seed=0), 2), "Scale(2) holds some already"),
    (Sum, "Sum needs at least one layer"),
    (Parallel, "Parallel needs at least one layer"),
    (Concatenate, "Concatenate needs at least one layer"),
    (lambda: Sum(Identity(), 3), "Sum: layer 1 must be a module, got 3"),  # type: ignore[arg-type]
    (lambda: Reshape(2, 0), "Reshape: an axis other than -1 must be a positive integer, got 0"),
    (lambda: Reshape(-2), "got -2"),
    (lambda: Reshape(2.0), "got 2.0"),  # type: ignore[arg-type]
    (lambda: Reshape(-1, -1), "Reshape: at most one axis may be -1, got (-1, -1)"),
    (lambda: Scale(0), "Scale: a size must be a positive integer, got 0"),
    (lambda: Scale(2, start="x"), "value must be a number"),  # type: ignore[arg-type]
    (lambda: cf.create("module", "Repeat(Identity, 2.5)"), "times must be int"),
    (lambda: cf.create("module", "Residual(3)"), "layer must be Module"),
    (lambda: Scale(2).forward(torch.ones(1, 2, dtype=torch.float64)), "gain of torch.float32"),
]


@pytest.mark.parametrize(("make", "says"), BAD, ids=[says for _, says in BAD])
def test_bad_arguments_are_refused(make: Callable[[], object], says: str) -> None:
    with pytest.raises(cf.ArgumentError) as raised:
        make()
    assert says in str(raised.value)


MISFITS: list[tuple[cf.Module, tuple[int, ...], str]] = [
    (Residual(Reshape(1, 3)), (2, 3), "must be of the same shape, not (2, 1, 3)"),
    (Residual(Parallel(Identity(), Identity())), (2, 3), "not 2 outputs"),
    (
        Sum(Identity(), Reshape(1, 3)),
        (2, 3),
        "adds up outputs of one shape, got [(2, 3), (2, 1, 3)]",
    ),
    (Concatenate(Identity(), Reshape(1, 3)), (2, 3), "differ in the last axis only"),
    (Concatenate(Identity(), Identity()), (2,), "differ in the last axis only, got [(2,), (2,)]"),
    (Reshape(2, 2), (2, 3), "cannot hold features (3,)"),
    (Scale(2), (4, 3), "it got (4, 3)"),
    (Scale(2, 2), (2, 2), "it got (2, 2)"),
]


@pytest.mark.parametrize(("layer", "shape", "says"), MISFITS, ids=[says for *_, says in MISFITS])
def test_inputs_that_do_not_fit_are_refused(
    layer: cf.Module, shape: tuple[int, ...], says: str
) -> None:
    with pytest.raises(cf.ShapeError) as raised:
        layer.forward(torch.ones(shape))
    assert says in str(raised.value)


def test_gradients_that_do_not_fit_are_refused() -> None:
    for layer, shape, wrong in (
        (Concatenate(Identity(), Identity()), (2, 3), (2, 5)),
        (Concatenate(Identity(), Identity()), (2, 3), (1, 6)),
        (Scale(3), (2, 3), (1, 3)),
    ):
        layer.forward(torch.ones(shape))
        with pytest.raises(cf.ShapeError, match="got the gradient"):
            layer.backward(torch.ones(wrong))
    heads = Parallel(Identity(), Identity())
    heads.forward(torch.ones(2, 3))
    with pytest.raises(cf.ShapeError, match="gradients of 2 outputs, got 1"):
        heads.backward(torch.ones(2, 3))
    heads.backward(torch.ones(2, 3), torch.ones(2, 3))  # nothing was lost


def test_repeated_layers_have_values_of_their_own() -> None:
    for chosen in ({"seed": 1}, {"seeds": [1, 2]}):
        model = cf.assemble("Repeat(Linear(3, 3), 3)", **chosen)
        weights = [p.value for name, p in model.named_parameters() if name.endswith("weight")]
        assert len(weights) == 3
        assert not torch.equal(weights[0], weights[1])
        assert not torch.equal(weights[1], weights[2])
    chain = cf.assemble(["Linear(3, 3)"] * 3, seed=1)
    repeated = cf.assemble("Repeat(Linear(3, 3), 3)", seed=1)
    x = torch.randn(2, 3)
    assert torch.equal(repeated.forward(x), chain.forward(x))


def test_a_layer_used_twice_is_one_layer() -> None:
    for container in (Sum, Concatenate, Parallel):
        gain = Scale(2)
        model: cf.Module = container(gain, gain)
        model.initialize(seed=0)
        assert [name for name, _ in model.named_parameters()] == ["0.gain"]
        y = model.forward(torch.ones(1, 2))
        model.backward(*[torch.ones_like(part) for part in (y if isinstance(y, tuple) else (y,))])
        assert gain.gain.grad.tolist() == [2.0, 2.0]


def test_a_single_branch_passes_through_without_a_copy() -> None:
    x = torch.ones(2, 3)
    assert Sum(Identity()).forward(x) is x
    assert Identity().forward(x) is x


@pytest.mark.parametrize(
    ("layer", "factor"),
    [
        (Residual(Identity()), 2.0),
        (Sum(Identity(), Identity(), Identity()), 3.0),
        (Residual(Residual(Identity())), 3.0),
    ],
    ids=repr,
)
def test_a_branch_that_hands_its_gradient_on_keeps_it(layer: cf.Module, factor: float) -> None:
    """Identity's backward gives dy itself, which no sum may change."""
    x, dy = torch.ones(2, 3), torch.ones(2, 3)
    y = layer.forward(x)
    dx = layer.backward(dy)
    assert torch.equal(x, torch.ones(2, 3))
    assert torch.equal(dy, torch.ones(2, 3))
    assert torch.equal(y, torch.full((2, 3), factor))
    assert torch.equal(dx, y)


class WithoutGradient(cf.Module):
    """Its input has no gradient, as that of a table of indices."""

    def forward(self, x: Tensor) -> Tensor:
        self.save()
        return x.round()

    def backward(self, *gradwrtoutput: Tensor) -> None:
        self.saved()


def test_a_layer_without_an_input_gradient_adds_none() -> None:
    x, dy = torch.randn(2, 3), torch.randn(2, 3)
    layer = Residual(WithoutGradient())
    layer.forward(x)
    assert torch.equal(layer.backward(dy), dy)  # type: ignore[arg-type]
    both = Sum(WithoutGradient(), WithoutGradient())
    both.forward(x)
    assert both.backward(dy) is None


def test_backward_out_of_order_names_the_container() -> None:
    inner = Scale(3)
    layer = Residual(inner)
    layer.forward(torch.ones(1, 3))
    with pytest.raises(cf.ProtocolError, match=r"out of order.*Residual"):
        inner.backward(torch.ones(1, 3))


def test_flatten_keeps_no_memory() -> None:
    x = torch.ones(100, 20, 5)
    layer = cf.Sequential(Flatten(), Reshape(20, 5))
    layer.forward(x)
    kept = [tensor for _, saved in layer.context.saved for tensor in saved]
    assert sum(tensor.untyped_storage().nbytes() for tensor in kept) == 8


def test_containers_are_moved_copied_selected_and_trained() -> None:
    model = cf.assemble(DEEP, seeds=[1, 2, 3])
    x, dy = torch.randn(3, 6, 4), torch.randn(3, 6, 4)
    y = model.forward(x)
    model.backward_parameters(dy)
    model.expect_all_undone()
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301
        assert repr(other) == repr(model)
        torch.testing.assert_close(other.forward(x), y)
    model.select([2, 0])
    torch.testing.assert_close(model.forward(x[[2, 0]]), y[[2, 0]])
    model.to(torch.float64).eval()
    assert model.forward(x[[2, 0]].double()).dtype is torch.float64


def test_repeat_follows_the_settings_of_selected_replicas() -> None:
    model = cf.assemble("Repeat(Linear(2, 2, gain=[1.0, 2.0]), 2)", seeds=[1, 2])
    model.select([1])
    assert repr(model) == "Repeat(Linear(2, 2, gain=[2.0]), 2)"


def test_deep_networks_with_a_zero_gain_begin_as_the_identity() -> None:
    model = cf.assemble(
        "Repeat(Residual(Sequential(Linear(4, 4), ReLU, Scale(4, start=0.0))), 20)", seed=0
    )
    x = torch.randn(3, 4)
    assert torch.equal(model.forward(x), x)
