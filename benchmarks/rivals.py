"""The rivals: one epoch of training, by autograd, each in its best known way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

LR, MOMENTUM = 0.01, 0.8


def torch_loop(sizes: Sequence[int], x: Tensor, y: Tensor, batch_size: int) -> Callable[[], None]:
    """One model of torch.nn, trained by autograd and torch.optim.SGD."""
    layers: list[nn.Module] = []
    for in_size, out_size in pairwise(sizes):
        layers += [nn.Linear(in_size, out_size), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
    loss = nn.MSELoss()

    def epoch() -> None:
        for indices in torch.randperm(len(x)).split(batch_size):  # type: ignore[no-untyped-call]
            optimizer.zero_grad()
            loss(model(x[indices]), y[indices]).backward()
            optimizer.step()

    return epoch


def stacked_autograd(
    sizes: Sequence[int], x: Tensor, y: Tensor, batch_size: int, replicas: int
) -> Callable[[], None]:
    """Stacked parameters, batched products, autograd, and the fused torch.optim.SGD."""
    weights = [
        nn.Parameter(torch.randn(replicas, a, b) * (2 / (a + b)) ** 0.5) for a, b in pairwise(sizes)
    ]
    biases = [nn.Parameter(torch.zeros(replicas, 1, b)) for b in sizes[1:]]
    optimizer = torch.optim.SGD([*weights, *biases], lr=LR, momentum=MOMENTUM, fused=True)

    def take(data: Tensor, indices: Tensor) -> Tensor:
        return data.index_select(0, indices.flatten()).view(*indices.shape, -1)

    def epoch() -> None:
        order = torch.stack([torch.randperm(len(x)) for _ in range(replicas)])
        for indices in order.split(batch_size, 1):  # type: ignore[no-untyped-call]
            s = take(x, indices)
            for index, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
                s = torch.baddbmm(bias, s if index == 0 else s.relu(), weight)
            # The sum over replicas of each one's mean: its gradient is each one's own.
            loss = (s - take(y, indices)).square().mean((1, 2)).sum()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    return epoch
