"""NewPlugin: what a new plugin is called, everywhere."""

from __future__ import annotations

import builtins
import re
import sys
from dataclasses import dataclass
from keyword import iskeyword

from coreframe.errors import ArgumentError
from coreframe.registry.kinds import COMMAND_GROUP, KINDS
from coreframe.registry.record import normalize
from coreframe.scaffold.template import imported_names

__all__ = ["GROUPS", "NewPlugin", "name_plugin"]

GROUPS = {kind.name: kind.group for kind in KINDS.values()} | {"command": COMMAND_GROUP}
"""The entry-point group of whatever a new plugin can offer, by kind."""

BUILT_IN = frozenset(dir(builtins))

BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])|_+")


@dataclass(frozen=True)
class NewPlugin:
    """The names of a new plugin.

    Attributes:
        kind: of its component; `command` for a command.
        name: what it offers: `LogCosh`.
        distribution: what pip installs, and the folder: `coreframe-log-cosh`.
        module: what Python imports: `coreframe_log_cosh`.
        stem: the file of the component in it, without `.py`: `log_cosh`.
        attribute: the class or the function.
    """

    kind: str
    name: str
    distribution: str
    module: str
    stem: str
    attribute: str

    @property
    def group(self) -> str:
        """The entry-point group."""
        return GROUPS[self.kind]


def name_plugin(kind: str, name: str, package: str | None = None) -> NewPlugin:
    """The names of a plugin that offers `name`, in a distribution `package` if that is given.

    Raises:
        ArgumentError: for a kind that does not exist, or a name that cannot be one.
    """
    if kind not in GROUPS:
        raise ArgumentError(f"there is no kind {kind!r}; the kinds are {', '.join(GROUPS)}")
    if kind == "command":
        _expect_command_name(name)
        stem, attribute = "command", _function_name(name)
        words = re.sub("[-_]+", "-", name)
    else:
        _expect_class_name(name, kind)
        words = BOUNDARY.sub("-", name).strip("-").lower()
        stem, attribute = words.replace("-", "_"), name
        if iskeyword(stem):  # Lambda, whose file could not be imported
            stem = f"{stem}_{kind}"
    distribution = f"coreframe-{words}" if package is None else package
    return NewPlugin(kind, name, distribution, _module_name(distribution), stem, attribute)


def _expect_class_name(name: str, kind: str) -> None:
    if not re.fullmatch(r"[A-Z][A-Za-z0-9_]*", name) or iskeyword(name):
        raise ArgumentError(
            f"{name!r} cannot be the name of a {kind}: it must be that of a class, such as LogCosh"
        )
    if name in imported_names(kind) | BUILT_IN:
        raise ArgumentError(
            f"{name!r} cannot be the name of a {kind}: its own file needs that name already"
        )


def _expect_command_name(name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", name):
        raise ArgumentError(
            f"{name!r} cannot be the name of a command: it must be of small letters, digits and "
            "dashes, such as greet-all"
        )


def _function_name(command: str) -> str:
    function = command.replace("-", "_")
    taken = iskeyword(function) or function in imported_names("command") | BUILT_IN
    return f"{function}_command" if taken else function


def _module_name(distribution: str) -> str:
    module = normalize(distribution)
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", distribution):
        raise ArgumentError(
            f"{distribution!r} cannot be the name of a package: it must be of letters and digits, "
            "with - . or _ between them"
        )
    if not module.isidentifier() or iskeyword(module):
        raise ArgumentError(
            f"{distribution!r} cannot be the name of this package: Python cannot import {module}"
        )
    if module in {"coreframe", "pytest", "torch", "typer", *sys.stdlib_module_names}:
        raise ArgumentError(
            f"{distribution!r} cannot be the name of this package: it would hide the module "
            f"{module} that exists"
        )
    return module
