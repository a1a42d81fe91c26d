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
    yield from _imports(tree, parts if is_package else parts[:-1], is_attempt=False)


def _imports(node: ast.AST, package: list[str], *, is_attempt: bool) -> Iterator[Import]:
    match node:
        case ast.Import(names=aliases, lineno=line):
            for alias in aliases:
                yield Import(alias.name, (), line, is_attempt)
        case ast.ImportFrom(module=module, names=aliases, level=level, lineno=line):
            above = package[: len(package) - level + 1] if level else []
            whole = ".".join([*above, *([module] if module else [])])
            yield Import(whole, tuple(alias.name for alias in aliases), line, is_attempt)
        case ast.If(test=test, orelse=otherwise) if _is_for_type_checkers(test):
            for statement in otherwise:
                yield from _imports(statement, package, is_attempt=is_attempt)
        case ast.Try(body=body, handlers=handlers):
            tolerant = is_attempt or any(_is_tolerant(handler.type) for handler in handlers)
            for child in ast.iter_child_nodes(node):
                inner = tolerant if child in body else is_attempt
                yield from _imports(child, package, is_attempt=inner)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _imports(child, package, is_attempt=is_attempt)


def _is_for_type_checkers(test: ast.expr) -> bool:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
    return False


def _is_tolerant(caught: ast.expr | None) -> bool:
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(kind is None or ast.unparse(kind) in _TOLERANT for kind in kinds)
