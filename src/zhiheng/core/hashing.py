"""Fingerprints: what a run stands on, and whether two runs found the same numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.result import Table

SIGNIFICANT_DIGITS = 10
"""Tables of two machines count as equal when they agree after rounding to this many digits."""


def digest(*parts: object) -> str:
    """Hash JSON values, bytes and arrays in the given order; 64 hexadecimal digits."""
    h = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            array: NDArray[Any] = np.atleast_1d(part)
            h.update(f"{array.dtype.str}{array.shape}".encode())
            # no copy of the whole: arrays may be large
            for block in [array] if array.flags.c_contiguous else array:
                h.update(np.ascontiguousarray(block).data.cast("B") if block.size else b"")
        else:
            h.update(_bytes(part))
        h.update(b"\x1f")
    return h.hexdigest()


def table_digest(tables: Mapping[str, Table]) -> str:
    """Hash named tables after rounding to 10 significant digits.

    Use it to compare runs of different machines, where the last bits of a
    float depend on the processor; `digest` compares bytes.
    """
    return digest(
        *(
            [name, list(table.keys), column, _rounded(table.columns[column])]
            for name, table in sorted(tables.items())
            for column in table.columns
        )
    )


def _rounded(values: NDArray[Any]) -> list[object]:
    if values.dtype.kind == "f":
        return [f"{v:.{SIGNIFICANT_DIGITS - 1}e}" for v in (values + 0.0).tolist()]
    return list(values.tolist())


def _bytes(part: object) -> bytes:
    if isinstance(part, bytes):
        return part
    return json.dumps(part, ensure_ascii=False, sort_keys=True, default=str).encode()
