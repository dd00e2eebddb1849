"""Bytes of files as sheets: kinds, encodings, limits, damage."""

from __future__ import annotations

import datetime as dt
import importlib.util
import io
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zhiheng.core.errors import ZhihengError
from zhiheng.sources.reading import read_sheets
from zhiheng.sources.sheet import MOST_BYTES
from zhiheng.sources.workbook import sheets

_spec = importlib.util.spec_from_file_location("sheets", Path(__file__).with_name("sheets.py"))
assert _spec is not None
assert _spec.loader is not None
made: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)
XLS = Path(__file__).parent / "data" / "yearbook.xls"


def refused(raw: bytes, name: str) -> ZhihengError:
    start = time.perf_counter()
    with pytest.raises(ZhihengError) as caught:
        read_sheets(raw, name)
    assert time.perf_counter() - start < 10
    assert caught.value.evidence
    return caught.value


def repacked(raw: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The same workbook with its parts changed."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(raw)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            new.writestr(part, change(part, old.read(part)))
    return out.getvalue()


def with_cells(cells: str, merges: str = "") -> bytes:
    """A workbook whose only sheet has these raw cells."""
    data = f"<sheetData>{cells}</sheetData>{merges}</worksheet>"

    def change(part: str, content: bytes) -> bytes:
        if not part.startswith("xl/worksheets/sheet"):
            return content
        return content.split(b"<sheetData")[0] + data.encode()

    return repacked(made.book({"S": [[1]]}), change)


def test_cells_keep_their_types_and_addresses() -> None:
    raw = made.book(
        {"S": [["名称", 1, 2.5, True, dt.datetime(2020, 1, 1), None, "x"]]},
        formats={"C1": "0.00%"}, merged=["A1:A2"],
    )  # fmt: skip
    (sheet,) = sheets(raw, "f.xlsx")
    assert list(sheet.rows[0]) == ["名称", 1, 2.5, True, dt.datetime(2020, 1, 1), None, "x"]
    assert sheet.percent == {(0, 2)}
    assert tuple(sorted(sheet.merged)) == ((0, 0, 1, 0),)
    assert sheet.address(6, 27) == "S!AB7"
    assert sheets(b"a,b\n1,2\n", "f.csv")[0].address(0, 1) == "B1"


def test_an_old_workbook_is_read_with_its_merged_cells() -> None:
    (sheet,) = sheets(XLS.read_bytes(), "yearbook.xls")
    assert tuple(sorted(sheet.merged)) == ((0, 0, 0, 3), (2, 1, 2, 2))
    table = read_sheets(XLS.read_bytes(), "yearbook.xls").observations().panel()
    assert table.units == {"收入/城镇": "CNY", "收入/农村": "CNY", "人数": "person"}
    assert table.array("收入/农村")[1, 0] == 22.5e8
    assert table.periods == (2020,)


def test_a_page_named_xls_is_read_as_its_table() -> None:
    rows = "".join(
        f"<tr><td>{n}</td><td>{i + 1}</td><td>{i + 2}</td></tr>" for i, n in enumerate(made.NAMES)
    )
    page = (
        "<html><meta charset=utf-8><table border=1><tr><td colspan=3>收入（亿元）</td></tr>"
        f"<tr><th>地区<th>2020年<th>2021年</tr>{rows}</table></html>"
    )
    for encoding in ("utf-8", "gb18030", "utf-16"):
        table = read_sheets(page.encode(encoding), "f.xls").observations().panel()
        assert table.values[:, 0, 0].tolist() == [(i + 1) * 1e8 for i in range(6)]


def test_an_xlsx_named_xls_and_a_csv_named_xlsx_are_told_by_content() -> None:
    raw = made.book({"S": [["收入(亿元)"], ["地区", "2020年"], ["北京", 1], ["天津", 2]]})
    assert len(read_sheets(raw, "f.xls").observations()) == 2
    assert len(read_sheets(made.portal_years(), "f.xlsx").observations()) == 17


def test_a_formula_keeps_its_stored_value_and_is_refused_without_one() -> None:
    cell = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c><c r="B1"><f>1+1</f>{v}</c></row>'
    )
    (sheet,) = sheets(with_cells(cell.format(v="<v>2</v>")), "f.xlsx")
    assert sheet.rows[0][1] == 2
    error = refused(with_cells(cell.format(v="")), "f.xlsx")
    assert error.code == "S522"
    assert error.evidence[0]["cell"] == "S!B1"


