"""Public names: what of the core plugins may import, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from coreframe.doctor.module_finder import ModuleFinder

__all__ = ["read_public_names"]

PUBLIC_MODULES = ("coreframe", "coreframe.testing")


def read_public_names(finder: ModuleFinder) -> Mapping[str, frozenset[str]]:
    """The `__all__` of each public module; empty where it cannot be read."""
    public: dict[str, frozenset[str]] = {}
    for module in PUBLIC_MODULES:
        source = finder.source(module)
        for node in source.tree.body if source and source.tree else ():
            match node:
                case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List(elts=elements)):
                    names = (e.value for e in elements if isinstance(e, ast.Constant))
                    public[module] = frozenset(str(name) for name in names)
    return public if len(public) == len(PUBLIC_MODULES) else {}
