"""malformation: what is wrong with a component's name or target, before any import."""

from __future__ import annotations

import re
from keyword import iskeyword

__all__ = ["malformation"]

_FORMS = {"command": "module:function", "hooks": "module"}


def malformation(kind: str, name: str, target: str) -> str:
    """What is wrong with a line of entry points; empty if it can be used."""
    module, colon, attribute = (part.strip() for part in target.partition(":"))
    names = [*module.split("."), *(attribute.split(".") if colon else [])]
    if not (colon or kind == "hooks") or not all(part.isidentifier() for part in names):
        form = _FORMS.get(kind, "module:Class")
        return f"its entry point {target!r} is not of the form {form}"
    if kind == "command":
        # A dot would end a distribution's name, and a dash in front would make an option.
        typed = re.fullmatch(r"\w[\w-]*", name)
        return "" if typed else f"its name {name!r} cannot be typed as a command"
    if kind != "hooks" and (not name.isidentifier() or iskeyword(name)):
        return f"its name {name!r} cannot stand in a spec"
    return ""
