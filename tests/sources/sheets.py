"""Makers of files of the shapes that people have; all figures are invented here."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl

NAMES = ("北京", "天津", "河北", "山西", "内蒙古", "辽宁")
FULL = ("北京市", "天津市", "河北省", "山西省", "内蒙古自治区", "辽宁省")
CODES = ("110000", "120000", "130000", "140000", "150000", "210000")


def figure(i: int, j: int) -> float:
    """A figure for region i and year or series j."""
    return round(100 + 7.3 * i + 1.9 * j, 1)


def book(
    sheets: Mapping[str, Sequence[Sequence[Any]]],
    *,
    merged: Sequence[str] = (),
    formats: Mapping[str, str] | None = None,
) -> bytes:
    """An xlsx file; merged ranges and number formats apply to the first sheet."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    first = made.worksheets[0]
    for area in merged:
        first.merge_cells(area)
    for cell, code in (formats or {}).items():
        first[cell].number_format = code
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def csv(rows: Sequence[Sequence[Any]], *, encoding: str = "utf-8-sig", mark: str = ",") -> bytes:
    """A text table."""
    lines = (mark.join("" if c is None else str(c) for c in row) for row in rows)
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def portal_years(*, encoding: str = "utf-8-sig") -> bytes:
    """An export of the portal: one indicator, regions down, years across, notes below."""
    years = [2023, 2022, 2021]
    rows: list[list[Any]] = [
        ["数据库：分省年度数据 "],
        ["指标：地区生产总值(亿元)"],
        ["时间：最近3年 "],
        ["地区\t", *(f"{y}年\t" for y in years), ""],
    ]
    for i, name in enumerate(FULL):
        cells = [f"{figure(i, j)}\t" for j in range(3)]
        if i == 1:
            cells[2] = "..\t"
        rows.append([f"{name}\t", *cells, ""])
    rows += [["注：1. 根据普查修订。"], ["数据来源：国家统计局"]]
    return csv(rows, encoding=encoding)


def portal_series() -> bytes:
    """An export of the portal: one year, regions down, indicators across."""
    rows: list[list[Any]] = [
        ["数据库：分省年度数据 "],
        ["时间：2019年 "],
        ["地区\t", "地区生产总值 (亿元) \t", "年末常住人口 (万人) \t", "城镇登记失业率 (%) \t", ""],
    ]
    rows += [
        [f"{name}\t", f"{figure(i, 0)}\t", f"{figure(i, 1)}\t", "—\t" if i == 2 else "3.5\t", ""]
        for i, name in enumerate(FULL)
    ]
    rows += [["数据来源：国家统计局"]]
    return csv(rows)


def yearbook() -> tuple[list[list[Any]], list[str]]:
    """A yearbook sheet: title, unit row, two header rows with merged cells, sub-totals, notes."""
    rows: list[list[Any]] = [
        ["3-9  分地区能源消费情况（2020年）", None, None, None, None],
        [None, None, None, None, "单位：万吨标准煤"],
        ["地  区", "能源消费总量", None, "电力\n(亿千瓦时)", "人均生活用能\n(千克)"],
        [None, "合  计", "煤  炭①", None, None],
        ["全  国", 5000, 2500, 100, None],
        ["东部地区", 3000, 1000, 60, None],
    ]
    for i, name in enumerate(NAMES):
        wide = "　".join(name) if len(name) == 2 else name
        rows.append([wide, figure(i, 0), f"{figure(i, 1)}①", f"1,{200 + i}.5", "…"])
    rows.append(["注：①包括洗煤。", None, None, None, None])
    rows.append(["资料来源：中国能源统计年鉴", None, None, None, None])
    return rows, ["A1:E1", "A3:A4", "B3:C3", "D3:D4", "E3:E4"]
