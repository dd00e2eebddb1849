"""China Customs query exports: month, product, partner, mode, place, quantity, value.

The file does not say whether it holds exports or imports: that is an option. Headers
vary with the dimensions chosen on the page; a dimension that was not chosen is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from zhiheng.catalog.regions import is_region, region
from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.assemble import BadCells, Clock
from zhiheng.sources.grid import column_letters
from zhiheng.sources.opening import (
    csv_rows,
    fingerprint,
    first_row,
    lacking,
    places,
    unreadable,
)
from zhiheng.sources.trade import TradeRecords, table

SOURCE = "china_customs"

ROLES: Mapping[str, tuple[str, ...]] = {
    "period": ("数据年月", "年月", "日期", "年份"),
    "product": ("商品编码", "商品代码"),
    "product_name": ("商品名称",),
    "partner": ("贸易伙伴名称", "贸易伙伴", "国别", "国家（地区）"),
    "mode": ("贸易方式名称", "贸易方式"),
    "place": ("注册地名称", "注册地", "收发货人注册地名称", "收发货人注册地"),
    "quantity": ("第一数量", "数量"),
    "unit": ("第一计量单位", "计量单位"),
    "CNY": ("人民币", "人民币（元）", "人民币(元)", "人民币值"),
    "USD": ("美元", "美元（元）", "美元(元)", "美元值"),
}
"""Accepted headers of each role."""

Flow = Literal["export", "import"]


def sniff(raw: bytes, name: str) -> bool:
    """Whether the header has a product code, and a value in yuan or dollars."""
    del name
    at = places(first_row(raw), ROLES)
    return {"period", "product"} <= at.keys() and bool({"CNY", "USD"} & at.keys())


def parse(
    raw: bytes, name: str, *, flow: Flow, currency: Literal["", "CNY", "USD"] = ""
) -> TradeRecords:
    """Read an export of the query page.

    Parameters
    ----------
    raw : bytes
        CSV, usually in GB 18030.
    name : str
    flow : {"export", "import"}
        What was asked on the page.
    currency : {"CNY", "USD"}, optional
        Needed when the file has both.

    Returns
    -------
    TradeRecords
        The reporter is ``CHN``; partners that are catalogued economies have their
        code, others their name. Quantities keep the customs' unit.

    Raises
    ------
    ZhihengError
        S552 unreadable, S553 columns missing, S563 both currencies, S550/S551 periods,
        D103 no number.
    """
    rows = csv_rows(raw, name)
    header = rows[0] if rows else []
    at = places(header, ROLES)
    if not {"period", "product"} <= at.keys():
        raise lacking(
            name, "China Customs", [r for r in ("数据年月", "商品编码") if r not in header]
        )
    money = _currency(at, currency, name)
    clock, bad = Clock(name), BadCells(name)
    columns: dict[str, list[Any]] = {}
    for i, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        if len(row) != len(header) and not (len(row) == len(header) + 1 and not row[-1]):
            raise unreadable(name, "China Customs", f"row {i} has {len(row)} cells")
        got = {role: row[c] for role, c in at.items()}
        record = {
            "period": clock.read(got["period"], f"{column_letters(at['period'])}{i}"),
            "reporter": "CHN",
            "partner": _partner(got.get("partner", "")),
            "flow": flow,
            "product": got["product"].strip("'\"="),  # guards against Excel eating zeros
            "mode": got.get("mode", ""),
            "place": got.get("place", ""),
            "value": bad.number(got[money], f"{column_letters(at[money])}{i}"),
            "quantity": _quantity(got, at, i, bad),
            "quantity_unit": got.get("unit", ""),
            "row": i,
        }
        for key, value in record.items():
            columns.setdefault(key, []).append(value)
    bad.stop()
    if not columns:
        raise unreadable(name, "China Customs", "no records")
    return TradeRecords(
        table(columns), money, clock.frequency or "M", fingerprint(raw, name), SOURCE
    )


def _quantity(got: Mapping[str, str], at: Mapping[str, int], i: int, bad: BadCells) -> float | None:
    if "quantity" not in at:
        return None
    return bad.number(got["quantity"], f"{column_letters(at['quantity'])}{i}")


@lru_cache(maxsize=1024)
def _partner(written: str) -> str:
    return region(written).code if written and is_region(written) else written


def _currency(at: Mapping[str, int], wanted: str, name: str) -> str:
    present = [c for c in ("CNY", "USD") if c in at]
    if wanted in present:
        return wanted
    if wanted or not present:
        raise lacking(name, "China Customs", [wanted or "人民币 / 美元"])
    if len(present) > 1:
        raise ZhihengError(
            "S563",
            Text("文件里既有人民币又有美元。", "The file has both yuan and dollars."),
            evidence=[{"file": name}],
            fix=Text("写明 currency=…。", "Give currency=…."),
        )
    return present[0]
