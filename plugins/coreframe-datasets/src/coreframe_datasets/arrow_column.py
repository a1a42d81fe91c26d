"""arrow_column: a column of Arrow, as numbers or as categories."""

from __future__ import annotations

from typing import Any

import numpy as np

from coreframe_datasets.column import Column
from coreframe_datasets.table_source import TableSource

__all__ = ["arrow_column"]


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
    if _is_text(kind) or (text and (whole or pa.types.is_boolean(kind))):
        coded = compute.dictionary_encode(values.cast(pa.string())).combine_chunks()
        if isinstance(coded, pa.ChunkedArray):  # older ones keep chunks, of one dictionary
            coded = coded.unify_dictionaries()
            codes = [_codes(chunk) for chunk in coded.chunks]
            labels = coded.chunk(0).dictionary.to_pylist() if coded.num_chunks else []
            return Column.of_codes(name, np.concatenate([*codes, np.array([], int)]), labels)
        return Column.of_codes(name, _codes(coded), coded.dictionary.to_pylist())
    if pa.types.is_null(kind):
        return Column(name, "real", np.full(len(values), np.nan))
    real = pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if not (whole or real or pa.types.is_boolean(kind)):
        holds = "bytes that are no UTF-8 text" if pa.types.is_binary(kind) else str(kind)
        raise source.fault(
            f"has {holds} in column {name!r}; Table takes numbers, booleans and text: "
            "name the features without it"
        )
    numbers = (
        compute.cast(values, pa.float64(), safe=False).to_numpy().copy()
    )  # its own, to write to
    return Column(name, "integer" if whole else "real" if real else "boolean", numbers)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa  # noqa: PLC0415

    view = getattr(pa.types, "is_string_view", lambda _: False)  # since pyarrow 16
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or view(kind))


def _codes(coded: Any) -> Any:
    return coded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
