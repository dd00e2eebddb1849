"""Which rows and columns of a result's table a section prints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhiheng.core.result import Result


@dataclass(frozen=True, slots=True)
class Shown:
    """A table of a result: what identifies a row, the numbers, and which rows.

    `last` keeps the last period, `where` the rows with a value in a column, `most` the first
    so many (the workbook holds all). Columns in `large` are printed in 亿 or in millions of the
    table's unit.
    """

    table: str
    stub: tuple[str, ...]
    columns: tuple[str, ...]
    last: bool = False
    long: bool = False
    where: tuple[str, str] = ("", "")
    most: int = 0
    large: tuple[str, ...] = ()

    def present(self, result: Result) -> tuple[str, ...]:
        """The columns that the table has; one that came of an option may be absent."""
        held = result.tables[self.table].columns
        return tuple(c for c in self.columns if c in held)


def rows_of(result: Result, shown: Shown) -> list[int]:
    """The row numbers that a section prints."""
    table = result.tables[shown.table]
    keep = np.ones(len(table), dtype=bool)
    if shown.last:
        keep &= table.columns["period"] == table.columns["period"].max()
    column, value = shown.where
    if column:
        keep &= np.array([str(v) == value for v in table.columns[column]], dtype=bool)
    rows = np.flatnonzero(keep).tolist()
    return rows[: shown.most] if shown.most else rows
