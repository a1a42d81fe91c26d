"""What could not be loaded again is refused when it is saved."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from coreframe_toys import Affine, Descent, Square

import coreframe as cf

pytestmark = pytest.mark.usefixtures("toys")

DTYPES = (torch.float64, torch.float32)


def test_a_shared_layer_is_refused(tmp_path: Path) -> None:
    layer = Affine(2, 2)
    model = cf.assemble([layer, Square(), layer], seed=0)
    with pytest.raises(cf.CheckpointError, match="a layer is shared or was exchanged"):
        cf.save_checkpoint(tmp_path / "model", model)
    assert not list(tmp_path.iterdir())


def test_a_class_of_anothers_name_is_refused(tmp_path: Path) -> None:
    Impostor = type("Square", (Square,), {})
    with pytest.raises(cf.CheckpointError, match="assembles to another one"):
        cf.save_checkpoint(tmp_path / "model", cf.assemble([Impostor()], seed=0))


def test_another_models_optimizer_is_refused(tmp_path: Path) -> None:
    model, other = (cf.assemble(["Affine(2, 2)"], seed=seed) for seed in (0, 1))
    with pytest.raises(cf.CheckpointError, match="made for another model"):
        cf.save_checkpoint(tmp_path / "model", model, Descent(other, lr=0.1))


def test_a_model_of_several_dtypes_is_refused(tmp_path: Path) -> None:
    parts = [cf.assemble(["Affine(2, 2)"], seed=s, dtype=d) for s, d in enumerate(DTYPES)]
    with pytest.raises(
        cf.CheckpointError, match=r"such as 0\.0\.\w+ of torch\.float64, 1\.0\.\w+ of"
    ):
        cf.save_checkpoint(tmp_path / "model", cf.Sequential(*parts))
    assert not list(tmp_path.iterdir())
