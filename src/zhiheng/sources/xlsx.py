"""Excel workbooks (xlsx): values through openpyxl, after a look at the raw parts.

The look comes first because a reader of cells trusts what the file says of itself: a zip
of zeros, one cell in the last corner of a sheet, or formulas that were never calculated.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl
from openpyxl.utils.cell import range_boundaries

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.sheet import (
    MOST_MERGED,
    MOST_UNZIPPED,
    Cell,
    Range,
    Sheet,
    refuse_cells,
    refuse_columns,
    too_much,
    unreadable,
)

_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s>/])([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_REF = re.compile(rb'\br="([A-Z]{1,7})(\d{1,9})"')
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)>[^<]|<(?:\w+:)?is>")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]+\d+:[A-Z]+\d+)"')
_PERCENT = re.compile(r"^[^\";\[]*0%")


@dataclass(frozen=True, slots=True)
class _Look:
    """What the raw part of a sheet shows: how far it reaches, what is merged, what is not known."""

    rows: int
    columns: int
    merged: tuple[Range, ...]
    uncalculated: tuple[str, ...]


def xlsx(raw: bytes, name: str) -> tuple[Sheet, ...]:
    """The sheets of a workbook.

    Raises
    ------
    ZhihengError
        S520 too large once unzipped, too many cells or columns; S521 damaged; S522 a
        formula without a calculated value; S523 locked with a password.
    """
    _refuse_bomb(raw, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(
                io.BytesIO(raw), read_only=True, data_only=True, keep_links=False
            )
            return tuple(_sheet(book, sheet, name) for sheet in book.worksheets)
        except ZhihengError:
            raise
        except MemoryError:
            raise
        except Exception as error:  # openpyxl raises whatever its parser meets, row by row
            raise unreadable(name, f"{type(error).__name__}: {error}") from error


def _refuse_bomb(raw: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise unreadable(name, str(error)) from None
    if any(p.flag_bits & 1 for p in parts):
        raise locked(name)
    size = sum(p.file_size for p in parts)  # zipfile never unpacks more than is declared here
    if size > MOST_UNZIPPED:
        raise too_much(
            Text("文件 {f} 解压后太大。", "Unzipped, the file {f} is too large.").format(f=name),
            Text(
                "确认文件可信；拆成几个文件，或另存为 CSV。",
                "Make sure that you trust the file; split it, or save it as CSV.",
            ),
            size, MOST_UNZIPPED, where=name,
        )  # fmt: skip


def locked(name: str) -> ZhihengError:
    """S523: the file needs a password."""
    return ZhihengError(
        "S523",
        Text("文件 {f} 有密码。", "The file {f} is locked with a password.").format(f=name),
        evidence=[{"cell": f"{name}!A1"}],
        fix=Text("去掉密码后另存。", "Remove the password and save it again."),
    )


def _sheet(book: Any, sheet: Any, name: str) -> Sheet:
    look = _look(_part(book, sheet), str(sheet.title), name)
    _refuse_formulas(look, name)
    rows: list[tuple[Cell, ...]] = []
    percent: list[tuple[int, int]] = []
    if look.rows and look.columns:
        sheet.reset_dimensions()
        found = sheet.iter_rows(min_row=1, max_row=look.rows, min_col=1, max_col=look.columns)
        for r, cells in enumerate(found):
            rows.append(tuple(_value(c.value) for c in cells))
            percent += [(r, c) for c, cell in enumerate(cells) if _is_percent(cell)]
    return Sheet(str(sheet.title), rows, look.merged, frozenset(percent))


def _part(book: Any, sheet: Any) -> bytes:
    with book._archive.open(sheet._worksheet_path) as part:  # noqa: SLF001  no public way
        return part.read()


def _value(value: Any) -> Cell:
    if isinstance(value, str | float | int | bool | dt.date | None):
        return value
    return str(value)


def _is_percent(cell: Any) -> bool:
    value = cell.value
    if not isinstance(value, float | int) or isinstance(value, bool):
        return False
    return bool(_PERCENT.match(str(cell.number_format)))


def _look(part: bytes, sheet: str, name: str) -> _Look:
    if b"<!DOCTYPE" in part[:65536]:  # no spreadsheet program writes one; it can only expand
        raise unreadable(name, "a document type definition", cell=f"{sheet}!A1")
    rows = columns = count = 0
    uncalculated: list[str] = []
    for ref, full, missing in _cells(part):
        column = _number(ref[0]) if ref else 0
        if not full and not missing:
            continue
        count += 1
        if ref:
            rows, columns = max(rows, int(ref[1])), max(columns, column)
        if missing:
            uncalculated.append(
                f"{sheet}!{(ref or (b'', b''))[0].decode()}{(ref or (b'', b''))[1].decode()}"
            )
    refuse_columns(columns, f"{name}!{sheet}", f"{sheet}!A1")
    refuse_cells(max(count, rows * min(columns, 64)), name, "xlsx", sheet)
    refuse_cells(rows * columns // 20, name, "xlsx", sheet)
    merged = tuple(_ranges(part, sheet, name))
    return _Look(rows, columns, merged, tuple(uncalculated))


def _cells(part: bytes) -> Iterator[tuple[tuple[bytes, bytes] | None, bool, bool]]:
    """For each cell its address, whether it has a value, whether a value was never calculated."""
    for match in _CELL.finditer(part):
        inside = match[2]
        if not inside:
            continue
        ref = _REF.search(match[1])
        full = bool(_VALUE.search(inside))
        missing = not full and bool(_FORMULA.search(inside)) and b't="str"' not in match[1]
        yield (ref[1], ref[2]) if ref else None, full, missing


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _ranges(part: bytes, sheet: str, name: str) -> Iterator[Range]:
    found = _MERGED.findall(part)
    if len(found) > MOST_MERGED:
        raise too_much(
            Text("{s} 的合并单元格太多。", "{s} has too many merged cells.").format(s=sheet),
            Text("取消合并后再存。", "Unmerge them and save again."),
            len(found), MOST_MERGED, where=name, cell=f"{sheet}!A1",
        )  # fmt: skip
    for text in found:
        left, top, right, bottom = range_boundaries(text.decode())
        yield (int(top or 1) - 1, int(left or 1) - 1, int(bottom or 1) - 1, int(right or 1) - 1)


def _refuse_formulas(look: _Look, name: str) -> None:
    if not look.uncalculated:
        return
    rows: list[Row] = [{"cell": address, "file": name} for address in look.uncalculated]
    raise ZhihengError(
        "S522",
        Text("{n} 个公式没有算过的值。", "{n} formulas have no calculated value.").format(
            n=len(rows)
        ),
        evidence=rows,
        fix=Text(
            "用表格软件打开并保存一次，让公式算出值，或粘贴为数值。",
            "Open and save it once in a spreadsheet program so that formulas are calculated, "
            "or paste them as values.",
        ),
    )
