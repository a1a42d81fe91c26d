"""Editable installations: stale metadata, and projects that are gone."""

from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from tests.doctor.conftest import Examine, Install

SWISH = "[coreframe.modules]\nSwish = swish:Swish\n[console_scripts]\nswish = swish:main"
PROJECT = """
    [project]
    name = "swish"
    version = "1.0"

    [project.scripts]
    swish = "swish:main"

    [project.entry-points."coreframe.modules"]
    Swish = "swish:Swish"
"""


class InstallProject(Protocol):
    def __call__(self, pyproject: str, entry_points: str = SWISH) -> Path: ...


@pytest.fixture
def install_project(install: "Install", tmp_path: Path) -> InstallProject:
    """An editable installation of a project, as it was installed once; its folder."""

    def put(pyproject: str, entry_points: str = SWISH) -> Path:
        project = tmp_path / "project"
        project.mkdir()
        (project / "pyproject.toml").write_text(dedent(pyproject), encoding="utf-8")
        url = {"url": project.as_uri(), "dir_info": {"editable": True}}
        install("swish", entry_points, {"swish.py": "Swish = Swash = 1"}, direct_url=url)
        return project

    return put


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ('Swish = "swish:Swish"', 'Swish = "swish:Swash"', "added module Swish = swish:Swash, "),
        ('Swish = "swish:Swish"', "", "removed module Swish = swish:Swish since"),
        ('name = "swish"', 'name = "swash"', "changed its name to swash since"),
        ('version = "1.0"', 'version = "1.1"', "changed its version from 1.0 to 1.1 since"),
        (
            '[project.scripts]\nswish = "swish:main"',
            '[project.entry-points."coreframe.commands"]\nplot = "swish:plot"',
            "added command plot = swish:plot since",
        ),
    ],
)
def test_a_project_that_has_changed(
    install_project: InstallProject, examine: "Examine", before: str, after: str, change: str
) -> None:
    project = dedent(PROJECT)
    assert before in project
    folder = install_project(project.replace(before, after))
    (finding,) = examine()
    assert (finding.id, finding.subject) == ("CF007", "swish 1.0")
    assert f"{folder / 'pyproject.toml'} has {change}" in finding.detail
    assert finding.detail.endswith(f"reinstall it: pip install -e {folder}")


@pytest.mark.parametrize(
    "pyproject",
    [
        PROJECT,
        PROJECT.replace('"1.0"', '"1.0.0"').replace('"swish"', '"Swish"'),
        PROJECT.replace('version = "1.0"', 'dynamic = ["version"]'),
        '[project]\nname = "swish"\ndynamic = ["version", "entry-points"]',
        PROJECT.replace('"swish:Swish"', '"swish : Swish"'),
        "[build-system]\nrequires = []",
        '[tool.poetry]\nname = "other"',
        "[project",
        "project = 3",
        '[project]\nname = 3\nversion = 4\n[project.entry-points]\n"coreframe.modules" = 5',
        '[project]\nname = "swish"\nentry-points = []',
        "",
    ],
)
def test_a_project_that_has_not_or_does_not_say(
    install_project: InstallProject, examine: "Examine", pyproject: str
) -> None:
    install_project(pyproject)
    assert examine() == []


def test_a_project_without_the_file(install_project: InstallProject, examine: "Examine") -> None:
    (install_project(PROJECT) / "pyproject.toml").unlink()
    assert examine() == []


def test_a_project_that_is_gone(install_project: InstallProject, examine: "Examine") -> None:
    folder = install_project(PROJECT)
    folder.rename(folder.with_name("moved"))
    (finding,) = examine()
    assert (finding.id, finding.level) == ("CF018", "error")
    assert finding.detail == (
        f"it is installed from {folder}, and that folder is gone; "
        "install it from where it is now, or uninstall swish"
    )


@pytest.mark.parametrize(
    "url", [{"url": "file:///gone"}, {"dir_info": {"editable": True}}, {"url": 3, "dir_info": 4}]
)
def test_what_is_not_editable_or_does_not_say_where(
    install: "Install", examine: "Examine", url: dict[str, object]
) -> None:
    install("swish", SWISH, {"swish.py": "Swish = 1"}, direct_url=url)
    assert examine() == []
