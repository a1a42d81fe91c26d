"""Provenance: where each component comes from, and how to install the same again."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from coreframe import ComponentRecord, get_registry
from coreframe.registry.requirements import requirement_lines

if TYPE_CHECKING:
    from tests.registry.conftest import Install

SWISH = "[coreframe.modules]\nSwish = swish:Swish"


def install_from(install: "Install", direct_url: Any) -> Path:
    folder = install("swish-nets", SWISH, version="1.5")
    text = direct_url if isinstance(direct_url, str) else json.dumps(direct_url)
    (folder / "swish_nets-1.5.dist-info" / "direct_url.json").write_text(text)
    return folder


def swish() -> ComponentRecord:
    return get_registry().find("Swish")


def line() -> str:
    return next(text for text in requirement_lines() if "swish" in text.lower())


def test_a_record_knows_its_folder(install: "Install") -> None:
    folder = install("swish-nets", SWISH)
    assert (swish().location, swish().editable) == (str(folder), False)


def test_an_editable_installation_is_in_its_projects_folder(
    install: "Install", tmp_path: Path
) -> None:
    project = tmp_path / "swish"
    install_from(install, {"url": project.as_uri(), "dir_info": {"editable": True}})
    assert (swish().location, swish().editable) == (str(project), True)
    assert line() == f"-e {project}"


def test_a_url_that_is_none_hides_nothing(install: "Install") -> None:
    folder = install_from(install, {"url": "file://[", "dir_info": {"editable": True}})
    assert (swish().location, swish().status) == (str(folder), "ok")


@pytest.mark.parametrize("before", [False, True])
def test_metadata_in_an_editable_project_are_no_second_installation(
    install: "Install", before: bool
) -> None:
    def project() -> Path:
        return install("swish-nets", SWISH, version="1.4")  # as setuptools left them

    left = None if before else project()
    folder = install("swish-nets", SWISH, version="1.5")
    left = left or project()
    told = {"url": left.as_uri(), "dir_info": {"editable": True}}
    (folder / "swish_nets-1.5.dist-info" / "direct_url.json").write_text(json.dumps(told))
    found = [r for r in get_registry().components("module") if r.name == "Swish"]
    assert [r.status for r in found] == ["ok"]


def test_the_folder_of_an_editable_installation_may_have_a_space(
    install: "Install", tmp_path: Path
) -> None:
    url = (tmp_path / "swish nets").as_uri()
    install_from(install, {"url": url, "dir_info": {"editable": True}})
    assert line() == f"-e {url}"  # pip would end a path there


@pytest.mark.parametrize(
    ("direct_url", "expected"),
    [
        ({}, "swish-nets==1.5"),
        ("not json", "swish-nets==1.5"),
        ("[]", "swish-nets==1.5"),
        ({"url": 3}, "swish-nets==1.5"),
        ({"url": "file://[", "dir_info": {}}, "swish-nets==1.5"),
        ({"url": "file:///x%00y", "dir_info": {"editable": True}}, "swish-nets==1.5"),
        (
            {"url": "file:///w/s.whl", "archive_info": {"hash": "sha256=ab"}},
            "swish-nets @ file:///w/s.whl#sha256=ab",
        ),
        ({"url": "file:///w/s.whl", "archive_info": {}}, "swish-nets @ file:///w/s.whl"),
        ({"url": "file:///w/nets", "dir_info": {}}, "swish-nets @ file:///w/nets"),
        (
            {"url": "https://e.org/n.git", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}},
            "swish-nets @ git+https://e.org/n.git@c0ffee",
        ),
        (
            {"url": "https://e.org/n.git", "vcs_info": {"vcs": "git"}, "subdirectory": "a"},
            "swish-nets @ git+https://e.org/n.git#subdirectory=a",
        ),
        (
            {
                "url": "https://e.org/n.tar.gz",
                "archive_info": {"hashes": {"sha256": "ab"}},
                "subdirectory": "a",
            },
            "swish-nets @ https://e.org/n.tar.gz#sha256=ab&subdirectory=a",
        ),
        (
            {"url": "file:///w/all", "dir_info": {}, "subdirectory": "nets"},
            "swish-nets @ file:///w/all#subdirectory=nets",
        ),
    ],
)
def test_a_requirement_names_where_it_came_from(
    install: "Install", direct_url: Any, expected: str
) -> None:
    install_from(install, direct_url)
    assert line() == expected


def test_the_copy_that_counts_is_pinned(install: "Install") -> None:
    install("swish-nets", SWISH, version="2.0")
    install("Swish.Nets", SWISH, version="1.0")
    assert line() == "Swish.Nets==1.0"


def test_every_distribution_that_offers_something_has_a_line_the_core_too(
    install: "Install",
) -> None:
    install("a-command", "[coreframe.commands]\nwave = wave:wave")
    install("b-hooks", "[coreframe.hooks]\nboard = board")
    install("c-other", "[console_scripts]\nother = other:main")
    lines = requirement_lines()
    assert "a-command==1.0" in lines
    assert "b-hooks==1.0" in lines
    assert not [text for text in lines if "c-other" in text]
    core = get_registry().find("Sequential")
    begins = f"-e {core.location}" if core.editable else ("coreframe==", "coreframe @ ")
    assert [text for text in lines if text.startswith(begins)]


def test_metadata_without_a_version_cannot_be_pinned(install: "Install") -> None:
    folder = install("swish-nets", SWISH)
    (folder / "swish_nets-1.0.dist-info" / "METADATA").write_text("Name: swish-nets\n\n")
    assert line() == f"# 'swish-nets' in {folder}: its metadata have no name or version"


def test_a_name_that_is_an_option_of_pips_is_no_line(install: "Install") -> None:
    folder = install("swish-nets", SWISH)
    (folder / "swish_nets-1.0.dist-info" / "METADATA").write_text(
        "Name: -r /etc/swish\nVersion: 1.0\n\n"
    )
    assert line().startswith("# '-r /etc/swish' in ")
