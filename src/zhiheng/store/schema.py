"""Observations as Arrow tables and as Parquet bytes: one order of rows, one hash of content.

The rows of a file are always in the same order, so equal observations give equal bytes and
therefore an equal name in every store.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from zhiheng.catalog.regions import labels_of
from zhiheng.core.panel import Frequency
from zhiheng.core.text import Text
from zhiheng.sources.observations import FIELDS, Observations

SCHEMA = pa.schema(
    [
        ("entity", pa.string()),
        ("period", pa.int64()),
        ("series", pa.string()),
        ("value", pa.float64()),
        ("unit", pa.string()),
        ("status", pa.int8()),
        ("source", pa.string()),
        ("vintage", pa.string()),
        ("file", pa.string()),
        ("cell", pa.string()),
    ]
)
"""Columns and types of the observations, in every engine."""

FINDING_SCHEMA = pa.schema(
    [
        ("entity", pa.string()),
        ("period", pa.int64()),
        ("series", pa.string()),
        ("source", pa.string()),
        ("vintage", pa.string()),
        ("status", pa.int8()),
        ("reason_zh", pa.string()),
        ("reason_en", pa.string()),
        ("by", pa.string()),
        ("at", pa.string()),
    ]
)
"""Columns and types of findings: the cell, the status suggested for it, why, by whom and when."""

ORDER = ("series", "entity", "period", "source", "vintage", "file", "cell")
"""Rows of a file are sorted by these."""

KEY = ("entity", "period", "series", "source", "vintage")
"""What names one value: two different values under one key are an error."""

CELL = ("entity", "period", "series", "source")
"""A key without its vintage: what is revised."""


def table_of(observations: Observations) -> Any:
    """The observations as an Arrow table in the order of files."""
    columns = {
        name: pa.array(getattr(observations, name), SCHEMA.field(name).type) for name in FIELDS
    }
    return ordered(pa.table(columns, schema=SCHEMA))


def ordered(table: Any) -> Any:
    """The rows in the order of files."""
    names = [n for n in ORDER if n in table.column_names]
    if "at" in table.column_names:
        names += ["at", "by", "status", "reason_zh"]
    return table.sort_by([(n, "ascending") for n in names])


def parquet_bytes(table: Any, about: Mapping[str, Any]) -> bytes:
    """Parquet with a description in its footer, so that a file explains itself alone."""
    kept = {b"zhiheng": json.dumps(about, ensure_ascii=False, sort_keys=True).encode()}
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(kept), buffer, compression="zstd")
    return buffer.getvalue()


def about_of(raw: bytes) -> dict[str, Any]:
    """The description in the footer of a stored file; empty where there is none."""
    kept = pq.read_metadata(io.BytesIO(raw)).metadata or {}
    return json.loads(kept.get(b"zhiheng", b"{}"))


def content_hash(table: Any) -> str:
    """Hash of the rows in the order of files, whatever engine they came from.

    Bytes of Parquet differ between versions of the writer; this hash does not, so it
    proves a table in PostgreSQL as well as a file.
    """
    h = hashlib.sha256()
    rows = ordered(table).combine_chunks()
    for name in rows.column_names:
        h.update(f"{name}\x1f{len(rows)}\x1f".encode())
        for part in _buffers(rows[name]):
            h.update(part)
    return h.hexdigest()


def _buffers(column: Any) -> list[bytes]:
    array = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    if not pa.types.is_string(array.type):
        return [np.ascontiguousarray(array.to_numpy(zero_copy_only=False)).tobytes()]
    words = array.to_pylist()
    encoded = [w.encode() for w in words]
    return [np.array([len(w) for w in encoded], dtype=np.int64).tobytes(), b"".join(encoded)]


def conform(table: Any, schema: Any = SCHEMA) -> Any:
    """The columns of an engine's answer with our names, order and types."""
    return table.select(schema.names).cast(schema)


def observations_of(
    table: Any,
    *,
    frequency: Frequency = "A",
    level: str | None = None,
    labels: Mapping[str, Text] | None = None,
    notes: tuple[Text, ...] = (),
) -> Observations:
    """An Arrow table as observations; names of regions come from the catalog.

    Parameters
    ----------
    table : pyarrow.Table
        With the columns of `SCHEMA`.
    level : str, optional
        By default what the catalog says of the entities.
    labels : mapping of entity to Text, optional
        Names that the catalog does not have.
    """
    columns: dict[str, Any] = {}
    for name in FIELDS:
        column = table[name]
        if pa.types.is_string(column.type):
            columns[name] = column.to_numpy()  # shares one object for each repeated word
            columns[name] = np.asarray(columns[name], dtype=object)
        else:
            columns[name] = column.to_numpy().copy()
    entities = table["entity"].unique().to_pylist()
    known, names = labels_of(entities)
    names |= {k: v for k, v in (labels or {}).items() if k in set(entities)}
    return Observations(
        **columns,
        level=known if level is None else level,
        labels=names,
        notes=notes,
        frequency=frequency,
    )


def own_labels(observations: Observations) -> dict[str, dict[str, str]]:
    """The names that the catalog does not give, as they are kept in a file."""
    _, known = labels_of(observations.labels)
    return {
        code: {"zh": text.zh, "en": text.en}
        for code, text in observations.labels.items()
        if known.get(code) != text
    }
