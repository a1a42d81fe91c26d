"""Marks: in which spellings a file writes coreframe's `hookimpl`."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from coreframe.registry.hookspecs import PROJECT

__all__ = ["Marks", "read_marks"]


@dataclass(frozen=True)
class Marks:
    """The expressions that are coreframe's mark; that of another project is none of them."""

    spellings: frozenset[str]

    def has(self, decorator: ast.expr) -> bool:
        """Whether a decorator is the mark, with settings or without."""
        return _callee(decorator) in self.spellings

    def hook(self, decorator: ast.expr, name: str) -> str | None:
        """Which hook a function of this name implements; None where that is computed."""
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) else ():
            if keyword.arg is None:
                return None
            if keyword.arg == "specname":
                match keyword.value:
                    case ast.Constant(value=str(given)):
                        return given or name
                    case ast.Constant(value=None):
                        return name
                return None
        return name


def read_marks(tree: ast.Module) -> Marks:
    """What is imported from coreframe, made by pluggy's own marker, or assigned from these."""
    spellings: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="coreframe" | "coreframe.registry.hookspecs", level=0):
                spellings |= {a.asname or a.name for a in node.names if a.name == "hookimpl"}
            case ast.Import(names=aliases):
                spellings |= {
                    f"{alias.asname or alias.name}.hookimpl"
                    for alias in aliases
                    if alias.name == PROJECT
                }
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if _callee(value) in spellings or _makes_marker(value):
                    spellings.add(name)
    return Marks(frozenset(spellings))


def _makes_marker(value: ast.expr) -> bool:
    match value:
        case ast.Call(args=[ast.Constant(value=project)], keywords=[]):
            return project == PROJECT and _callee(value).endswith("HookimplMarker")
    return False


def _callee(expression: ast.expr) -> str:
    """What is called, or the expression itself: a name, at most with one dot, or empty."""
    match expression:
        case ast.Call(func=ast.expr() as called):
            return "" if isinstance(called, ast.Call) else _callee(called)
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return f"{owner}.{name}"
    return ""
