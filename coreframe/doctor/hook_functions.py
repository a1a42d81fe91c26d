"""Hook functions: whether those of hooks modules are hooks, and are marked as such."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Sequence

from coreframe.doctor.catalogue import make_finding
from coreframe.doctor.finding import Finding
from coreframe.doctor.installation import Installation
from coreframe.doctor.marks import Marks, read_marks
from coreframe.doctor.module_finder import ModuleFinder
from coreframe.doctor.subject import author, subject_of
from coreframe.registry import hookspecs

__all__ = ["HOOKS", "examine_hook_functions"]

HOOKS = [
    name
    for spec in vars(hookspecs).values()
    if isinstance(spec, type)
    for name in vars(spec)
    if name.startswith(f"{hookspecs.PROJECT}_")
]
"""Every hook there is."""


def examine_hook_functions(installation: Installation, finder: ModuleFinder) -> Iterator[Finding]:
    """Functions of hooks modules that are no hooks, or would never be called as such."""
    for record in installation.usable:
        if record.kind != "hooks":
            continue
        module, _, attribute = (part.strip() for part in record.target.partition(":"))
        source = finder.source(module)
        if source is None or source.tree is None:
            continue
        marks = read_marks(source.tree)
        body = _body(source.tree, attribute)
        for function in body:
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for fault in _faults(function, marks, body):
                    yield make_finding(
                        "CF008",
                        subject_of(record),
                        f"{source.path}:{function.lineno}: {fault}, or {author(record)}",
                    )


def _body(tree: ast.Module, attribute: str) -> Sequence[ast.stmt]:
    """The statements that define the plugin: of the module, or of a class in it."""
    if not attribute:
        return tree.body
    classes = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == attribute]
    return classes[0].body if len(classes) == 1 else []


def _faults(
    function: ast.FunctionDef | ast.AsyncFunctionDef, marks: Marks, body: Sequence[ast.stmt]
) -> Iterator[str]:
    name = function.name
    ours = [mark for mark in function.decorator_list if marks.has(mark)]
    if ours:
        hook = marks.hook(ours[0], name)
        if hook is not None and hook not in HOOKS:
            yield f"there is no hook {hook}; {_hint(hook)} Correct it"
    elif name.startswith(f"{hookspecs.PROJECT}_") and not function.decorator_list:
        # Another statement may mark it, or put something else in its place.
        others = {n.id for s in body for n in ast.walk(s) if isinstance(n, ast.Name)}
        if name in others:
            return
        if name in HOOKS:
            yield f"{name} would never be called; mark it with @coreframe.hookimpl"
        else:
            yield f"there is no hook {name}; {_hint(name)} Correct or rename it"


def _hint(hook: str) -> str:
    near = difflib.get_close_matches(hook, HOOKS, n=1, cutoff=0.5)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(HOOKS)}."
