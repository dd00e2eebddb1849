"""A sheet as it stands in a file: cells with their addresses, merged ranges, percent cells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.grid import column_letters

Cell = str | float | int | bool | dt.date | dt.datetime | None
Range = tuple[int, int, int, int]
"""First row, first column, last row, last column; all counted from 0, ends included."""

MOST_BYTES = 64 * 2**20
MOST_UNZIPPED = 256 * 2**20
MOST_CELLS = {"csv": 20_000_000, "xlsx": 1_000_000, "xls": 4_000_000, "html": 1_000_000}
MOST_COLUMNS = 16_384
"""Columns of a sheet of a spreadsheet; a file with more is no table for people."""
MOST_MERGED = 100_000


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a file.

    Attributes
    ----------
    name : str
    rows : sequence of rows of cells
        Text as written (never stripped), numbers, dates, and None where nothing stands.
    merged : tuple of Range
        Merged ranges; the value stands in the first cell only.
    percent : frozenset of (row, column)
        Number cells that the file shows as percentages.
    plain : bool
        Text files have one nameless sheet: their addresses carry no sheet name.
    """

    name: str
    rows: Sequence[Sequence[Cell]]
    merged: tuple[Range, ...] = ()
    percent: frozenset[tuple[int, int]] = field(default_factory=frozenset[tuple[int, int]])
    plain: bool = False

    def address(self, row: int, column: int) -> str:
        """``Sheet1!B7``, or ``B7`` in a text file; both counted from 0."""
        cell = f"{column_letters(column)}{row + 1}"
        return cell if self.plain else f"{self.name}!{cell}"


def too_much(
    what: Text, fix: Text, found: int, most: int, *, where: str, cell: str = ""
) -> ZhihengError:
    """S520: a file is larger than a limit."""
    row: Row = {"cell" if cell else "file": cell or where, "found": found, "most": most}
    return ZhihengError("S520", what, evidence=[row], fix=fix)


def refuse_size(raw: bytes, name: str) -> None:
    """Refuse a file of more than `MOST_BYTES`; raises S520."""
    if len(raw) > MOST_BYTES:
        raise too_much(
            Text("文件 {f} 太大。", "The file {f} is too large.").format(f=name),
            Text("拆成几个文件，或只留需要的表。", "Split it, or keep the sheets needed."),
            len(raw), MOST_BYTES, where=name,
        )  # fmt: skip


def refuse_cells(found: int, name: str, kind: str, sheet: str = "") -> None:
    """Refuse a sheet of too many cells; raises S520."""
    if found > MOST_CELLS[kind]:
        raise too_much(
            Text("{f} 的单元格太多。", "{f} has too many cells.").format(f=sheet or name),
            Text(
                "删去空白区域里的格式和不用的表，或另存为 CSV。",
                "Clear formats from empty areas and unused sheets, or save as CSV.",
            ),
            found, MOST_CELLS[kind], where=name, cell=f"{sheet}!A1" if sheet else "",
        )  # fmt: skip


def refuse_columns(found: int, name: str, address: str) -> None:
    """Refuse more than `MOST_COLUMNS` columns; raises S520."""
    if found > MOST_COLUMNS:
        raise too_much(
            Text("{f} 有 {n} 列。", "{f} has {n} columns.").format(f=name, n=found),
            Text(
                "把表转置，或检查分隔符；一列一个指标或年份。",
                "Transpose the table or check the delimiter: one series or year a column.",
            ),
            found, MOST_COLUMNS, where=name, cell=address,
        )  # fmt: skip


def unreadable(name: str, detail: str, *, cell: str = "") -> ZhihengError:
    """S521: the file is damaged or not what its name says."""
    row: Row = {"cell": cell or f"{name}!A1", "error": detail[:200]}
    return ZhihengError(
        "S521",
        Text(
            "文件 {f} 打不开：已损坏，或不是表格。", "The file {f} is damaged or no sheet."
        ).format(f=name),
        evidence=[row],
        fix=Text(
            "用表格软件打开后另存为 xlsx 或 UTF-8 的 CSV；下载不完整的重新下载。",
            "Open it in a spreadsheet program and save as xlsx or as CSV in UTF-8; "
            "download an incomplete file again.",
        ),
    )
