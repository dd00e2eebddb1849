"""Bytes of a spreadsheet file, whatever its name says, as sheets."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.delimited import delimited
from zhiheng.sources.html_table import html_tables
from zhiheng.sources.sheet import Cell, Sheet, refuse_cells, refuse_size, unreadable
from zhiheng.sources.xlsx import locked, xlsx

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = (b"<html", b"<table", b"<!doctype html", b"<head", b"<meta")
_SHEET_XML = b"urn:schemas-microsoft-com:office:spreadsheet"


def sheets(raw: bytes, name: str) -> tuple[Sheet, ...]:
    """The sheets of a file, told by its content: xlsx, xls, an HTML page, or text.

    Use it for files that people keep in spreadsheet programs. Structured formats (Stata,
    SDMX, JSON) have parsers of their own.

    Parameters
    ----------
    raw : bytes
    name : str
        File name, for addresses.

    Raises
    ------
    ZhihengError
        S501 no text, S502 empty, S520 too large, S521 damaged, S522 formulas without a
        value, S523 locked.
    """
    refuse_size(raw, name)
    if raw.startswith(ZIP) or raw.startswith(b"PK"):
        return xlsx(raw, name)
    if raw.startswith(OLE):
        return _xls(raw, name)
    head = raw[:4096].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if _SHEET_XML in head:
        raise unreadable(name, "XML Spreadsheet 2003")
    if head.startswith(_HTML) or (head.startswith(b"<") and b"<table" in raw[:65536].lower()):
        return html_tables(raw, name)
    sheet = delimited(raw, name)
    if not any(any(row) for row in sheet.rows):
        raise ZhihengError(
            "S502",
            Text("文件 {f} 没有数据行。", "The file {f} has no data rows.").format(f=name),
            evidence=[{"cell": "A1"}],
            fix=Text("第一行写列名，其下写数据。", "Put column names first and data below."),
        )
    return (sheet,)


def _xls(raw: bytes, name: str) -> tuple[Sheet, ...]:
    """Sheets of the binary format before 2007; formulas come with their stored values."""
    from python_calamine import CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        return tuple(_xls_sheet(book.get_sheet_by_name(s), s, name) for s in book.sheet_names)
    except (ZhihengError, KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # a panic of the Rust library is no Exception
        detail = f"{type(error).__name__}: {error}"
        if "assword" in detail or "ncrypt" in detail:
            raise locked(name) from None
        raise unreadable(name, detail) from None


def _xls_sheet(sheet: Any, title: str, name: str) -> Sheet:
    refuse_cells(int(sheet.total_height) * int(sheet.total_width), name, "xls", title)
    rows: Sequence[Sequence[Any]] = sheet.to_python(skip_empty_area=False)
    merged = tuple(
        (int(a[0]), int(a[1]), int(b[0]), int(b[1])) for a, b in sheet.merged_cell_ranges or ()
    )
    return Sheet(title, [tuple(_plain(v) for v in row) for row in rows], merged)


def _plain(value: Any) -> Cell:
    if value == "" or value is None:
        return None
    if isinstance(value, str | float | int | bool | dt.date):
        return value
    return str(value)