def test_zip_bombs_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (300 * 2**20))
    assert len(out.getvalue()) < 2**20
    assert refused(out.getvalue(), "f.xlsx").code == "S520"


def test_a_lone_cell_in_the_last_corner_is_refused_quickly() -> None:
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert refused(with_cells(corner), "f.xlsx").code == "S520"


def test_columns_beyond_the_last_one_are_refused() -> None:
    assert (
        refused(with_cells('<row r="1"><c r="ZZZZ1"><v>1</v></c></row>'), "f.xlsx").code == "S520"
    )
    error = refused(b",".join(b"%d" % i for i in range(10**6)) + b"\n1,2\n", "f.csv")
    assert error.code == "S520"
    assert error.evidence[0]["cell"] == "A1"


def test_merged_monsters_are_no_trouble() -> None:
    cells = "".join(
        f'<row r="{r}"><c r="A{r}" t="inlineStr"><is><t>{n}</t></is></c>'
        f'<c r="B{r}"><v>{r}</v></c></row>'
        for r, n in enumerate(made.NAMES, 2)
    )
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
    everything = '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    start = time.perf_counter()
    with pytest.raises(ZhihengError):
        read_sheets(with_cells(head + cells, everything), "f.xlsx").observations()
    many = "".join(f'<mergeCell ref="A1:XFD{i}"/>' for i in range(2, 120_000))
    assert (
        refused(with_cells(head + cells, f"<mergeCells>{many}</mergeCells>"), "f.xlsx").code
        == "S520"
    )
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    ("raw", "name", "code"),
    [
        (b"", "f.csv", "S502"),
        (b"\n\n , ,\n", "f.csv", "S527"),
        (b"PK\x03\x04\x00\xff\xfe\x00", "f.xlsx", "S521"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "f.xls", "S521"),
        (b"\x00\x01\x02\x03" * 50, "f.csv", "S501"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "f.csv", "S501"),
        (b"<html><body>404</body></html>", "f.xls", "S521"),
        (b'a,"b\n1,2\n' + b"x" * 2_000_000, "f.csv", "S521"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
         "f.xls", "S521"),
        (b"x" * (MOST_BYTES + 1), "f.csv", "S520"),
    ],
)  # fmt: skip
def test_files_that_are_no_sheets_are_refused(raw: bytes, name: str, code: str) -> None:
    assert refused(raw, name).code == code


def test_an_encrypted_part_is_told() -> None:
    raw = bytearray(made.book({"S": [[1]]}))
    at = raw.find(b"PK\x01\x02")
    while at >= 0:
        raw[at + 8] |= 1
        at = raw.find(b"PK\x01\x02", at + 4)
    assert refused(bytes(raw), "f.xlsx").code == "S523"


@pytest.mark.slow
def test_five_hundred_thousand_cells_of_a_messy_csv_are_read_in_time() -> None:
    head = ["地区", *(f"{y}年" for y in range(1900, 2000))]
    rows = [[f"市{i}", *(i + j + 0.5 for j in range(100))] for i in range(5000)]
    raw = made.csv([["收入（亿元）"], head, *rows])
    start = time.perf_counter()
    reading = read_sheets(raw, "f.csv")
    assert time.perf_counter() - start < 10
    assert sum(t.values for t in reading.tables) == 500_000
