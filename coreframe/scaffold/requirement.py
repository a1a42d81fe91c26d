"""core_range: which versions of the core a new plugin asks for."""

from __future__ import annotations

__all__ = ["core_range"]


def core_range(version: str) -> str:
    """From this version up to the next that may change the contracts: `>=0.1,<0.2`.

    That is the next minor version before 1.0, and the next major one after.
    """
    public = version.partition("+")[0]  # a local label has no place in a range
    major, minor = (int(number) for number in public.split(".")[:2])
    below = f"0.{minor + 1}" if major == 0 else f"{major + 1}"
    return f">={public.removesuffix('.0') if public.count('.') > 1 else public},<{below}"
