"""Modules are found wherever an attribute holds them."""

from __future__ import annotations

from coreframe_toys import Affine
from torch import Tensor

from coreframe import Module


class Branches(Module):
    def __init__(self) -> None:
        self.by_name = {"left": Affine(2, 2), "right": [Affine(2, 2)]}
        self.grid = [[Affine(2, 2)]]

    def forward(self, x: Tensor) -> Tensor:
        return x

    def backward(self, *gradwrtoutput: Tensor) -> Tensor:
        return gradwrtoutput[0]


def test_modules_in_dicts_and_nested_lists_are_found() -> None:
    assert list(Branches().children()) == ["by_name.left", "by_name.right.0", "grid.0.0"]
