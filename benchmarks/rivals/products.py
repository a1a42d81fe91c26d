"""The matrix products of a training alone: what no way of training can do without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise, product
from statistics import median
from typing import TypeAlias

import torch
from timing import time_interleaved
from torch import Tensor
from training import Training

from coreframe_linear import onednn

TRIALS = 3


@dataclass(frozen=True)
class Matrix:
    """A matrix of each replica: `x0`, `w0`, or a gradient, `dx1`, `dw0`."""

    name: str
    rows: int
    columns: int
    transposed: bool = False

    @property
    def mT(self) -> Matrix:  # noqa: N802  # torch's name
        return replace(self, transposed=not self.transposed)


Product: TypeAlias = tuple[Matrix, Matrix, Matrix]


class Products:
    """Forward, gradients of all weights, and of all inputs but the first, into memory at hand.

    Each is computed as itself or transposed, of matrices that lie either way in memory, as a short
    measurement finds it fastest: a floor, since layers cannot choose for each product anew.
    """

    name = "matrix products alone"

    def __init__(self, training: Training) -> None:
        self.models, self._steps = training.replicas, training.steps
        self._memory: dict[tuple[str, bool], Tensor] = {}
        with torch.inference_mode():
            self._products = [self._fastest(*each) for each in _products(training)]

    def train(self, epochs: int = 1) -> None:
        with torch.inference_mode():
            for _ in range(epochs * self._steps):
                for multiply in self._products:
                    multiply()

    def _fastest(self, a: Matrix, b: Matrix, to: Matrix) -> Callable[[], object]:
        ways = {str(index): way for index, way in enumerate(self._ways(a, b, to))}
        seconds = time_interleaved(ways, TRIALS)
        return ways[min(ways, key=lambda name: median(seconds[name]))]

    def _ways(self, a: Matrix, b: Matrix, to: Matrix) -> Iterator[Callable[[], object]]:
        for turns in product((False, True), repeat=3):
            left, right, out = map(self._tensor, (a, b, to), turns)
            if not out.is_contiguous():
                left, right, out = right.mT, left.mT, out.mT
            if self.models > 1:
                yield partial(torch.bmm, left, right, out=out)
                continue
            yield partial(torch.mm, left[0], right[0], out=out[0])
            if onednn.serves(left[0], right.shape[2]):
                yield partial(onednn.linear, left[0], right[0].mT)

    def _tensor(self, matrix: Matrix, turned: bool) -> Tensor:
        """`(replicas, rows, columns)`, whose columns lie together if it is turned."""
        key = (matrix.name, turned)
        if key not in self._memory:
            rows, columns = matrix.rows, matrix.columns
            shape = (columns, rows) if turned else (rows, columns)
            drawn = torch.randn(self.models, *shape)
            self._memory[key] = drawn.mT if turned else drawn
        tensor = self._memory[key]
        return tensor.mT if matrix.transposed else tensor


def _products(training: Training) -> Iterator[Product]:
    """Each product with its factors: s = x wᵀ, dw = dsᵀ x, dx = ds w."""
    batch = training.batch_size
    for layer, (in_size, out_size) in enumerate(pairwise(training.sizes)):
        w, dw = (Matrix(f"{name}{layer}", out_size, in_size) for name in ("w", "dw"))
        x, dx = (Matrix(f"{name}{layer}", batch, in_size) for name in ("x", "dx"))
        s, ds = (Matrix(f"{name}{layer + 1}", batch, out_size) for name in ("x", "dx"))
        yield x, w.mT, s
        yield ds.mT, x, dw
        if layer:
            yield ds, w, dx
