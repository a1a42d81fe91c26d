"""csv_types: what a CSV file's columns hold, found without loading it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

__all__ = ["csv_types"]

BITS = "bits"  # integers that are all 0 or 1, which are booleans where others are true or false


def csv_types(batches: Any, names: Sequence[str]) -> dict[str, Any]:
    """The type of pyarrow that reading the whole file at once would find for each column.

    pyarrow streams a file by the types of its first megabyte. So each part is written again and
    read alone, and what is found in the parts is joined.

    Args:
        batches: of pyarrow, with the columns as bytes.
        names: of the columns.
    """
    import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415  # late: it takes long

    found: dict[str, Any] = dict.fromkeys(names, pa.null())
    for batch in batches:
        for name, kind in _types_in(batch).items():
            found[name] = _joined(found[name], kind)
    return {name: pa.int64() if kind == BITS else kind for name, kind in found.items()}


def _types_in(batch: Any) -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import compute  # noqa: PLC0415
    from pyarrow import csv as arrow_csv  # noqa: PLC0415

    if not batch.num_rows:
        return {}
    types: dict[str, Any] = {}
    texts: dict[str, Any] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            texts[name] = column.cast(pa.string())
        except pa.ArrowInvalid:  # no UTF-8
            types[name] = pa.binary()
    if not texts:
        return types
    text = io.BytesIO()
    arrow_csv.write_csv(pa.table(texts), text)
    table = arrow_csv.read_csv(
        io.BytesIO(text.getvalue()),
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=2 * len(text.getvalue())),
        parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(strings_can_be_null=True),
    )
    types |= zip(table.schema.names, table.schema.types, strict=True)
    bits = pa.array(["0", "1"])
    for name, kind in list(types.items()):
        if pa.types.is_integer(kind):
            written = texts[name].drop_null()
            if compute.all(compute.is_in(written, value_set=bits)).as_py():
                types[name] = BITS
    return types


def _joined(one: Any, other: Any) -> Any:
    """The type that holds the values of both."""
    import pyarrow as pa  # noqa: PLC0415

    if one == other or other == pa.null():
        return one
    if one == pa.null():
        return other
    both = (one, other)
    if pa.binary() in both:
        return pa.binary()
    for general, special in (
        (pa.float64(), (pa.int64(), BITS)),
        (pa.int64(), (BITS,)),
        (pa.bool_(), (BITS,)),
        (pa.timestamp("ns"), (pa.timestamp("s"), pa.date32())),
        (pa.timestamp("s"), (pa.date32(),)),
    ):
        if general in both and all(kind == general or kind in special for kind in both):
            return general
    return pa.string()
