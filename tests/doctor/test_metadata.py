"""Metadata: installed twice, nameless, without a requirement, or unreadable."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from coreframe.doctor.diagnosis import diagnose
from coreframe.doctor.installation import survey
from coreframe.registry.entry_points import EntryPointSource

if TYPE_CHECKING:
    from tests.doctor.conftest import Examine, Install

SWISH = "[coreframe.modules]\nSwish = swish:Swish"
LAYER = {"swish.py": "Swish = 1"}


def test_a_distribution_in_two_places(install: "Install", examine: "Examine") -> None:
    behind = install("swish", SWISH, LAYER, version="2.0")
    before = install("swish", SWISH, LAYER)
    (finding,) = examine()
    assert (finding.id, finding.subject) == ("CF006", "swish 2.0")
    assert finding.detail == (
        f"swish is installed twice, and 1.0 in {before} is found before 2.0 in {behind}; "
        "uninstall one"
    )


def test_metadata_of_two_versions_in_one_folder(install: "Install", examine: "Examine") -> None:
    folder = install("swish", SWISH, LAYER)
    install("swish", SWISH, version="1.1", folder=folder)
    (finding,) = examine()
    assert (finding.id, finding.subject) == ("CF006", "swish 1.0")
    assert finding.detail.startswith(
        f"{folder} holds metadata of swish 1.1 and of 1.0, which is left over; remove the latter"
    )


def test_two_distributions_are_not_one(install: "Install", examine: "Examine") -> None:
    install("swish", SWISH, LAYER)
    install("swish-extra", "[coreframe.modules]\nExtra = extra:Swish", {"extra.py": "Swish = 1"})
    assert examine() == []


@pytest.mark.parametrize("order", ["metadata first", "project first"])
def test_what_setuptools_leaves_in_an_editable_project_is_no_second_installation(
    install: "Install", examine: "Examine", tmp_path: Path, order: str
) -> None:
    project = tmp_path / "project"
    (project / "src").mkdir(parents=True)
    url = {"url": project.as_uri(), "dir_info": {"editable": True}}

    def metadata() -> None:
        install("swish", SWISH, direct_url=url)

    def sources() -> None:
        install("swish", SWISH, LAYER, folder=project / "src", version="1.1")
        (project / "src/swish-1.1.dist-info").rename(project / "src/swish.egg-info")
        (project / "src/swish.egg-info/METADATA").rename(project / "src/swish.egg-info/PKG-INFO")

    steps = [sources, metadata] if order == "metadata first" else [metadata, sources]
    for step in steps:
        step()
    assert examine() == []


def test_an_environment_within_an_editable_project_may_hold_it_twice(
    install: "Install", examine: "Examine", tmp_path: Path
) -> None:
    url = {"url": tmp_path.as_uri(), "dir_info": {"editable": True}}
    site = tmp_path / ".venv" / "site-packages"
    install("swish", SWISH, LAYER, folder=site)
    install("swish", SWISH, version="1.1", folder=site, direct_url=url)
    install("swish", SWISH, version="1.2", folder=tmp_path / "more" / "site-packages")
    assert [finding.id for finding in examine() if finding.id != "CF007"] == ["CF006"] * 2


@pytest.mark.parametrize("header", ["Name", "Version"])
def test_metadata_without_name_or_version(
    install: "Install", examine: "Examine", header: str
) -> None:
    folder = install("swish", SWISH, LAYER)
    path = folder / "swish-1.0.dist-info" / "METADATA"
    path.write_text(path.read_text().replace(f"{header}: ", "Nothing: "))
    (finding,) = examine()
    assert finding.id == "CF013"
    assert finding.detail == (
        f"metadata in {folder} that offer Swish have no {header}; reinstall what they belong to"
    )


def test_metadata_without_their_file(install: "Install", examine: "Examine") -> None:
    folder = install("swish", SWISH, LAYER)
    (folder / "swish-1.0.dist-info" / "METADATA").unlink()
    (finding,) = examine()
    assert (finding.id, finding.subject) == ("CF013", "? ?")
    assert "have no Name and no Version" in finding.detail


@pytest.mark.parametrize(
    "requires",
    [[], ["torch"], ["coreframe-linear"], ["coreframe ; extra == 'all'"], ["coreframe ~~ 3"]],
)
def test_a_distribution_that_declares_no_requirement(
    install: "Install", examine: "Examine", requires: list[str]
) -> None:
    install("swish", SWISH, LAYER, requires=requires)
    (finding,) = examine()
    assert (finding.id, finding.subject) == ("CF014", "swish 1.0")
    assert "declare it, such as coreframe>=0.1,<0.2" in finding.detail


@pytest.mark.parametrize(
    "requirement",
    ["coreframe", "Coreframe>=0.1", "coreframe[standard]>=0.1", "coreframe; python_version<'3'"],
)
def test_a_distribution_that_declares_one(
    install: "Install", examine: "Examine", requirement: str
) -> None:
    install("swish", SWISH, LAYER, requires=["torch", requirement])
    assert examine() == []


def test_a_distribution_that_offers_nothing_need_declare_nothing(
    install: "Install", examine: "Examine"
) -> None:
    install("other", "[console_scripts]\ncoreframe.sh = other:main", requires=[])
    assert examine() == []


def test_metadata_that_cannot_be_read_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise OSError("the disk is gone")

    assert "CF019" not in [finding.id for finding in diagnose(survey())]
    monkeypatch.setattr(EntryPointSource, "distributions", property(fail))
    (finding,) = diagnose(survey())
    assert (finding.id, finding.level) == ("CF019", "error")
    assert "it raised OSError: the disk is gone" in finding.detail


def test_an_examination_that_fails_stops_no_other(
    install: "Install", examine: "Examine", monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("of nothing that anybody foresaw")

    install("swish", "[coreframe.modules]\nSwish = gone:Swish")
    monkeypatch.setattr("coreframe.doctor.foreign_imports.find_packages", fail)
    failed, dead = sorted(examine(), key=lambda finding: finding.id, reverse=True)
    assert (failed.id, failed.subject, dead.id) == ("CF019", "installation", "CF001")
    assert "it raised RuntimeError: of nothing that anybody foresaw" in failed.detail


def test_a_group_that_is_none_is_told_with_the_nearest(
    install: "Install", examine: "Examine"
) -> None:
    offers = "[coreframe.module]\nSwish = swish:Swish\n[coreframe.zzz]\nHex = swish:Hex\n"
    install("swish", SWISH + "\n" + offers, LAYER)
    near, far = examine()
    assert (near.id, near.subject) == ("CF003", "swish 1.0")
    assert near.detail == (
        "there is no group of entry points coreframe.module, so what stands there is lost; "
        "did you mean coreframe.modules?"
    )
    assert far.detail.endswith(
        "; there are coreframe.modules, coreframe.losses, "
        "coreframe.optimizers, coreframe.datasets, coreframe.schedules, coreframe.commands, "
        "coreframe.hooks"
    )
