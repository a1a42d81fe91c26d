"""whole_number: what it takes, and the words in which it refuses the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from coreframe import ArgumentError, whole_number


@pytest.mark.parametrize(
    "value",
    [3, np.int64(3), np.uint8(3), np.array(3), torch.tensor(3), torch.tensor([3])],
    ids=repr,
)
def test_integers_become_pythons_own(value: Any) -> None:
    whole = whole_number("Layer: size", value)
    assert type(whole) is int
    assert whole == 3


@pytest.mark.parametrize(
    "value",
    [
        *(0, -1, 1.0, "1", None, [1], True),
        *(np.bool_(True), np.float64(1), np.array([1])),
        *(torch.tensor(True), torch.tensor(1.0), torch.tensor([1, 1])),
    ],
    ids=repr,
)
def test_all_else_is_refused_by_name(value: Any) -> None:
    with pytest.raises(ArgumentError) as raised:
        whole_number("Layer: size", value)
    assert str(raised.value) == f"Layer: size must be a positive integer, got {value!r}"


@pytest.mark.parametrize("minimum", [-2, 0, 2])
def test_a_minimum(minimum: int) -> None:
    assert whole_number("count", minimum, minimum=minimum) == minimum
    for value in (minimum - 1, True, "many"):
        with pytest.raises(ArgumentError) as raised:
            whole_number("count", value, minimum=minimum)
        assert str(raised.value) == f"count must be an integer from {minimum}, got {value!r}"
