"""The places where a policy is written: the environment, the project, the user's own file."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coreframe.errors import PolicyError
from coreframe.registry.policy import Policy, Rule

__all__ = ["DISABLE", "NO_PLUGINS", "ONLY", "PREFER", "read_policy", "user_file"]

# The options of the command line are handed on this way, so that workers see them too.
DISABLE = "COREFRAME_DISABLE"
ONLY = "COREFRAME_ONLY"
PREFER = "COREFRAME_PREFER"
NO_PLUGINS = "COREFRAME_NO_PLUGINS"

CONFIG = "COREFRAME_CONFIG"

KEYS = ("disable", "only", "prefer")


def read_policy() -> Policy:
    """The policy in force in the current folder.

    What any place disables is disabled, and every list of `only` has to admit a plugin. Of
    preferences those of the environment come first, then the project's, then the user's.

    Raises:
        PolicyError: for a file that cannot be read or says something else than a policy.
    """
    if os.environ.get(NO_PLUGINS, "").lower() not in ("", "0", "false", "no"):
        return Policy(core_only=f"--no-plugins (or {NO_PLUGINS})")
    given = list(_environment())
    for where, table in _tables():
        given += _rules(table, where)
    return Policy(
        disable=tuple(rule for key, rules in given if key == "disable" for rule in rules),
        only=tuple(rules for key, rules in given if key == "only"),
        prefer=tuple(rule for key, rules in given if key == "prefer" for rule in rules),
    )


def user_file() -> Path | None:
    """The user's own file: what COREFRAME_CONFIG names, or `~/.config/coreframe/config.toml`.

    None for a user without a home.

    Raises:
        PolicyError: if the variable names no file: what it was to keep out would come in.
    """
    if named := os.environ.get(CONFIG):
        if not Path(named).exists():
            raise PolicyError(f"there is no file {named}, which {CONFIG} names")
        return Path(named)
    folder = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA")
    try:
        return Path(folder or Path.home() / ".config") / "coreframe" / "config.toml"
    except RuntimeError:
        return None


def _environment() -> Iterator[tuple[str, tuple[Rule, ...]]]:
    for key, variable in zip(KEYS, (DISABLE, ONLY, PREFER), strict=True):
        origin = f"--{key} (or {variable})"
        for given in os.environ.get(variable, "").split(";"):  # several lists: each `only` counts
            patterns = [part.strip() for part in given.split(",")]
            rules = tuple(Rule(pattern, origin) for pattern in patterns if pattern)
            if rules:
                yield key, rules


def _tables() -> Iterator[tuple[str, object]]:
    """Each policy in a file: the project's, which is the nearest one, and then the user's."""
    try:
        here = Path.cwd()
    except OSError:  # a folder that was removed has no project
        here = Path()
    for folder in (here, *here.parents):
        tools = _read(folder / "pyproject.toml").get("tool")
        if isinstance(tools, dict) and "coreframe" in tools:
            yield f"[tool.coreframe] of {folder / 'pyproject.toml'}", tools["coreframe"]
            break
    own = user_file()
    if own is not None:
        yield str(own), _read(own)


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"{path}, which may hold a policy for plugins, {_cause(error)}"
        ) from error
    if path.name == "pyproject.toml" and "coreframe" not in text:
        return {}  # whatever else it is, it is none of ours
    import tomllib  # noqa: PLC0415  # most folders have no such file

    try:
        return tomllib.loads(text)
    except (RecursionError, ValueError) as error:  # also of numbers and nesting without measure
        raise PolicyError(
            f"{path}, which may hold a policy for plugins, {_cause(error)}"
        ) from error


def _cause(error: Exception) -> str:
    return f"cannot be read: {error}; mend it, or run with --no-plugins"


def _rules(table: object, where: str) -> Iterator[tuple[str, tuple[Rule, ...]]]:
    if not isinstance(table, Mapping):
        raise PolicyError(f"{where} must be a table, with {', '.join(KEYS)}")
    for key, patterns in table.items():
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(KEYS)}"
            raise PolicyError(f"{where} has no setting {key!r}; {hint}")
        if not isinstance(patterns, list) or not all(
            isinstance(pattern, str) and pattern.strip() for pattern in patterns
        ):
            raise PolicyError(
                f"{key} in {where} must be a list of names, such as "
                f'["coreframe-linear", "Linear"], got {patterns!r}'
            )
        yield key, tuple(Rule(pattern.strip(), where) for pattern in patterns)
