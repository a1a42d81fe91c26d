"""The normalization layers against torch's, over random settings and shapes; padding; arguments."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as oracle
from torch import Tensor

from coreframe import ArgumentError, Module, Padding, ShapeError
from coreframe_normalization import BatchNorm, GroupNorm, LayerNorm, RMSNorm

Function = Callable[..., Tensor]
SEEDS = pytest.mark.parametrize("seed", range(20))
EACH = 5  # settings and shapes of a seed


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def drawn(layer: Module, seed: int) -> Module:
    """In double precision, with parameters that differ from 1 and 0."""
    layer.initialize(seed=0, dtype=torch.float64)
    for index, parameter in enumerate(layer.param()):
        parameter.value.copy_(normal(*parameter.value.shape, seed=1000 * (index + 1) + seed))
    return layer


def expect_same(layer: Module, function: Function, x: Tensor, seed: int) -> None:
    """Output and gradients are those of `function(x, *parameters)`, by autograd."""
    leaves = [t.clone().requires_grad_() for t in (x, *(p.value for p in layer.param()))]
    wanted = function(*leaves)
    dy = normal(*wanted.shape, seed=seed + 7)
    gradients = torch.autograd.grad(wanted, leaves, dy)
    torch.testing.assert_close(layer.forward(x), wanted.detach(), rtol=1e-9, atol=1e-10)
    got = [layer.backward(dy), *(p.grad for p in layer.param())]
    for own, theirs in zip(got, gradients, strict=True):
        torch.testing.assert_close(own, theirs, rtol=1e-8, atol=1e-9)


@SEEDS
@pytest.mark.parametrize("cls", [LayerNorm, RMSNorm], ids=["LayerNorm", "RMSNorm"])
def test_torch_normalizes_last_axes_alike(cls: type[LayerNorm | RMSNorm], seed: int) -> None:
    for number in range(EACH):
        expect_last_axes_alike(cls, seed * EACH + number)


def expect_last_axes_alike(cls: type[LayerNorm | RMSNorm], seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  # settings, no secrets
    size = [rng.randint(1, 5) for _ in range(rng.randint(1, 2))]
    eps = 10 ** rng.uniform(-6, 0)
    between = [rng.randint(1, 3) for _ in range(rng.randint(0, 2))]
    x = normal(rng.randint(1, 4), *between, *size, seed=seed) + rng.uniform(-2, 2)
    layer = drawn(cls(size, eps=eps), seed)
    function: Function
    if cls is LayerNorm:
        function = lambda x, w, b: oracle.layer_norm(x, size, w, b, eps)  # noqa: E731  # of these settings
    else:
        function = lambda x, w: oracle.rms_norm(x, size, w, eps)  # noqa: E731  # likewise
    expect_same(layer, function, x, seed)


@SEEDS
def test_torch_normalizes_groups_alike(seed: int) -> None:
    for number in range(EACH):
        expect_groups_alike(seed * EACH + number)


def expect_groups_alike(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  # settings, no secrets
    groups = rng.randint(1, 3)
    channels, eps = groups * rng.randint(1, 3), 10 ** rng.uniform(-6, 0)
    space = [rng.randint(1, 4) for _ in range(rng.randint(0, 2))]
    x = normal(rng.randint(2, 4), channels, *space, seed=seed) + rng.uniform(-2, 2)
    layer = drawn(GroupNorm(groups, channels, eps=eps), seed)
    expect_same(layer, lambda x, w, b: oracle.group_norm(x, groups, w, b, eps), x, seed)


@SEEDS
def test_torch_normalizes_batches_alike(seed: int) -> None:
    for number in range(EACH):
        expect_batches_alike(seed * EACH + number)


def expect_batches_alike(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  # settings, no secrets
    channels, eps, momentum = rng.randint(1, 4), 10 ** rng.uniform(-6, 0), rng.uniform(0, 1)
    space = [rng.randint(1, 4) for _ in range(rng.randint(0, 2))]
    mean, variance = torch.zeros(channels).double(), torch.ones(channels).double()
    layer = drawn(BatchNorm(channels, eps=eps, momentum=momentum), seed)
    assert isinstance(layer, BatchNorm)
    shape = (rng.randint(2, 5), channels, *space)
    for step in range(3):
        x = normal(*shape, seed=seed + step) + rng.uniform(-2, 2)
        layer.zero_grad()
        expect_same(
            layer,
            lambda x, w, b: oracle.batch_norm(x, mean, variance, w, b, True, momentum, eps),
            x,
            seed,
        )
        torch.testing.assert_close(layer.running_mean.value, mean)
        torch.testing.assert_close(layer.running_var.value, variance)
    layer.eval()
    weight, bias = (p.value for p in layer.param())
    wanted = oracle.batch_norm(x, mean, variance, weight, bias, False, momentum, eps)
    torch.testing.assert_close(layer.forward(x), wanted)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (LayerNorm([2, 3]), (4, 2, 3)),
        (RMSNorm(3), (4, 3)),
        (GroupNorm(2, 4), (4, 2, 3)),
        (BatchNorm(3), (3, 2, 2)),
    ],
    ids=repr,
)
def test_each_replica_has_its_weights(layer: Module, shape: tuple[int, ...]) -> None:
    """The kit tries initial values only, which are the same in all replicas."""
    whole = layer.initialize(seeds=range(3), dtype=torch.float64)
    for index, parameter in enumerate(whole.param()):
        parameter.value.copy_(normal(*parameter.value.shape, seed=index))
    values = {name: value.clone() for name, value in whole.state().items()}
    x, dy = normal(3, 5, *shape), normal(3, 5, *shape, seed=1)
    y, dx = whole.forward(x), whole.backward(dy)
    lone = copy.deepcopy(whole).select(0)
    for r in range(3):
        lone.load_state({name: value[r] for name, value in values.items()})
        torch.testing.assert_close(y[r], lone.forward(x[r]))
        torch.testing.assert_close(dx[r], lone.backward(dy[r]))


def test_padding_counts_for_nothing() -> None:
    """Unequal replicas of images: each is what torch makes of its own samples."""
    counts, batch = (4, 2, 0, 1), 4
    layer = BatchNorm(3, momentum=0.3).initialize(seeds=range(4), dtype=torch.float64)
    x, dy = normal(4, batch, 3, 2, 2), normal(4, batch, 3, 2, 2, seed=1)
    own = (torch.arange(batch) < torch.tensor(counts).unsqueeze(1)).double()
    layer.context.padding = Padding(counts, own)
    y = layer.forward(x)
    dx = layer.backward(dy)  # also the padding's gradient is left out
    for r, count in enumerate(counts):
        assert not dx[r, count:].any()
        mean, variance = torch.zeros(3).double(), torch.ones(3).double()
        if count:
            leaf = x[r, :count].clone().requires_grad_()
            wanted = oracle.batch_norm(leaf, mean, variance, None, None, True, 0.3)
            torch.testing.assert_close(y[r, :count], wanted.detach())
            (gradient,) = torch.autograd.grad(wanted, leaf, dy[r, :count])
            torch.testing.assert_close(dx[r, :count], gradient)
        torch.testing.assert_close(layer.running_mean.value[r], mean)
        torch.testing.assert_close(layer.running_var.value[r], variance)


def test_one_number_moves_the_mean_only() -> None:
    layer = BatchNorm(2, momentum=0.5)
    y = layer.forward(torch.tensor([[4.0, -2.0]]))
    assert y.tolist() == [[0.0, 0.0]]
    assert layer.running_mean.value.tolist() == [2.0, -1.0]
    assert layer.running_var.value.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("cls", [LayerNorm, BatchNorm], ids=["LayerNorm", "BatchNorm"])
def test_statistics_of_bfloat16_are_those_of_float32(cls: type[LayerNorm | BatchNorm]) -> None:
    x = (normal(8, 64) + 50).to(torch.bfloat16)
    layer = cls(64).to(torch.bfloat16)
    wanted = cls(64).forward(x.float()).to(torch.bfloat16)
    assert torch.equal(layer.forward(x), wanted)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LayerNorm(0), "LayerNorm: size must be a positive integer, got 0"),
        (lambda: LayerNorm([]), "LayerNorm: size must name one axis at least"),
        (lambda: RMSNorm(3, eps=0.0), "RMSNorm: eps must be positive and finite, got 0.0"),
        (lambda: GroupNorm(0, 4), "GroupNorm: groups must be a positive integer, got 0"),
        (lambda: GroupNorm(3, 4), "GroupNorm: 3 groups do not divide 4 channels"),
        (lambda: BatchNorm(True), "BatchNorm: channels must be a positive integer, got True"),
        (lambda: BatchNorm(2, momentum=1.5), r"BatchNorm: momentum must be in \[0, 1\], got 1.5"),
    ],
)
def test_bad_arguments(make: Callable[[], Module], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


@pytest.mark.parametrize(
    "layer", [LayerNorm(3), RMSNorm(3), BatchNorm(3), GroupNorm(1, 3)], ids=repr
)
def test_other_features(layer: Module) -> None:
    for shape in ((3,), (2, 4)):
        with pytest.raises(ShapeError, match=r"takes \(\*replicas, batch, .*3.*\); it got"):
            layer.forward(torch.zeros(shape))
    with pytest.raises(ShapeError, match=r"takes .*3.*, got"):
        layer.output_shape((4,))
