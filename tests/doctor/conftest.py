"""Distributions that exist as metadata and files in folders of the test, and what is found."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any, Protocol

import pytest

from coreframe import reset_registry
from coreframe.doctor.diagnosis import diagnose
from coreframe.doctor.finding import Finding
from coreframe.doctor.installation import Installation, survey

Examine = Callable[[], list[Finding]]
WriteFiles = Callable[[Path, Mapping[str, str | bytes]], None]


class Install(Protocol):
    """Puts a distribution first on sys.path; returns its folder."""

    def __call__(
        self,
        name: str,
        entry_points: str,
        files: Mapping[str, str | bytes] | None = None,
        *,
        version: str = "1.0",
        requires: Sequence[str] = ("coreframe",),
        record: str = "",
        direct_url: Mapping[str, Any] | None = None,
        folder: Path | None = None,
    ) -> Path: ...


@pytest.fixture(autouse=True)
def nobodys_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [name for name in os.environ if name.startswith("COREFRAME_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    loaded = set(sys.modules)
    count = 0

    def put(
        name: str,
        entry_points: str,
        files: Mapping[str, str | bytes] | None = None,
        *,
        version: str = "1.0",
        requires: Sequence[str] = ("coreframe",),
        record: str = "",
        direct_url: Mapping[str, Any] | None = None,
        folder: Path | None = None,
    ) -> Path:
        nonlocal count
        count += 1
        folder = folder or tmp_path / f"site{count}"
        metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        metadata.mkdir(parents=True)
        headers = [f"Name: {name}", f"Version: {version}"]
        headers += [f"Requires-Dist: {requirement}" for requirement in requires]
        (metadata / "METADATA").write_text("\n".join(headers) + "\n")
        (metadata / "entry_points.txt").write_text(dedent(entry_points))
        if record:
            (metadata / "RECORD").write_text(dedent(record))
        if direct_url is not None:
            (metadata / "direct_url.json").write_text(json.dumps(direct_url))
        _write_files(folder, files or {})
        monkeypatch.syspath_prepend(folder)
        reset_registry()
        return folder

    yield put
    reset_registry()
    assert (
        not [  # nothing here may import what it looks at
            module
            for module in set(sys.modules) - loaded
            if str(tmp_path) in str(getattr(sys.modules[module], "__file__", ""))
        ]
    )


def _write_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())


@pytest.fixture
def write_files() -> WriteFiles:
    """Writes files into a folder, by their paths in it."""
    return _write_files


@pytest.fixture
def installation(tmp_path: Path) -> Callable[[], Installation]:
    """What the test installed, whatever else this environment holds."""

    def look() -> Installation:
        whole = survey()
        own = [
            d
            for d in whole.distributions
            if any(
                Path(place).is_relative_to(tmp_path.resolve()) for place in (d.place, d.location)
            )
        ]
        names = {(d.name, d.version) for d in own}
        records = [r for r in whole.records if (r.distribution, r.version) in names]
        return replace(whole, distributions=tuple(own), records=tuple(records))

    return look


@pytest.fixture
def examine(installation: Callable[[], Installation]) -> Examine:
    """What is wrong with what the test installed."""
    return lambda: diagnose(installation())
