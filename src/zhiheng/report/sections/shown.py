"""Which rows and columns of a result's table a section prints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zhiheng.core.result import Result


@dataclass(frozen=True, slots=True)
class Shown:
    """A table of a result: what identifies a row, the numbers, and which rows.

    Attributes
    ----------
    table, stub, columns
        Its name, the columns that identify a row, and the numbers.
    last, where, periods, only, most
        Rows that are kept: of the last period, with a value in a column, of some years, of one
        entity, the first so many. The workbook holds all of them.
    sort
        The column by which rows fall.
    alone, parts
        Shown for a study of one entity only; only where this column holds several words.
    large, plain, formats
        Columns in 亿 or in millions of the table's unit, as whole numbers, in formats of their own.
    unit
        That of the large columns where rows have units of their own.
    long
        Whether it may run over pages.
    """

    table: str
    stub: tuple[str, ...]
    columns: tuple[str, ...]
    last: bool = False
    long: bool = False
    where: tuple[str, str] = ("", "")
    most: int = 0
    large: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    sort: str = ""
    parts: str = ""
    alone: bool = False
    periods: tuple[int, ...] = ()
    only: str = ""
    unit: str = ""
    formats: tuple[tuple[str, str], ...] = ()

    def present(self, result: Result) -> tuple[str, ...]:
        """The columns that the table has; one that came of an option may be absent."""
        held = result.tables[self.table].columns
        return tuple(c for c in self.columns if c in held)

    def heads(self, result: Result) -> tuple[str, ...]:
        """The same of what identifies a row: codes, or words in both languages."""
        held = result.tables[self.table].columns
        known = {n.removesuffix("_zh") for n in held} | {f"{n}_title" for n in held} | {*held}
        return tuple(c for c in self.stub if c in known)


def rows_of(result: Result, shown: Shown) -> list[int]:
    """The row numbers that a section prints."""
    table = result.tables[shown.table]
    keep = np.ones(len(table), dtype=bool)
    if shown.last:
        keep &= table.columns["period"] == table.columns["period"].max()
    column, value = shown.where
    if column:
        keep &= np.array([str(v) == value for v in table.columns[column]], dtype=bool)
    if shown.only and "entity" in table.columns:
        keep &= table.columns["entity"] == shown.only
    if shown.periods:
        keep &= np.isin(table.columns["period"], shown.periods)
    rows = np.flatnonzero(keep)
    if shown.sort:
        rows = rows[np.argsort(-table.columns[shown.sort][rows], kind="stable")]
    return rows[: shown.most or None].tolist()
