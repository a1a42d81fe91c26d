"""Pickle keeps no views: a copy must be laid out anew rather than train memory nobody reads."""

from __future__ import annotations

import pickle

import pytest
import torch
from coreframe_toys import Affine, Descent

from coreframe import Sequential, StaleOptimizer


def test_a_pickled_model_is_trained_like_the_original() -> None:
    model = Sequential(Affine(2, 2), Affine(2, 2)).initialize(seed=0)
    copy = pickle.loads(pickle.dumps(model))  # noqa: S301  # made in the line itself
    for one in (model, copy):
        optimizer = Descent(one, lr=0.1)
        one.storage.flats[0].grad.fill_(1.0)
        optimizer.step()
    for name, value in model.state().items():
        assert torch.equal(copy.state()[name], value)


def test_a_pickled_optimizer_is_left_behind_loudly() -> None:
    model = Sequential(Affine(2, 2)).initialize(seed=0)
    copies = pickle.loads(pickle.dumps((model, Descent(model, lr=0.1))))  # noqa: S301  # likewise
    copy, optimizer = copies
    assert copy.storage.holds(dict(copy.named_parameters()))
    with pytest.raises(StaleOptimizer):
        optimizer.step()
