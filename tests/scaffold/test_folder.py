"""write_folder: whole or not at all, and over nothing."""

import os
import stat
from pathlib import Path

import pytest

from coreframe import ArgumentError
from coreframe.scaffold.folder import write_folder

FILES = {"a.txt": "α\n", "deep/er/b.txt": "b\n"}


def test_files_are_written_with_their_folders(tmp_path: Path) -> None:
    written = write_folder(tmp_path / "new", FILES)
    assert written == [tmp_path / "new" / "a.txt", tmp_path / "new" / "deep" / "er" / "b.txt"]
    assert [path.read_bytes() for path in written] == ["α\n".encode(), b"b\n"]
    assert list(tmp_path.iterdir()) == [tmp_path / "new"]


def test_it_has_the_permissions_of_any_folder(tmp_path: Path) -> None:
    (tmp_path / "any").mkdir()
    write_folder(tmp_path / "new", FILES)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("any", "new")]
    assert modes[0] == modes[1]


@pytest.mark.parametrize("kind", ["folder", "empty folder", "file", "link that leads nowhere"])
def test_what_exists_stays_as_it_is(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "new"
    if kind == "file":
        place.write_text("mine")
    elif kind == "link that leads nowhere":
        place.symlink_to(tmp_path / "nowhere")
    else:
        place.mkdir()
        if kind == "folder":
            (place / "a.txt").write_text("mine")
    before = {path: path.is_file() and path.read_text() for path in tmp_path.rglob("*")}
    with pytest.raises(ArgumentError, match=r"new exists, and nothing is overwritten"):
        write_folder(place, FILES)
    assert {path: path.is_file() and path.read_text() for path in tmp_path.rglob("*")} == before


def test_a_failure_half_way_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="new cannot be made: "):
        write_folder(tmp_path / "new", {**FILES, "a.txt/c.txt": "below a file"})
    assert not list(tmp_path.iterdir())


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "rename", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "new", FILES)
    assert not list(tmp_path.iterdir())


def test_a_folder_above_it_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"cannot be made: there is no folder .*missing"):
        write_folder(tmp_path / "missing" / "new", FILES)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_above_it_must_be_writable(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ArgumentError, match="new cannot be made: Permission denied"):
            write_folder(tmp_path / "new", FILES)
    finally:
        tmp_path.chmod(0o700)
