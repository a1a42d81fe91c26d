"""Bindings: which names a module has once it is imported, as far as its source shows."""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["bound_names"]

# Whoever uses these may bind any name.
_OPAQUE_NAMES = {"globals", "locals", "vars", "exec", "setattr"}
_OPAQUE_ATTRIBUTES = {"modules", "__dict__", "__setattr__"}


def bound_names(tree: ast.Module) -> set[str] | None:
    """The names, bound on any condition; None where the source does not show them all."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in _OPAQUE_NAMES:
                return None
            case ast.Attribute(attr=name) if name in _OPAQUE_ATTRIBUTES:
                return None
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                return None
            case ast.Global(names=given):
                names.update(given)
    for node in _at_module_level(tree):
        names.update(_bound_by(node))
    return None if "__getattr__" in names else names


def _at_module_level(tree: ast.Module) -> Iterator[ast.AST]:
    """All nodes but those in bodies of functions and classes."""
    waiting: list[ast.AST] = [tree]
    while waiting:  # a recursion would end at a long sum
        node = waiting.pop()
        yield node
        body: list[ast.stmt] = []
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            body = node.body
        waiting += [child for child in ast.iter_child_nodes(node) if child not in body]


def _bound_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in aliases)
        case ast.ImportFrom(names=aliases):
            yield from (alias.asname or alias.name for alias in aliases)
        case ast.ExceptHandler(name=str(name)):
            yield name
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name
