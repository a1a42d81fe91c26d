"""Linear: against torch.nn.functional.linear, in its populations, and by its report."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

import coreframe as cf
from coreframe import ArgumentError, Module, ShapeError
from coreframe.testing import check_gradients, check_population, check_protocol, check_repr
from coreframe_linear import Linear


def normal(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@pytest.mark.parametrize("size", [(3, 2), (2, 25), (25, 2)], ids=str)
@pytest.mark.parametrize("batch", [(4,), (16,), (2, 4)], ids=str)
def test_population_keeps_the_protocol(size: tuple[int, int], batch: tuple[int, ...]) -> None:
    layer = Linear(*size).initialize(seeds=[0, 1, 2])
    x = normal(3, *batch, size[0])
    check_gradients(layer, x)
    check_protocol(layer, x)


def test_repr_with_a_gain_of_each_replica() -> None:
    check_repr(Linear(2, 25, gain=[0.5, 1.0]).initialize(seeds=[0, 1]))
    assert repr(Linear(2, 25, gain=[0.5, 1.0])) == "Linear(2, 25, gain=[0.5, 1.0])"


def expect_autograd_agrees(layer: Module, x: Tensor, tolerance: float) -> None:
    """Forward, input gradient and parameter gradients, for lone layers and for populations."""
    own = dict(layer.named_parameters())
    weight, bias = (own[name].value.clone().requires_grad_() for name in ("weight", "bias"))
    leaf = x.clone().requires_grad_()
    if layer.replicas:
        parts = [functional.linear(*parts) for parts in zip(leaf, weight, bias, strict=True)]
        wanted = torch.stack(parts)
    else:
        wanted = functional.linear(leaf, weight, bias)
    dy = normal(*wanted.shape, seed=1, dtype=x.dtype)
    wanted.backward(dy)  # type: ignore[no-untyped-call]  # torch's own
    y = layer.forward(x)
    dx = layer.backward(dy)
    pairs = [(y, wanted.detach()), (dx, leaf.grad)]
    pairs += [(own["weight"].grad, weight.grad), (own["bias"].grad, bias.grad)]
    for got, oracle in pairs:
        assert oracle is not None
        assert got.dtype is x.dtype
        torch.testing.assert_close(got, oracle, rtol=tolerance, atol=tolerance)


TOLERANCES = {torch.float64: 1e-12, torch.float32: 1e-5, torch.bfloat16: 5e-2}


@pytest.mark.parametrize("dtype", TOLERANCES, ids=str)
@pytest.mark.parametrize("batch", [(4,), (1,), (0,), (3, 4), (2, 0, 3), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("replicas", [0, 1, 3])
def test_autograd_agrees(dtype: torch.dtype, batch: tuple[int, ...], replicas: int) -> None:
    layer = Linear(5, 2)
    leading = (replicas,) if replicas else ()
    if replicas:
        layer.initialize(seeds=range(replicas), dtype=dtype)
    else:
        layer.initialize(seed=0, dtype=dtype)
    x = normal(*leading, *batch, 5, dtype=dtype)
    expect_autograd_agrees(layer, x, TOLERANCES[dtype])


@pytest.mark.parametrize("in_size", [1, 2, 15, 16, 17, 25, 40])
@pytest.mark.parametrize("out_size", [1, 2, 15, 16, 17, 25, 40])
def test_autograd_agrees_for_sizes_about_a_register(in_size: int, out_size: int) -> None:
    for batch in (1, 2, 16, 20, 50):
        layer = Linear(in_size, out_size).initialize(seeds=[0, 1], dtype=torch.float64)
        x = normal(2, batch, in_size)
        for either_way_round in (x, x.mT.contiguous().mT):
            layer.zero_grad()
            expect_autograd_agrees(layer, either_way_round, 1e-12)


def test_chain_of_layers_laid_out_either_way() -> None:
    spec = "Sequential(Linear(2, 25), Linear(25, 25), Linear(25, 2))"
    check_population(spec, normal(3, 16, 2))


def test_tensors_of_a_population_need_not_be_contiguous() -> None:
    layer = Linear(5, 2).initialize(seeds=range(3), dtype=torch.float64)
    x = normal(3, 4, 6, 5)
    for strided in (x.transpose(-2, -3), x[..., ::2, :], x[..., :1].expand(3, 4, 6, 5)):
        for given in (strided, strided[:, 0]):
            layer.zero_grad()
            wanted = layer.forward(given.contiguous())
            dy = normal(*wanted.shape, seed=1)
            wanted_dx = layer.backward(dy)
            gradients = [p.grad.clone() for p in layer.param()]
            torch.testing.assert_close(layer.forward(given), wanted)
            torch.testing.assert_close(layer.backward(dy.mT.contiguous().mT), wanted_dx)
            for parameter, gradient in zip(layer.param(), gradients, strict=True):
                torch.testing.assert_close(parameter.grad, 2 * gradient)  # of both passes


@pytest.mark.parametrize("size", [0, -1, 1.0, "2", None, True])
@pytest.mark.parametrize("place", [0, 1])
def test_sizes_are_positive_integers(size: int, place: int) -> None:
    sizes = [2, 2]
    sizes[place] = size
    name = ("in_size", "out_size")[place]
    with pytest.raises(ArgumentError, match=f"Linear: {name} must be a positive integer, got "):
        Linear(*sizes)
    with pytest.raises(ValueError, match=name):
        Linear(*sizes)


def test_inputs_of_other_sizes_are_refused() -> None:
    model = cf.Sequential(Linear(2, 3)).initialize(seed=0)
    for shape in ((5, 4), (2,), ()):
        with pytest.raises(ShapeError, match=r"^Linear\(2, 3\) at 0 .*takes 2 features.* got \("):
            model.forward(normal(*shape))
    population = Linear(2, 3).initialize(seeds=[0, 1], dtype=torch.float64)
    for other in ((4, 2), (4, 5, 2), (2, 2), (1, 2, 2)):  # each could be cut into two replicas
        with pytest.raises(ShapeError, match=r"for replicas \(2,\) takes 2 features"):
            population.forward(normal(*other))
    population.expect_all_undone()


def test_gradients_of_other_sizes_are_refused() -> None:
    for shape in ((5, 2), (4, 3), (5, 3, 1)):
        layer = Linear(2, 3).initialize(seed=0, dtype=torch.float64)
        layer.forward(normal(5, 2))
        with pytest.raises((ShapeError, RuntimeError)):
            layer.backward(normal(*shape))


def test_output_shape() -> None:
    layer = Linear(2, 3)
    assert layer.output_shape(None) == (3,)
    assert layer.output_shape((2,)) == (3,)
    assert layer.output_shape((7, 2)) == (7, 3)
    for shape in ((), (3,), (2, 3)):
        with pytest.raises(ShapeError, match=r"Linear\(2, 3\) takes 2 features"):
            layer.output_shape(shape)


@pytest.mark.parametrize(("in_size", "out_size"), [(100, 100), (300, 20), (20, 300)])
@pytest.mark.parametrize("gain", [1.0, 0.5, 3])
def test_xavier_variance(in_size: int, out_size: int, gain: float) -> None:
    layer = Linear(in_size, out_size, gain=gain).initialize(seeds=range(40))
    for parameter in layer.param():
        values = parameter.value.double()
        wanted = gain**2 * 2 / (in_size + out_size)
        deviations = 5  # of the estimate: the relative one of a normal's variance is √(2/n)
        bound = deviations * (2 / values.numel()) ** 0.5
        assert float(values.var()) == pytest.approx(wanted, rel=bound)
        assert abs(float(values.mean())) < deviations * (wanted / values.numel()) ** 0.5
        assert not parameter.grad.any()


def test_gain_of_each_replica() -> None:
    gains = [0.5, 1.0, 2.0, 0.0]
    population = Linear(3, 4, gain=gains).initialize(seeds=[1, 2, 3, 4])
    for r, gain in enumerate(gains):
        lone = Linear(3, 4, gain=gain).initialize(seed=r + 1)
        assert torch.equal(population.weight.value[r], lone.weight.value)
        assert torch.equal(population.bias.value[r], lone.bias.value)
    with pytest.raises(ArgumentError, match="4 numbers for a population of 2"):
        Linear(3, 4, gain=gains).initialize(seeds=[1, 2])


def test_weight_is_stored_as_in_torch() -> None:
    layer = Linear(5, 2).initialize(seed=0)
    assert [(n, p.shape) for n, p in layer.named_parameters()] == [
        ("weight", (2, 5)),
        ("bias", (2,)),
    ]
