"""Shipped code uses tensor operations only: no autograd and no torch.nn, also by ways round."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHIPPED = sorted([*(ROOT / "coreframe").rglob("*.py"), *ROOT.glob("plugins/*/src/**/*.py")])

BANNED = {
    *("nn", "autograd", "optim", "func", "functorch", "_C", "jit"),
    *("requires_grad", "requires_grad_", "grad_fn", "retain_grad", "register_hook"),
    *("enable_grad", "no_grad", "set_grad_enabled", "is_grad_enabled"),
    *("retain_graph", "create_graph"),
}
"""Parts of torch that no attribute, import or keyword may name."""

WAYS_ROUND = {
    *("getattr", "__getattribute__", "attrgetter", "methodcaller"),
    *("import_module", "_import_module", "__import__", "importlib", "EntryPoint", "runpy"),
    *("eval", "exec", "compile", "globals", "locals", "__dict__", "modules", "ctypes"),
}
"""What could reach the banned parts without naming them."""

METHODS = {"eval", "compile"}  # as methods these are others: model.eval(), re.compile()

HARMLESS_IMPORTS = ("importlib.metadata", "importlib.resources")

BACKWARD_OF = {"self", "super()", "layer", "loss", "self.module", "trial", "trial.module"} | {
    *("own", "whole", "lone"),  # losses, in coreframe.testing
}
"""Whose `backward` may be called: modules and losses by the names they go by, never a tensor."""

ALLOWED = {
    ("coreframe/__init__.py", "import_module"): "the public names are imported when first used",
    ("coreframe/__init__.py", "_import_module"): "likewise",
    ("coreframe/__init__.py", "importlib"): "likewise",
    ("coreframe/__init__.py", "getattr"): "likewise",
    ("coreframe/__init__.py", "globals"): "likewise, so that the second use finds it",
    ("coreframe/interfaces/component.py", "__dict__"): "an object's own, to note its arguments",
    ("coreframe/interfaces/dataset.py", "getattr"): "one of three splits, checked before",
    ("coreframe/interfaces/example.py", "func"): "the class in a functools.partial",
    ("coreframe/testing/purity.py", "requires_grad"): "the check that finds it in others",
    ("coreframe/registry/registry.py", "EntryPoint"): "loading a component is what it is for",
    ("coreframe/assembly/create.py", "EntryPoint"): "the interface of a kind, from our own table",
    ("plugins/coreframe-ee559/src/coreframe_ee559/repeats.py", "getattr"): "its own records",
    ("plugins/coreframe-ee559/src/coreframe_ee559/table_one.py", "getattr"): "its own records",
}


def find_offences(source: str) -> Iterator[tuple[str, int]]:
    """The names that shipped code must not use, with their lines."""
    for node in ast.walk(ast.parse(source)):
        for name in _names(node):
            # `func` alone is a usual name for a function; in torch it is a module.
            banned = name in BANNED and not (name == "func" and isinstance(node, ast.Name))
            operator = name.endswith("_backward") and not name.startswith("check_")
            if banned or operator or name in WAYS_ROUND or name.startswith("backward of"):
                yield name, getattr(node, "lineno", 0)


def _names(node: ast.AST) -> list[str]:
    """What a piece of source names: imports, variables, attributes, keywords."""
    match node:
        case ast.Import(names=names):
            return [part for alias in names for part in _parts(alias.name)]
        case ast.ImportFrom(module=module, names=names):
            return [part for alias in names for part in _parts(f"{module}.{alias.name}")]
        case ast.Name(id=name):
            return [name]
        case ast.Call(func=ast.Attribute(attr="backward", value=owner)):
            text = ast.unparse(owner)
            return [] if text in BACKWARD_OF else [f"backward of {text}"]
        case ast.Attribute(attr=name):
            return [] if name in METHODS else [name]
        case ast.keyword(arg=str(name)):
            return [name]
    return []


def _parts(path: str) -> list[str]:
    for harmless in HARMLESS_IMPORTS:
        path = path.removeprefix(f"{harmless}.")
    return [] if path in HARMLESS_IMPORTS else path.split(".")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_shipped_code_is_pure(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    offences = [
        f"{name}:{line}: {offence}"
        for offence, line in find_offences(path.read_text(encoding="utf-8"))
        if (name, offence) not in ALLOWED
    ]
    assert not offences


def test_everything_allowed_is_needed() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), offence)
        for path in SHIPPED
        for offence, _ in find_offences(path.read_text(encoding="utf-8"))
    }
    assert {(name, offence) for name, offence in ALLOWED if (ROOT / name).exists()} <= found


PLANTED = {
    "import torch.nn as layers": "nn",
    "from torch import nn": "nn",
    "from torch.nn import functional as F": "nn",
    "from torch.autograd import grad": "autograd",
    "import torch as t; t.autograd.grad(y, x)": "autograd",
    "from torch import func": "func",
    "torch.func.grad(f)": "func",
    "torch._C._nn.gelu(x)": "_C",
    "x.requires_grad = True": "requires_grad",
    "x.requires_grad_()": "requires_grad_",
    "torch.zeros(2, requires_grad=True)": "requires_grad",
    "with torch.enable_grad(): pass": "enable_grad",
    "torch.set_grad_enabled(True)": "set_grad_enabled",
    "value.backward()": "backward of value",
    "self.compute_loss(x, y).backward()": "backward of self.compute_loss(x, y)",
    "loss.value.backward()": "backward of loss.value",
    "layer.backward(dy, retain_graph=True)": "retain_graph",
    "torch.ops.aten.tanh_backward(dy, y)": "tanh_backward",
    "from torch.ops.aten import threshold_backward": "threshold_backward",
    "getattr(torch, 'n' + 'n')": "getattr",
    "g = getattr": "getattr",
    "from operator import attrgetter": "attrgetter",
    "from importlib import import_module as load": "import_module",
    "import importlib.util": "importlib",
    "importlib.import_module('torch.nn')": "import_module",
    "__import__('torch.nn')": "__import__",
    "from importlib.metadata import EntryPoint": "EntryPoint",
    "eval('torch.nn')": "eval",
    "exec('import torch.nn')": "exec",
    "sys.modules['torch'].nn": "modules",
    "torch.__dict__['nn']": "__dict__",
    "from sys import modules": "modules",
}


@pytest.mark.parametrize(("source", "offence"), PLANTED.items(), ids=PLANTED)
def test_planted_offence_is_found(source: str, offence: str) -> None:
    assert offence in [name for name, _ in find_offences(source)]


INNOCENT = [
    "model.eval()",
    "re.compile(pattern)",
    "dx = layer.backward(dy)",
    "loss.backward()",
    "from importlib.metadata import version",
    '"""Uses no torch.nn and no autograd; x.backward() neither."""',
    "def backward(self, *gradwrtoutput): ...",
    "model.backward_parameters(dy)",
]


@pytest.mark.parametrize("source", INNOCENT)
def test_innocent_code_passes(source: str) -> None:
    assert list(find_offences(source)) == []
