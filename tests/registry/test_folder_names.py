"""A folder of metadata whose name is not normalized hides no other distribution."""

from pathlib import Path

import pytest

from coreframe import build_registry


def test_a_hyphen_in_a_folder_name_makes_no_second_core(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = tmp_path / "coreframe-odd-1.0.dist-info"  # a search for `coreframe` finds it, too
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: coreframe-odd\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[coreframe.modules]\nOdd = odd:Odd\n")
    monkeypatch.syspath_prepend(tmp_path)
    registry = build_registry()
    assert registry.find("Odd").distribution == "coreframe-odd"
    assert registry.find("Sequential").distribution == "coreframe"
