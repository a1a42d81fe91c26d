"""Foreign imports: of other plugins, and of what is not public in the core."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import coreframe
from coreframe.doctor.module_finder import ModuleFinder
from coreframe.doctor.public_names import read_public_names

if TYPE_CHECKING:
    from tests.doctor.conftest import Examine, Install

LAYER = {"other/__init__.py": "Other = 1", "other/part.py": ""}


@pytest.fixture
def other(install: "Install") -> Path:
    return install("other-layers", "[coreframe.modules]\nOther = other:Other", LAYER)


def install_swish(install: "Install", source: str, **more: str) -> Path:
    files = {"swish/__init__.py": "Swish = 1", "swish/part.py": source, **more}
    return install("swish", "[coreframe.modules]\nSwish = swish:Swish", files)


@pytest.mark.usefixtures("other")
def test_an_import_of_another_plugin(install: "Install", examine: "Examine") -> None:
    folder = install_swish(install, "import torch\nfrom other import Other\n")
    (finding,) = examine()
    assert (finding.id, finding.subject) == ("CF009", "swish 1.0")
    assert finding.detail == (
        f"{folder / 'swish/part.py'}:2 imports other, which belongs to other-layers 1.0; "
        "have it made by name, with coreframe.create"
    )


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize(
    "source",
    [
        "import other",
        "import torch, other.part as p",
        "from other.part import x",
        "def f():\n    from other import Other",
        "try:\n    import other\nexcept ImportError:\n    other = None",
        "if TYPE_CHECKING:\n    pass\nelse:\n    import other",
    ],
)
def test_every_form_of_import(install: "Install", examine: "Examine", source: str) -> None:
    install_swish(install, source)
    assert [finding.id for finding in examine()] == ["CF009"]


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize(
    "source",
    [
        "import others, swish.other, another",
        "from . import other",
        "from .other import Other",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from other import Other",
        "import typing\nif typing.TYPE_CHECKING:\n    import other",
        "if not TYPE_CHECKING:\n    pass\nelse:\n    import other",
        "other = 'import other'  # import other",
    ],
)
def test_what_is_no_import_of_another_plugin(
    install: "Install", examine: "Examine", source: str
) -> None:
    install_swish(install, source)
    assert examine() == []


def test_a_package_of_commands_may_be_imported(install: "Install", examine: "Examine") -> None:
    files = {"tools/__init__.py": "def run():\n    pass", "tools/layer.py": "Layer = 1"}
    install("tools", "[coreframe.commands]\nrun = tools:run", files)
    install_swish(install, "from tools import run")
    assert examine() == []
    offers = "[coreframe.commands]\nrun = tools:run\n[coreframe.modules]\nLayer = tools.layer:Layer"
    install("tools", offers, files, version="2.0")
    assert "CF009" in [finding.id for finding in examine()]


@pytest.mark.usefixtures("other")
@pytest.mark.parametrize(
    "place", ["swish/tests/test_a.py", "swish/test_a.py", "swish/conftest.py", "swish/a-b/c.py"]
)
def test_tests_within_a_package_may_import_a_rival(
    install: "Install", examine: "Examine", place: str
) -> None:
    install_swish(install, "", **{place: "import other"})
    assert examine() == []


def test_plugins_within_one_namespace(install: "Install", examine: "Examine") -> None:
    for name, source in (("one", "from ..two import Two\nfrom acme import two"), ("two", "")):
        install(
            f"acme-{name}",
            f"[coreframe.modules]\n{name.title()} = acme.{name}.layers:{name.title()}",
            {
                f"acme/{name}/__init__.py": "",
                f"acme/{name}/layers.py": f"from . import __init__\n{name.title()} = 1\n{source}",
            },
        )
    found = examine()
    assert [(finding.id, finding.subject) for finding in found] == [("CF009", "acme-one 1.0")] * 2
    assert [":3 imports acme.two" in found[0].detail, ":4 imports acme.two" in found[1].detail] == [
        True,
        True,
    ]


def test_two_distributions_that_share_a_package(install: "Install", examine: "Examine") -> None:
    layers = {"swish/__init__.py": "Swish = Swash = 1", "swish/a.py": "import swash"}
    install("swish", "[coreframe.modules]\nSwish = swish:Swish", layers)
    entry_points = "[coreframe.modules]\nSwash = swish:Swash\nSwosh = swash:Swosh"
    modules = {"swash.py": "import swish\nSwosh = 1"}
    install("swash", entry_points, modules, record="swash.py,,\nswish/__init__.py,,\n")
    assert examine() == []


def test_an_entry_point_into_a_library_makes_no_plugin_of_it(
    install: "Install", examine: "Examine"
) -> None:
    record = "points-1.0.dist-info/METADATA,,\npoints.py,,\n"
    entry_points = "[coreframe.modules]\nRelu = torch:relu\nParser = ast:parse\nOwn = points:Own"
    install("points", entry_points, {"points.py": "Own = 1"}, record=record)
    install_swish(install, "import torch\nimport ast")
    assert examine() == []
    install("unlisted", "[coreframe.modules]\nGelu = torch:gelu\nDump = ast:dump")
    assert examine() == []


def test_a_record_of_what_is_installed_is_believed(install: "Install", examine: "Examine") -> None:
    install(
        "other-layers",
        "[coreframe.modules]\nOther = other:Other",
        LAYER,
        record="other/__init__.py,,\n",
    )
    install_swish(install, "import other")
    assert [finding.id for finding in examine()] == ["CF009"]


def test_an_editable_project(install: "Install", examine: "Examine", tmp_path: Path) -> None:
    url = {"url": (tmp_path / "project").as_uri(), "dir_info": {"editable": True}}
    install("other-layers", "[coreframe.modules]\nOther = other:Other", direct_url=url)
    folder = tmp_path / "project" / "src"
    install("nothing", "", LAYER, folder=folder)
    install_swish(install, "import other")
    assert [finding.id for finding in examine()] == ["CF009"]


def test_a_disabled_plugin_is_not_looked_into(
    install: "Install", examine: "Examine", monkeypatch: pytest.MonkeyPatch
) -> None:
    install_swish(install, "import coreframe.registry")
    monkeypatch.setenv("COREFRAME_DISABLE", "swish")
    assert [finding.id for finding in examine()] == ["CF011"]


NOT_PUBLIC = {
    "import coreframe.registry.record": "coreframe.registry.record",
    "import coreframe.errors": "coreframe.errors",
    "from coreframe.assembly.create import load_class": "coreframe.assembly.create",
    "from coreframe import registry": "registry of coreframe",
    "from coreframe import Module, load_class": "load_class of coreframe",
    "from coreframe.testing import Trial": "Trial of coreframe.testing",
    "from coreframe.testing.compare import compare": "coreframe.testing.compare",
    "try:\n    import coreframe.registry\nexcept ImportError:\n    pass": "coreframe.registry",
}


@pytest.mark.parametrize("source", NOT_PUBLIC)
def test_an_import_of_what_is_not_public(
    install: "Install", examine: "Examine", source: str
) -> None:
    install_swish(install, source)
    (finding,) = examine()
    assert (finding.id, finding.subject) == ("CF010", "swish 1.0")
    assert f" imports {NOT_PUBLIC[source]}, which is not public and may change" in finding.detail


def test_a_name_that_is_public_elsewhere_is_told(install: "Install", examine: "Examine") -> None:
    install_swish(
        install,
        "from coreframe.interfaces.module import Module, Shape\n"
        "from coreframe.testing.conformance import run_checks\n"
        "from coreframe.registry.mend import mend\n",
    )
    found = [finding.detail.rpartition("; ")[2] for finding in examine()]
    assert found == [
        "write: from coreframe import Module, Shape",
        "write: from coreframe.testing import run_checks",
        "use the public names of coreframe and coreframe.testing, or ask for this to be one",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "import coreframe as cf, coreframe.testing",
        "from coreframe import Module, Shape, testing, __version__, __file__",
        "from coreframe import *",
        "from coreframe.testing import run_checks, CHECKS",
        "try:\n    from coreframe import Later\nexcept ImportError:\n    Later = None",
        "try:\n    from coreframe import Later\nexcept (KeyError, ImportError):\n    Later = None",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import coreframe.registry",
        "import coreframe_linear.products",
        "from .coreframe import registry",
    ],
)
def test_public_names(install: "Install", examine: "Examine", source: str) -> None:
    install_swish(install, source)
    assert examine() == []


def test_public_names_are_read_and_not_imported() -> None:
    public = read_public_names(ModuleFinder())
    assert public["coreframe"] == set(coreframe.__all__)
    assert "run_checks" in public["coreframe.testing"]


def test_another_file_that_is_no_valid_python(install: "Install", examine: "Examine") -> None:
    folder = install_swish(install, "import coreframe\nprint 'Python 2'")
    (finding,) = examine()
    assert (finding.id, finding.level, finding.subject) == ("CF017", "info", "swish 1.0")
    assert finding.detail.startswith(f"{folder / 'swish/part.py'}:2 is no valid Python (")


def test_such_a_file_that_has_nothing_to_do_with_plugins(
    install: "Install", examine: "Examine"
) -> None:
    install_swish(install, "print 'Python 2'")
    assert examine() == []


def test_a_lone_module_is_looked_into(install: "Install", examine: "Examine") -> None:
    source = "from coreframe.registry.mend import mend\nSwish = 1"
    install("swish", "[coreframe.modules]\nSwish = swish:Swish", {"swish.py": source})
    assert [finding.id for finding in examine()] == ["CF010"]


def test_metadata_of_others_may_be_anything(install: "Install", examine: "Examine") -> None:
    source = "from coreframe.registry.mend import mend\nSwish = 1"
    install("swish", "[coreframe.modules]\nSwish = swish:Swish", {"swish.py": source})
    other = install("other", "")
    (other / "other-1.0.dist-info").rename(other / "swish-2.0.dist-info")
    for content in ("Name: other\nAuthor: Jürgen\n".encode("cp1252"), b""):
        (other / "swish-2.0.dist-info" / "METADATA").write_bytes(content)
        assert [finding.id for finding in examine() if finding.id == "CF019"] == []


def test_links_that_lead_in_circles_end(install: "Install", examine: "Examine") -> None:
    folder = install_swish(install, "")
    (folder / "swish" / "again").symlink_to(folder / "swish")
    assert examine() == []


LONG = {
    "sum": "x = 0" + " + 1" * 2000,
    "elif": "if 0: pass\n" + "elif 1: pass\n" * 800,
    "decorator": "@f" + ".f" * 900 + "\ndef f(): pass",
}


@pytest.mark.parametrize("name", LONG)
def test_long_files_end_no_examination(install: "Install", examine: "Examine", name: str) -> None:
    source = f"import coreframe.registry\n{LONG[name]}\nSwish = 1"
    entry_points = "[coreframe.modules]\nSwish = swish:Swish\n[coreframe.hooks]\nswish = swish"
    install("swish", entry_points, {"swish.py": source})
    assert [finding.id for finding in examine()] == ["CF010"]
