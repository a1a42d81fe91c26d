"""Our side: one epoch of training through the public functions, as a user would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from rivals import LR, MOMENTUM
from torch import Tensor

import coreframe as cf


class Given(cf.Dataset):
    """Tensors that are there already."""

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self.train = self.test = cf.TensorSplit(x, y)


def coreframe_epoch(
    sizes: Sequence[int],
    x: Tensor,
    y: Tensor,
    batch_size: int,
    seeds: Sequence[int] | None = None,
) -> Callable[[], object]:
    """A lone model, or a population of one replica a seed."""
    specs: list[str] = []
    for in_size, out_size in pairwise(sizes):
        specs += [f"Linear({in_size}, {out_size})", "ReLU"]
    model = cf.assemble(specs[:-1], seed=0 if seeds is None else None, seeds=seeds)
    loss = cf.create("loss", "MSE")
    optimizer = cf.create("optimizer", f"SGD(lr={LR}, momentum={MOMENTUM})", model)
    data = Given(x, y)
    return lambda: cf.train_model(model, data, loss, optimizer, epochs=1, batch_size=batch_size)
