"""arrow_column: a column of Arrow, as numbers or as categories."""

from __future__ import annotations

from typing import Any

import numpy as np

from coreframe_datasets.column import Column
from coreframe_datasets.table_source import TableSource

__all__ = ["arrow_column"]

TEXT = ("string", "large_string", "string_view")


def arrow_column(source: TableSource, name: str, values: Any, *, text: bool) -> Column:
    """A column from a chunked array of pyarrow.

    Raises:
        ArgumentError: for a type that is neither a number, a boolean nor text.
    """
    import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415  # late: it takes long
    from pyarrow import compute  # noqa: PLC0415

    kind = values.type
    if pa.types.is_dictionary(kind):
        values, kind = values.cast(kind.value_type), kind.value_type
    whole = pa.types.is_integer(kind)
    if str(kind) in TEXT or (text and (whole or pa.types.is_boolean(kind))):
        coded = compute.dictionary_encode(values.cast(pa.string())).combine_chunks()
        codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
        return Column.of_codes(name, codes, coded.dictionary.to_pylist())
    if pa.types.is_null(kind):
        return Column(name, "real", np.full(len(values), np.nan))
    real = pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if not (whole or real or pa.types.is_boolean(kind)):
        holds = "bytes that are no UTF-8 text" if pa.types.is_binary(kind) else str(kind)
        raise source.fault(
            f"has {holds} in column {name!r}; Table takes numbers, booleans and text: "
            "name the features without it"
        )
    numbers = compute.cast(values, pa.float64(), safe=False).to_numpy()
    numbers = numbers.copy()  # one that torch may write to
    return Column(name, "integer" if whole else "real" if real else "boolean", numbers)
