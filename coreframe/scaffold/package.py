"""fill_package: all files of a new plugin, as text."""

from __future__ import annotations

from coreframe.scaffold.plugin import NewPlugin
from coreframe.scaffold.requirement import core_range
from coreframe.scaffold.template import SOURCE, read_template
from coreframe.version import CHECK_SET, __version__

__all__ = ["fill_package"]


def fill_package(plugin: NewPlugin) -> dict[str, str]:
    """The text of each file, by its path in the new folder."""
    source = f"src/{plugin.module}"
    layout = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        ".github/workflows/ci.yml": "ci.yml",
        f"{source}/__init__.py": "package.py",
        f"{source}/{plugin.stem}.py": SOURCE,
        f"{source}/py.typed": "py.typed",
        f"tests/test_{plugin.stem}.py": "test.py",
    }
    names = _names(plugin)
    return {
        path: read_template(plugin.kind, template).substitute(names)
        for path, template in layout.items()
    }


def _names(plugin: NewPlugin) -> dict[str, str]:
    is_command = plugin.kind == "command"
    names = {
        "kind": plugin.kind,
        "name": plugin.name,
        "distribution": plugin.distribution,
        "module": plugin.module,
        "stem": plugin.stem,
        "attribute": plugin.attribute,
        "group": plugin.group,
        "core": core_range(__version__),
        "library": "typer" if is_command else "torch",
        "check_set": str(CHECK_SET),
        "trial": f"coreframe {plugin.name}" if is_command else f"coreframe check {plugin.name}",
    }
    for fragment in ("summary", "use"):
        text = read_template(plugin.kind, fragment).substitute(names)
        names[fragment] = text.rstrip("\n")
    return names
