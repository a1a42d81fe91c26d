"""Template: a file of a new plugin, with `$names` where they differ."""

from __future__ import annotations

import ast
from importlib.resources import files
from string import Template

__all__ = ["SOURCE", "imported_names", "read_template"]

SOURCE = "component.py"
"""The template that holds the component, or the command."""


def read_template(kind: str, name: str) -> Template:
    """The template of this kind, or else the one that serves any kind.

    They are text files, so that no tool takes them for the core's own code.
    """
    folder = files("coreframe.scaffold") / "templates"
    own = folder / kind / f"{name}.txt"
    found = own if own.is_file() else folder / "any" / f"{name}.txt"
    return Template(found.read_text(encoding="utf-8"))


def imported_names(kind: str) -> frozenset[str]:
    """The names that the source of this kind imports, which its component must not have."""
    source = read_template(kind, SOURCE).substitute(name="own", attribute="own")
    return frozenset(
        alias.asname or alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    )
