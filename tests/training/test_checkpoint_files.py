"""The place of a checkpoint: its permissions, links, and what is no place for one."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from coreframe_toys import Affine

import coreframe as cf


@pytest.fixture(autouse=True)
def umask() -> Iterator[int]:
    """One that is nobody's default, so that a mode can only come from it."""
    earlier = os.umask(0o027)
    yield 0o027
    os.umask(earlier)


def model(seed: int = 0) -> cf.Module:
    return cf.assemble([Affine(2, 3)], seed=seed)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def seeds(path: Path) -> object:
    return cf.load_checkpoint(path).model.random.seeds


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path, umask: int) -> None:
    cf.save_checkpoint(tmp_path / "run", model())
    assert mode(tmp_path / "run") == 0o666 & ~umask


@pytest.mark.parametrize("wanted", [0o600, 0o664])
def test_an_earlier_files_permissions_are_kept(tmp_path: Path, wanted: int) -> None:
    cf.save_checkpoint(tmp_path / "run", model())
    (tmp_path / "run").chmod(wanted)
    cf.save_checkpoint(tmp_path / "run", model())
    assert mode(tmp_path / "run") == wanted


@pytest.mark.parametrize("earlier", [True, False])
def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path: Path, earlier: bool) -> None:
    (tmp_path / "disk").mkdir()
    there, link = tmp_path / "disk" / "run", tmp_path / "link"
    if earlier:
        cf.save_checkpoint(there, model(1))
    link.symlink_to("disk/run")
    cf.save_checkpoint(link, model(2))
    assert link.is_symlink()
    assert seeds(there) == 2
    assert [path.name for path in there.parent.iterdir()] == ["run"]


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "none"
    message = f"cannot write the checkpoint {folder / 'run'}: the folder {folder} does not exist"
    with pytest.raises(cf.CheckpointError, match=f"^{re.escape(message)}$"):
        cf.save_checkpoint(folder / "run", model())
    assert not list(tmp_path.iterdir())


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(cf.CheckpointError, match="it is a folder; name a file in it"):
        cf.save_checkpoint(tmp_path, model())
    assert not list(tmp_path.iterdir())


def test_what_is_no_file_is_refused_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(cf.CheckpointError, match="it is a device or a pipe, not a file"):
        cf.save_checkpoint(pipe, model())
    assert pipe.is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]
