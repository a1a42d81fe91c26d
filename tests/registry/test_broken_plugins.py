"""Broken plugins: each stays listed, says what is wrong, and stops nothing else."""

from typing import TYPE_CHECKING

import pytest

from coreframe import BrokenPlugin, assemble, create, get_registry

if TYPE_CHECKING:
    from tests.registry.conftest import Install

GOOD = """
    from coreframe import Module

    class Good(Module):
        def forward(self, x):
            return x

        def backward(self, dy):
            return dy
"""


def install_both(install: "Install", source: str, target: str = "bad_module:Bad") -> None:
    install("good", "[coreframe.modules]\nGood = good_module:Good", {"good_module": GOOD})
    install("bad", f"[coreframe.modules]\nBad = {target}", {"bad_module": source}, version="3.1")


def expect_broken(spec: str = "Bad") -> str:
    with pytest.raises(BrokenPlugin) as error:
        create("module", spec)
    assert get_registry().find("Bad").distribution == "bad"  # stays listed
    assert repr(assemble(["Good"])) == "Sequential(Good())"  # the rest works
    message = str(error.value)
    assert message.startswith("module Bad of bad 3.1 cannot be used: ")
    assert "\n" not in message
    return message.removeprefix("module Bad of bad 3.1 cannot be used: ")


@pytest.mark.parametrize(
    ("source", "cause", "mend"),
    [
        ("raise ValueError('no GPU\\n  found')", "ValueError: no GPU found", "reinstall bad"),
        ("raise SystemExit(3)", "SystemExit: 3", "reinstall bad"),
        ("raise BaseException", "BaseException: no message", "reinstall bad"),
        ("raise GeneratorExit('odd')", "GeneratorExit: odd", "reinstall bad"),
        ("1 / 0", "ZeroDivisionError: division by zero", "reinstall bad"),
        (
            "import a_package_nobody_has.part",
            "ModuleNotFoundError: No module named",
            "install what offers the package a_package_nobody_has",
        ),
        ("import bad_module.part", "ModuleNotFoundError: No module named", "reinstall bad"),
        ("from torch import a_name_nobody_has", "ImportError: cannot import", "reinstall bad"),
        ("import ctypes; ctypes.CDLL('no.so')", "OSError: no.so", "reinstall bad"),
        ("def broken(:", "SyntaxError: invalid syntax", "install another version of bad"),
        ("import bad_module; bad_module.Missing", "AttributeError:", "install another version"),
    ],
)
def test_whatever_its_import_raises_is_named_with_the_mend(
    install: "Install", source: str, cause: str, mend: str
) -> None:
    install_both(install, source)
    message = expect_broken()
    assert message.startswith(f"loading bad_module:Bad raised {cause}")
    assert f"; {mend}" in message
    assert message.endswith(", or report this to the author of bad")


def test_the_cause_is_kept_for_a_traceback(install: "Install") -> None:
    install_both(install, "raise ValueError('no GPU')")
    with pytest.raises(BrokenPlugin) as error:
        create("module", "Bad")
    assert isinstance(error.value.__cause__, ValueError)


def test_ctrl_c_during_an_import_is_no_fault_of_the_plugin(install: "Install") -> None:
    install_both(install, "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        create("module", "Bad")


def test_a_target_that_is_not_in_its_module(install: "Install") -> None:
    install_both(install, "class Other: pass")
    assert "has no attribute 'Bad'" in expect_broken()


def test_a_module_that_is_not_there(install: "Install") -> None:
    install_both(install, "", target="missing_module:Bad")
    assert "No module named 'missing_module'" in expect_broken()


@pytest.mark.parametrize(
    "source",
    [
        "class Bad: pass",
        "def Bad(): pass",
        "Bad = 3",
        "from coreframe import Loss as Bad",
    ],
)
def test_something_other_than_a_module_is_refused(install: "Install", source: str) -> None:
    install_both(install, source)
    assert expect_broken() == (
        "bad_module:Bad is not a subclass of coreframe.Module; report this to the author of bad"
    )


def test_an_abstract_class_is_refused_with_what_it_lacks(install: "Install") -> None:
    install_both(install, "from coreframe import Module\nclass Bad(Module): pass")
    assert expect_broken() == (
        "bad_module:Bad does not define backward, forward; report this to the author of bad"
    )


def test_one_broken_half_of_a_plugin_leaves_the_other_half(install: "Install") -> None:
    install(
        "halves",
        "[coreframe.modules]\nGood = good_module:Good\nBad = bad_module:Bad",
        {"good_module": GOOD, "bad_module": "raise RuntimeError"},
    )
    create("module", "Good")
    with pytest.raises(BrokenPlugin):
        create("module", "Bad")


def test_a_broken_command_is_named_and_the_others_stay(install: "Install") -> None:
    install(
        "tools",
        "[coreframe.commands]\nbad = bad_module:run\ngood = good_module:Good",
        {"good_module": GOOD, "bad_module": "raise RuntimeError('no display')"},
    )
    registry = get_registry()
    with pytest.raises(BrokenPlugin, match=r"^command bad of tools 1\.0 cannot be used: .*display"):
        registry.load(registry.find_command("bad"))
    assert registry.load(registry.find_command("good")).__name__ == "Good"
