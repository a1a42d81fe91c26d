"""Options that several commands take."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from coreframe.registry.kinds import KINDS

__all__ = ["JsonOption", "KindOption"]


def _expect_kind(kind: str | None) -> str | None:
    if kind is not None and kind not in KINDS:
        raise typer.BadParameter(f"{kind!r} is not one of {', '.join(KINDS)}.")
    return kind


JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]

KindOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--kind",
        metavar="KIND",
        help=f"Only components of this kind: {', '.join(KINDS)}.",
        callback=_expect_kind,
    ),
]
