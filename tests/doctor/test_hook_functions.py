"""Hook functions: misspelt and unmarked ones are found in every spelling of the mark."""

from typing import TYPE_CHECKING

import pytest

from coreframe.doctor.hook_functions import HOOKS
from coreframe.registry.hook_plugins import HookPlugins

if TYPE_CHECKING:
    from tests.doctor.conftest import Examine, Install

BOARD = "[coreframe.hooks]\nboard = board"


def test_the_hooks_are_those_of_the_registry() -> None:
    known = [name for name in vars(HookPlugins()._manager.hook) if not name.startswith("_")]
    assert sorted(HOOKS) == sorted(known)


def test_a_misspelt_hook(install: "Install", examine: "Examine") -> None:
    source = "import coreframe\n\n@coreframe.hookimpl\ndef coreframe_run_strat(run): pass\n"
    folder = install("board", BOARD, {"board.py": source})
    (finding,) = examine()
    assert (finding.id, finding.subject) == ("CF008", "hooks board of board 1.0")
    assert finding.detail == (
        f"{folder / 'board.py'}:4: there is no hook coreframe_run_strat; did you mean "
        "coreframe_run_start? Correct it, or report this to the author of board"
    )


MISSPELT = [
    "from coreframe import hookimpl\n@hookimpl\ndef run_start(run): pass",
    "from coreframe import hookimpl as impl\n@impl\ndef coreframe_start(run): pass",
    "import coreframe as cf\n@cf.hookimpl(tryfirst=True)\ndef coreframe_start(run): pass",
    "import coreframe as cf\nmark = cf.hookimpl\n@mark\ndef coreframe_start(run): pass",
    "import pluggy\nimpl = pluggy.HookimplMarker('coreframe')\n@impl\ndef begin(run): pass",
    "from coreframe import hookimpl\n@hookimpl(specname='coreframe_start')\ndef start(run): pass",
    "def coreframe_run_strat(run): pass",
    "def coreframe_run_start(run): pass",  # never called: it has no mark
    "async def coreframe_helper(run): pass",
]


@pytest.mark.parametrize("source", MISSPELT)
def test_every_spelling_of_the_mark(install: "Install", examine: "Examine", source: str) -> None:
    install("board", BOARD, {"board.py": source})
    assert [finding.id for finding in examine()] == ["CF008"]


@pytest.mark.parametrize(
    "source",
    [
        "from coreframe import hookimpl\n@hookimpl\ndef coreframe_run_start(run): pass",
        "import coreframe\n@coreframe.hookimpl(trylast=True)\ndef coreframe_run_end(run): pass",
        "from coreframe import hookimpl\n@hookimpl(specname='coreframe_run_end')\ndef end(run): pass",
        "from coreframe import hookimpl\n@hookimpl(specname=NAME)\ndef end(run): pass",
        "from coreframe import hookimpl\n@hookimpl(**settings)\ndef end(run): pass",
        "import pytest\n@pytest.hookimpl\ndef pytest_configure(config): pass",
        "import pluggy\nmark = pluggy.HookimplMarker('pytest')\n@mark\ndef pytest_a(config): pass",
        "from .marks import hookimpl\n@hookimpl\ndef whatever(run): pass",
        "@mark\ndef coreframe_whatever(run): pass",
        "def coreframe_run_end(run): pass\ncoreframe_run_end = mark(coreframe_run_end)",
        "def run_start(run): pass",
        "class Board:\n    def coreframe_run_strat(self, run): pass",
        "def f():\n    def coreframe_run_strat(run): pass",
        "def broken(:",
    ],
)
def test_what_is_right_or_nobody_can_know(
    install: "Install", examine: "Examine", source: str
) -> None:
    install("board", BOARD, {"board.py": source})
    assert [finding for finding in examine() if finding.id == "CF008"] == []


def test_a_class_of_hooks(install: "Install", examine: "Examine") -> None:
    source = """
    import coreframe

    class Board:
        @coreframe.hookimpl
        def coreframe_run_start(self, run): pass

        @coreframe.hookimpl
        def coreframe_run_stop(self, run): pass

    def coreframe_helper(): pass
    """
    install("board", "[coreframe.hooks]\nboard = board:Board", {"board.py": source})
    (finding,) = examine()
    assert ":9: there is no hook coreframe_run_stop" in finding.detail


def test_an_object_of_hooks_shows_nothing(install: "Install", examine: "Examine") -> None:
    source = "def coreframe_helper(): pass\nboard = object()"
    install("board", "[coreframe.hooks]\nboard = board:board", {"board.py": source})
    assert examine() == []


def test_a_module_of_components_may_name_its_functions_as_it_likes(
    install: "Install", examine: "Examine"
) -> None:
    source = "def coreframe_helper(): pass\nSwish = 1"
    install("swish", "[coreframe.modules]\nSwish = swish:Swish", {"swish.py": source})
    assert examine() == []
