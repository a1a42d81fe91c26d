"""ModuleFinder: modules of every sort, none of them imported."""

import py_compile
import sys
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec, PathFinder
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from coreframe.doctor.module_finder import ModuleFinder

if TYPE_CHECKING:
    from tests.doctor.conftest import WriteFiles


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def test_a_namespace_within_a_namespace(site: Path, write_files: "WriteFiles") -> None:
    write_files(site, {"outer/inner/own/__init__.py": "", "outer/inner/own/part.py": "x = 1"})
    way = ModuleFinder().way("outer.inner.own.part")
    assert [located.name for located in way.found] == [
        "outer",
        "outer.inner",
        "outer.inner.own",
        "outer.inner.own.part",
    ]
    assert [located.is_namespace for located in way.found] == [True, True, False, False]
    assert way.found[-1].path == site / "outer/inner/own/part.py"
    assert ModuleFinder().way("outer.inner.other").missing == "outer.inner.other"


def test_a_namespace_in_two_places(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_files: "WriteFiles"
) -> None:
    monkeypatch.syspath_prepend(tmp_path / "more")
    write_files(site, {"shared/inner/one.py": ""})
    write_files(tmp_path / "more", {"shared/inner/two.py": ""})
    finder = ModuleFinder()
    assert finder.locate("shared.inner.one")
    assert finder.locate("shared.inner.two")
    assert finder.way("shared.inner.three").missing == "shared.inner.three"


def test_a_zip_file_is_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "site.zip", "w") as archive:
        archive.writestr("zipped/__init__.py", "x = 1")
        archive.writestr("zipped/part.py", "x = 1")
    monkeypatch.syspath_prepend(tmp_path / "site.zip")
    finder = ModuleFinder()
    part = finder.locate("zipped.part")
    assert part is not None
    assert part.path is None
    assert finder.source("zipped.part") is None
    assert finder.way("zipped.other") == finder.way("zipped.another")  # nothing can be known
    assert finder.way("zipped.other").missing == ""


def test_compiled_modules_are_found_without_a_source(site: Path, write_files: "WriteFiles") -> None:
    write_files(site, {"bytecode.py": "x = 1", f"native{EXTENSION_SUFFIXES[0]}": b""})
    py_compile.compile(str(site / "bytecode.py"), cfile=str(site / "bytecode.pyc"))
    (site / "bytecode.py").unlink()
    for name in ("bytecode", "native", "sys", "zipimport"):
        located = ModuleFinder().locate(name)
        assert located is not None
        assert located.path is None


def test_a_link_is_as_good_as_a_file(site: Path, tmp_path: Path, write_files: "WriteFiles") -> None:
    write_files(tmp_path, {"real/__init__.py": "", "real/part.py": "x = 1"})
    (site / "linked").symlink_to(tmp_path / "real")
    source = ModuleFinder().source("linked.part")
    assert source is not None
    assert source.text == "x = 1"
    (site / "dangling.py").symlink_to(tmp_path / "gone.py")
    assert ModuleFinder().source("dangling") is None


class EditableFinder:
    """As setuptools puts it into sys.meta_path."""

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.path = name, path

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name == self.name:
            return spec_from_file_location(name, self.path)
        return None


def test_finders_of_editable_installations_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_files: "WriteFiles"
) -> None:
    write_files(tmp_path, {"src/moved/__init__.py": "", "src/moved/part.py": ""})
    ours = EditableFinder("moved", tmp_path / "src/moved/__init__.py")
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, ours])
    assert ModuleFinder().locate("moved.part")
    assert ModuleFinder().way("moved.other").missing == "moved.other"
    assert ModuleFinder().way("removed").missing == "removed"


class FailingFinder:
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        raise OSError("no such server")


def test_a_finder_that_fails_leaves_it_open(
    site: Path, monkeypatch: pytest.MonkeyPatch, write_files: "WriteFiles"
) -> None:
    write_files(site, {"there.py": ""})
    monkeypatch.setattr(sys, "meta_path", [FailingFinder(), PathFinder, object()])
    assert ModuleFinder().locate("there")
    assert ModuleFinder().way("nowhere").missing == ""


def test_each_file_is_read_once(site: Path, write_files: "WriteFiles") -> None:
    write_files(site, {"once.py": "x = 1"})
    finder = ModuleFinder()
    assert finder.source("once") is finder.source("once")
