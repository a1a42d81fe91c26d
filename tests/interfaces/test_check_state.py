"""check_state: what stands in a state under each name."""

import pytest
import torch

from coreframe import StateError
from coreframe.interfaces.state import check_state


def test_what_is_no_tensor_is_named() -> None:
    with pytest.raises(StateError, match=r"the state does not fit m: 'w' is not a tensor$"):
        check_state("m", {"w": (2,)}, {"w": [1.0, 2.0]})  # type: ignore[dict-item]  # a list


def test_a_state_is_a_mapping() -> None:
    with pytest.raises(StateError, match=r"the state of m must be tensors by name, got 'w\.pt'"):
        check_state("m", {"w": (2,)}, "w.pt")  # type: ignore[arg-type]  # a string


def test_all_faults_are_named_at_once() -> None:
    state = {"w": torch.zeros(3), "extra": torch.zeros(1)}
    with pytest.raises(StateError) as caught:
        check_state("m", {"w": (2,), "b": (1,)}, state)
    for fault in ("'b' is missing", "'extra' is not one of its names", "'w' has shape (3,)"):
        assert fault in str(caught.value)
