"""Parts: a spec among the arguments is of the kind that the constructor asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from coreframe_toys import Affine, Square, SumOfSquares
from torch import Tensor

import coreframe as cf


class Mixed(SumOfSquares):
    """Has parts of several kinds; what it computes is of no interest."""

    def __init__(
        self,
        first: cf.Loss,
        second: cf.Loss | None = None,
        *rest: cf.Loss,
        several: Sequence[cf.Loss] = (),
        body: cf.Module | None = None,
        factor: cf.Schedule | float = 1.0,
        anything: Any = None,
        **named: cf.Loss,
    ) -> None:
        self.parts = [first, second, *rest, *several, body, factor, anything, *named.values()]


class Steady(cf.Schedule):
    """factor = 1."""

    def factor(self, step: int, total: int) -> float:
        return 1.0


class Weighing(Square):
    """A layer that is made with a loss, after an argument that no spec can hold."""

    def __init__(self, tensor: Tensor, loss: cf.Loss) -> None:
        self.loss = loss


class Source:
    """Offers them."""

    @cf.hookimpl
    def coreframe_components(self) -> list[cf.ComponentRecord]:
        kinds = {"Mixed": "loss", "Steady": "schedule", "Weighing": "module"}
        return [
            cf.ComponentRecord(kind, name, "parts", "1.0", f"{__name__}:{name}")
            for name, kind in kinds.items()
        ]


@pytest.fixture(autouse=True)
def source(toys: cf.Registry) -> None:
    toys.register(Source())


@pytest.mark.parametrize(
    ("arguments", "index", "kind"),
    [
        ("SumOfSquares", 0, SumOfSquares),
        ("SumOfSquares, SumOfSquares", 1, SumOfSquares),
        ("SumOfSquares, None, SumOfSquares", 2, SumOfSquares),
        ("SumOfSquares, several=[SumOfSquares]", 2, SumOfSquares),
        ("SumOfSquares, body=Affine(2, 3)", 2, Affine),
        ("SumOfSquares, factor=Steady", 3, Steady),
        ("SumOfSquares, anything=Square", 4, Square),
        ("SumOfSquares, other=SumOfSquares", 5, SumOfSquares),
        ("first=Mixed(SumOfSquares)", 0, Mixed),
    ],
)
def test_the_annotation_says_which_kind_a_spec_is_of(
    arguments: str, index: int, kind: type[object]
) -> None:
    loss = cf.create("loss", f"Mixed({arguments})")
    assert isinstance(loss, Mixed)
    assert type(loss.parts[index]) is kind


def test_arguments_before_those_of_the_spec_are_counted() -> None:
    layer = cf.create("module", "Weighing(SumOfSquares)", Tensor())
    assert isinstance(layer, Weighing)
    assert type(layer.loss) is SumOfSquares


def test_a_spec_of_another_kind_than_asked_for_is_named() -> None:
    with pytest.raises(cf.UnknownComponent, match="Square is a module, not a loss"):
        cf.create("loss", "Mixed(Square)")


def test_a_spec_where_no_argument_is_has_the_usual_error() -> None:
    with pytest.raises(cf.ArgumentError, match="too many positional arguments"):
        cf.create("module", "Affine(2, 3, Square)")
