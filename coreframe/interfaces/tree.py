"""Walking a tree of modules: which are there, what they hold, and at which path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from coreframe.interfaces.module import Module

__all__ = ["attributes_of", "join_path", "walk_attributes", "walk_modules"]

_Held = TypeVar("_Held")

PLAIN = frozenset({bool, int, float, str, type(None)})


def join_path(path: str, name: str) -> str:
    """`body` and `0` give `body.0`; the empty path is the whole model."""
    return f"{path}.{name}" if path and name else path or name


def attributes_of(module: Module, kind: type[_Held]) -> Iterator[tuple[str, _Held]]:
    """The attributes of one module that are of this kind, also in lists and dicts, by name."""
    for name, value in vars(module).items():
        if type(value) not in PLAIN:  # asking what a number is an instance of takes longest here
            yield from _held_in(name, value, kind)


def _held_in(name: str, value: object, kind: type[_Held]) -> Iterator[tuple[str, _Held]]:
    if isinstance(value, kind):
        yield name, value
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _held_in(f"{name}.{index}", item, kind)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _held_in(f"{name}.{key}", item, kind)


def walk_modules(root: Module) -> Iterator[tuple[str, Module]]:
    """`root` and all modules inside it, parents first; a shared one once, at its first path."""
    seen: set[int] = set()

    def walk(path: str, module: Module) -> Iterator[tuple[str, Module]]:
        if id(module) in seen:
            return
        seen.add(id(module))
        yield path, module
        for name, child in module.children().items():
            yield from walk(join_path(path, name), child)

    return walk("", root)


def walk_attributes(root: Module, kind: type[_Held]) -> Iterator[tuple[str, _Held]]:
    """All attributes of this kind in the tree, with their paths; a shared one once."""
    seen: set[int] = set()
    for path, module in walk_modules(root):
        for name, held in attributes_of(module, kind):
            if id(held) not in seen:
                seen.add(id(held))
                yield join_path(path, name), held
