"""The table of components lists what the repository's packages offer, and pages that exist."""

from __future__ import annotations

import re
import tomllib

from documents import ROOT

FOLDER = ROOT / "docs" / "components"
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| ([\w-]+) \| \[[\w ]+\]\(([\w./]+)\) \|$", re.MULTILINE)


def offered() -> set[tuple[str, str, str]]:
    """Name, kind and package, as the projects' own files say."""
    found: set[tuple[str, str, str]] = set()
    for path in [ROOT / "pyproject.toml", *ROOT.glob("plugins/*/pyproject.toml")]:
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        for group, entries in project.get("entry-points", {}).items():
            kind = group.removeprefix("coreframe.").removesuffix("s").replace("losse", "loss")
            if kind not in ("command", "hook"):  # neither is a component
                found |= {(name, kind, project["name"]) for name in entries}
    return found


def test_the_table_of_components_is_complete() -> None:
    rows = ROW.findall((FOLDER / "README.md").read_text(encoding="utf-8"))
    assert {(name, kind, package) for name, kind, package, _ in rows} == offered()
    assert all((FOLDER / page).is_file() for *_, page in rows)


def test_each_component_stands_on_its_page() -> None:
    rows = ROW.findall((FOLDER / "README.md").read_text(encoding="utf-8"))
    for name, _, _, page in rows:
        assert name in (FOLDER / page).read_text(encoding="utf-8")
