"""Imports: what a file imports when it runs, as its source says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Import", "read_imports"]

_TOLERANT = {"ImportError", "ModuleNotFoundError", "AttributeError", "Exception", "BaseException"}


@dataclass(frozen=True)
class Import:
    """One import of one module.

    Attributes:
        module: its whole name.
        names: what is taken from it; empty where it is imported itself.
        line: where.
        is_attempt: whether the file goes on where it fails.
    """

    module: str
    names: tuple[str, ...]
    line: int
    is_attempt: bool

    @property
    def candidates(self) -> list[str]:
        """The modules it may mean: `from a import b` may import `a.b`."""
        return [self.module, *(f"{self.module}.{name}" for name in self.names)]


def read_imports(tree: ast.Module, name: str, *, is_package: bool) -> Iterator[Import]:
    """The imports in functions, too, but not those that only type checkers see.

    Args:
        tree: the file.
        name: the name of its module, from which relative imports start.
        is_package: whether it is the file of a package.
    """
    parts = name.split(".")
    package = parts if is_package else parts[:-1]
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]  # with whether it is an attempt
    while waiting:  # a recursion would end at a long elif
        node, is_attempt = waiting.pop()
        match node:
            case ast.Import(names=aliases, lineno=line):
                for alias in aliases:
                    yield Import(alias.name, (), line, is_attempt)
            case ast.ImportFrom(module=module, names=aliases, level=level, lineno=line):
                above = package[: len(package) - level + 1] if level else []
                whole = ".".join([*above, *([module] if module else [])])
                yield Import(whole, tuple(alias.name for alias in aliases), line, is_attempt)
            case ast.expr():
                continue
            case _:
                waiting += [(child, is_attempt or tried) for child, tried in _parts(node)]


def _parts(node: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """The parts of a statement that run, and whether it goes on where they fail."""
    match node:
        case ast.If(test=test, orelse=otherwise) if _is_for_type_checkers(test):
            yield from ((child, False) for child in otherwise)
        case ast.If(test=ast.UnaryOp(op=ast.Not(), operand=test), body=body) if (
            _is_for_type_checkers(test)
        ):
            yield from ((child, False) for child in body)
        case ast.Try(body=body, handlers=handlers):
            is_tolerant = any(_is_tolerant(handler.type) for handler in handlers)
            for child in ast.iter_child_nodes(node):
                yield child, is_tolerant and child in body
        case _:
            yield from ((child, False) for child in ast.iter_child_nodes(node))


def _is_for_type_checkers(test: ast.expr) -> bool:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
    return False


def _is_tolerant(caught: ast.expr | None) -> bool:
    match caught:
        case None:
            return True
        case ast.Tuple(elts=kinds):
            return any(_is_tolerant(kind) for kind in kinds if not isinstance(kind, ast.Tuple))
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _TOLERANT
    return False
