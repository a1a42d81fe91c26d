"""Bindings: whatever may bind a name counts, since a false alarm is worse than none."""

import ast

import pytest

from coreframe.doctor.bindings import bound_names


@pytest.mark.parametrize(
    "source",
    [
        "Swish = 1",
        "Swish: int = 1",
        "a, (Swish, *b) = x",
        "a = Swish = 1",
        "class Swish: pass",
        "def Swish(): pass",
        "async def Swish(): pass",
        "import Swish",
        "import Swish.part",
        "import swish as Swish",
        "from .swish import Swish",
        "from swish import Swash as Swish",
        "if x:\n    Swish = 1",
        "if x:\n    pass\nelse:\n    class Swish: pass",
        "try:\n    from fast import Swish\nexcept ImportError:\n    Swish = None",
        "for Swish in x: pass",
        "while x:\n    Swish = 1",
        "with x as Swish: pass",
        "match x:\n    case [Swish, *rest]: pass",
        "match x:\n    case {**Swish}: pass",
        "if (Swish := x): pass",
        "def f():\n    global Swish\n    Swish = 1",
        "def f(a=(Swish := 1)): pass",
        "@(Swish := decorate)\nclass A: pass",
    ],
)
def test_names_bound_in_any_way_are_bound(source: str) -> None:
    names = bound_names(ast.parse(source))
    assert names is not None
    assert "Swish" in names


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    Swish = 1",
        "class A:\n    Swish = 1",
        "Swash = Swish",
        "import swish.Swish",
        "from swish import Swish as Swash",
        "print(Swish)",
        "'Swish'",
        "",
    ],
)
def test_names_that_are_not_bound(source: str) -> None:
    names = bound_names(ast.parse(source))
    assert names is not None
    assert "Swish" not in names


@pytest.mark.parametrize(
    "source",
    [
        "from swish import *",
        "def __getattr__(name): ...",
        "from lazy import __getattr__",
        "__getattr__, __dir__, __all__ = attach(__name__)",
        "globals()['Swish'] = 1",
        "for n in names:\n    globals().update({n: 1})",
        "exec('Swish = 1')",
        "vars()['Swish'] = 1",
        "import sys\nsetattr(sys.modules[__name__], 'Swish', 1)",
        "import sys\nsys.modules[__name__].__class__ = Lazy",
    ],
)
def test_where_any_name_may_be_bound_nothing_is_known(source: str) -> None:
    assert bound_names(ast.parse(source)) is None
