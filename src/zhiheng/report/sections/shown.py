"""Which rows and columns of a result's table a section prints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhiheng.core.result import Result


@dataclass(frozen=True, slots=True)
class Shown:
    """A table of a result: what identifies a row, the numbers, and which rows."""

    table: str
    stub: tuple[str, ...]
    columns: tuple[str, ...]
    last: bool = False
    long: bool = False
    where: tuple[str, str] = ("", "")


def rows_of(result: Result, shown: Shown) -> list[int]:
    """The row numbers that a section prints."""
    table = result.tables[shown.table]
    keep = np.ones(len(table), dtype=bool)
    if shown.last:
        keep &= table.columns["period"] == table.columns["period"].max()
    column, value = shown.where
    if column:
        keep &= np.array([str(v) == value for v in table.columns[column]])
    return np.flatnonzero(keep).tolist()
