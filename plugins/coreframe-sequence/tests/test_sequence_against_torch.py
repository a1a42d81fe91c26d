"""Attention, recurrent layers and embeddings: against torch's own, by autograd."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from coreframe import ArgumentError, Module, ShapeError
from coreframe_sequence import GRU, LSTM, RNN, Embedding, MultiHeadAttention, PositionalEncoding


def normal(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def ready(layer: Module, seed: int) -> dict[str, Tensor]:
    """Draws all values, also those that start at zero, and gives leaves of the same numbers."""
    layer.initialize(seed=seed, dtype=torch.float64)
    for number, parameter in enumerate(layer.param()):
        parameter.value.copy_(normal(*parameter.shape, seed=seed + 31 * number) / 2)
    return {n: p.value.clone().requires_grad_() for n, p in layer.named_parameters()}


def expect_agreement(
    layer: Module, leaves: dict[str, Tensor], inputs: tuple[Tensor, ...], x: Tensor, wanted: Tensor
) -> None:
    dy = normal(*wanted.shape, seed=7)
    wanted.backward(dy)  # type: ignore[no-untyped-call]  # torch's own
    torch.testing.assert_close(layer.forward(*inputs), wanted.detach())
    dx = layer.backward(dy)
    if x.requires_grad:
        torch.testing.assert_close(dx[0] if isinstance(dx, tuple) else dx, x.grad)
    for name, parameter in layer.named_parameters():
        torch.testing.assert_close(parameter.grad, leaves[name].grad)


@pytest.mark.parametrize("seed", range(100))
@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
def test_recurrent_layers_agree(kind: str, seed: int) -> None:
    in_size, hidden, batch, length = 1 + seed % 4, 1 + seed % 5, seed % 3, 1 + seed % 6
    last = seed % 2 == 1
    layer: Any
    theirs: Any
    if kind == "RNN":
        shape = ("tanh", "relu")[seed // 2 % 2]
        layer = RNN(in_size, hidden, nonlinearity=shape, last=last)  # type: ignore[arg-type]  # one of two
        theirs = nn.RNN(in_size, hidden, nonlinearity=shape, batch_first=True)
    elif kind == "GRU":
        layer, theirs = (
            GRU(in_size, hidden, last=last),
            nn.GRU(in_size, hidden, batch_first=True),
        )
    else:
        layer, theirs = (
            LSTM(in_size, hidden, last=last),
            nn.LSTM(in_size, hidden, batch_first=True),
        )
    leaves = ready(layer, seed)
    own_bias = torch.zeros_like(leaves["bias"])
    if kind == "GRU":
        own_bias = torch.cat([own_bias[: 2 * hidden], leaves["recurrent_bias"]])
    values = {
        "weight_ih_l0": leaves["input_weight"],
        "weight_hh_l0": leaves["recurrent_weight"],
        "bias_ih_l0": leaves["bias"],
        "bias_hh_l0": own_bias,
    }
    batch = max(1, batch)
    x = normal(batch, length, in_size, seed=seed).requires_grad_()
    states, _ = torch.func.functional_call(theirs.double(), values, (x,))
    wanted = states[:, -1] if last else states
    expect_agreement(layer, leaves, (x.detach(),), x, wanted)


@pytest.mark.parametrize("seed", range(100))
def test_attention_agrees(seed: int) -> None:
    heads, width, batch, length = 1 + seed % 3, 1 + seed % 4, 1 + seed % 3, 1 + seed % 5
    causal, size = seed % 2 == 1, heads * width
    layer = MultiHeadAttention(size, heads, causal=causal)
    leaves = ready(layer, seed)
    x = normal(batch, length, size, seed=seed).requires_grad_()
    allowed = normal(batch, length, seed=seed + 1) > 0
    allowed[:, 0] = True
    masked = seed % 4 > 1
    projected = functional.linear(x, leaves["projection_weight"], leaves["projection_bias"])
    q, k, v = (
        part.view(batch, length, heads, width).transpose(1, 2) for part in projected.chunk(3, -1)
    )
    mask = torch.ones(length, length, dtype=torch.bool)
    mask = (mask.tril() if causal else mask).expand(batch, 1, -1, -1)
    if masked:
        mask = mask & allowed[:, None, None]
    context = functional.scaled_dot_product_attention(q, k, v, mask)
    rows = context.transpose(1, 2).reshape(batch, length, size)
    wanted = functional.linear(rows, leaves["output_weight"], leaves["output_bias"])
    inputs = (x.detach(), allowed) if masked else (x.detach(),)
    expect_agreement(layer, leaves, inputs, x, wanted)


@pytest.mark.parametrize("seed", range(100))
def test_embedding_agrees(seed: int) -> None:
    rows, size = 1 + seed % 7, 1 + seed % 4
    x = torch.randint(rows, (3, 4), generator=torch.Generator().manual_seed(seed))
    layer = Embedding(rows, size)
    leaves = ready(layer, seed)
    expect_agreement(layer, leaves, (x,), x, functional.embedding(x, leaves["weight"]))


def test_query_of_nothing_takes_zero() -> None:
    layer = MultiHeadAttention(4, 2).initialize(seed=0)
    y = layer.forward(torch.ones(1, 3, 4), torch.zeros(1, 3, dtype=torch.bool))
    assert not y.any()
    dx, nothing = layer.backward(torch.ones(1, 3, 4))
    assert nothing is None
    assert not dx.any()


def test_mistakes_are_said() -> None:
    with pytest.raises(ArgumentError, match="3 heads do not divide the size of 4"):
        MultiHeadAttention(4, 3)
    with pytest.raises(ArgumentError, match="padding must be an index from 0 to 2, got 3"):
        Embedding(3, 2, padding=3)
    with pytest.raises(ArgumentError, match="takes indices from 0 to 2, got -1"):
        Embedding(3, 2).forward(torch.tensor([-1]))
    with pytest.raises(ArgumentError, match="takes integers as indices"):
        Embedding(3, 2).forward(torch.tensor([1.0]))
    with pytest.raises(ArgumentError, match="nonlinearity must be 'tanh' or 'relu'"):
        RNN(2, 2, nonlinearity="cube")  # type: ignore[arg-type]  # the mistake
    with pytest.raises(ArgumentError, match="LSTM: hidden must be a positive integer, got 0"):
        LSTM(2, 0)
    with pytest.raises(ShapeError, match="takes a mask"):
        MultiHeadAttention(2, 1).forward(torch.ones(1, 3, 2), torch.ones(1, 2))
    with pytest.raises(ShapeError, match="length, 4"):
        PositionalEncoding(4).forward(torch.ones(2, 3, 5))
