"""Distributions that exist as metadata and modules in a folder of the test."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Protocol

import pytest

from coreframe import reset_registry

MODULE = """
from coreframe import Module

class {name}(Module):
    def forward(self, x):
        return x

    def backward(self, dy):
        return dy
"""


class Install(Protocol):
    """Puts a distribution first on sys.path; returns its folder."""

    def __call__(
        self,
        name: str,
        entry_points: str,
        modules: Mapping[str, str] | None = None,
        *,
        version: str = "1.0",
        requires: Sequence[str] = (),
    ) -> Path: ...


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    loaded = set(sys.modules)
    count = 0

    def put(
        name: str,
        entry_points: str,
        modules: Mapping[str, str] | None = None,
        *,
        version: str = "1.0",
        requires: Sequence[str] = (),
    ) -> Path:
        nonlocal count
        count += 1
        folder = tmp_path / f"site{count}"
        metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir(parents=True)
        headers = [f"Name: {name}", f"Version: {version}"]
        headers += [f"Requires-Dist: {requirement}" for requirement in requires]
        (metadata / "METADATA").write_text(
            "Metadata-Version: 2.1\n" + "\n".join(headers) + "\n\nName: not a header\n"
        )
        (metadata / "entry_points.txt").write_text(dedent(entry_points))
        for module, source in (modules or {}).items():
            (folder / f"{module}.py").write_text(dedent(source))
        monkeypatch.syspath_prepend(folder)
        reset_registry()
        return folder

    yield put
    reset_registry()
    for module in set(sys.modules) - loaded:
        if str(tmp_path) in str(getattr(sys.modules[module], "__file__", "")):
            del sys.modules[module]
