"""Suggestions: what a name that nobody offers is told."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from coreframe.registry.record import ComponentRecord

__all__ = ["article", "suggest"]

BASE_PLUGINS = "or the base plugins: pip install 'coreframe[standard]'"


def suggest(
    known: Sequence[ComponentRecord],
    what: str,
    name: str,
    distribution: str | None,
    faults: Sequence[str] = (),
) -> str:
    """A sentence on an unknown name, with the nearest names and what may have hidden it.

    Args:
        known: the records among which it was looked for.
        what: the kind, `component` or `command`.
        name: the name.
        distribution: the distribution it was looked for in, if any.
        faults: what is wrong with sources of components.
    """
    names = sorted({record.name for record in known})
    whole = f"{distribution}.{name}" if distribution else name
    clauses = [f"no installed plugin offers {article(what)} named {whole}"]
    by_lower = {known_name.lower(): known_name for known_name in names}
    near = difflib.get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)
    if distribution and name in names:
        sources = [record.qualified for record in known if record.name == name]
        return f"{clauses[0]}; there is {' and '.join(sources)}"
    broken = sorted({f"{r.source} ({r.status})" for r in known if not r.is_usable})
    if broken:
        clauses.append(
            f"broken plugins that might offer it: {', '.join(broken)}, "
            "see coreframe list-components"
        )
    clauses += faults
    if near:
        return "; ".join(
            [*clauses, f"did you mean {' or '.join(by_lower[match] for match in near)}?"]
        )
    clauses.append(f"known: {', '.join(names)}" if names else f"no {what} is installed")
    clauses.append(f"install the plugin that offers it, {BASE_PLUGINS}")
    return "; ".join(clauses)


def article(noun: str) -> str:
    """`a module`, `an optimizer`."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
