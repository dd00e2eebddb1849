"""Which column and which header row of a table holds regions, periods, series or units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from zhiheng.catalog.units import is_unit
from zhiheng.core.text import Text
from zhiheng.sources.places import is_place
from zhiheng.sources.rows import Filled, Table
from zhiheng.sources.sheet import Cell
from zhiheng.sources.words import (
    bare,
    clean,
    is_gap,
    number,
    plain_year,
    serial_year,
    within_year,
    year,
)

WORDS = {
    "entity": (
        "entity|region|province|provinces|code|iso3|firm|city|country|country name|"
        "economy|area|district|地区|省份|省市|省|省区市|省市区|省市自治区|各地区|"
        "省级行政区|国家|国别|经济体|国家和地区|国家(地区)|企业|公司|城市|地市|市|"
        "行政区划代码|地区名称|省份名称|地区代码|省份代码|区域"
    ),
    "period": (
        "period|year|years|time|date|fiscal year|年份|年|时期|年度|时间|统计年度|会计年度|日期"
    ),
    "series": (
        "series|indicator|indicators|variable|item|items|indicator name|series name|指标|"
        "序列|变量|指标名称|项目|分类|类别|品种|行业"
    ),
    "value": "value|values|数值|值|指标值|数据|obs_value",
    "unit": "unit|units|单位|计量单位|unit of measure",
    "status": "status|状态",
    "source": "source|来源|数据来源|资料来源",
    "vintage": "vintage|版本",
    "row": "id|no|no.|序号|编号|行号|行次|index|#",
    "second": (
        "name|name_zh|name_en|名称|country code|indicator code|series code|abbreviation|"
        "简称|英文|english|备注|note|notes|注"
    ),
}
"""What the headers of columns that hold no values say, compared without case and spaces."""

_ROLE = {w.replace(" ", ""): role for role, words in WORDS.items() for w in words.split("|")}


@dataclass(slots=True)
class Roles:
    """The roles found.

    Attributes
    ----------
    columns : column -> role
        ``entity``, ``period``, ``series``, ``unit``, ``status``, ``source``, ``vintage``.
    heads : header row -> ``entity``, ``period``, ``series`` or ``unit``
    body : list of int
        Columns of values.
    corner : str
        Text of the header above the labels when it names no role: often the series.
    dropped : list of (column, reason)
    """

    columns: dict[int, str] = field(default_factory=dict[int, str])
    heads: dict[int, str] = field(default_factory=dict[int, str])
    body: list[int] = field(default_factory=list[int])
    corner: str = ""
    dropped: list[tuple[int, Text]] = field(default_factory=list[tuple[int, Text]])

    def has(self, role: str) -> bool:
        """Whether a column or a header row has this role."""
        return role in self.columns.values() or role in self.heads.values()


@dataclass(slots=True)
class _Column:
    """What stands in one column of a table."""

    at: int
    head: str
    role: str
    places: int = 0
    years: int = 0
    written: int = 0
    numbers: int = 0
    texts: int = 0
    units: int = 0

    @property
    def filled(self) -> int:
        return self.places + self.years + self.numbers + self.texts

    @property
    def words(self) -> int:
        return self.places + self.texts + self.written


def role_word(word: str) -> str:
    """The role that a header names, or an empty text."""
    plain = word.casefold().replace(" ", "")
    first = plain.rstrip("abcdefghijklmnopqrstuvwxyz&/()")  # 地区 Region
    return _ROLE.get(plain, "") or _ROLE.get(first, "")


def roles(table: Table, filled: Filled) -> Roles:
    """Tell labels from values in a table, and what the labels are."""
    found = Roles()
    columns = [_column(table, filled, c) for c in range(table.left, table.right + 1)]
    columns = [c for c in columns if c.filled or c.head]
    years_above = any(_years_above(table, filled, h) for h in table.heads)
    _label_columns(columns, found, years_above=years_above)
    labels = {*found.columns, *(c for c, _ in found.dropped)}
    found.body = [c.at for c in columns if c.at not in labels and (c.filled or c.head)]
    _trim(table, filled, columns, found)
    for h in table.heads:
        found.heads[h] = _head_role(table, filled, h, found.body)
    _one_value_column(table, filled, found)
    _drop_spare_texts(table, found, columns)
    corner = [_corner(table, filled, c) for c in found.columns]
    found.corner = next((w for w in corner if w and not role_word(w)), "")
    return found


def _label_columns(columns: Sequence[_Column], found: Roles, *, years_above: bool) -> None:
    for c in columns:
        role = _content_role(c, columns, years_above=years_above)
        if role == "entity" and "entity" in found.columns.values():
            _second_entity(c, columns, found)
        elif role == "period" and "period" in found.columns.values():
            found.dropped.append((c.at, Text("第二个年份列", "a second column of years")))
        elif role in ("row", "second"):
            found.dropped.append((c.at, Text("行号或说明列", "row numbers or remarks")))
        elif role and role != "value":
            found.columns[c.at] = role


def _second_entity(c: _Column, columns: Sequence[_Column], found: Roles) -> None:
    """Two columns name the region: the one with more known names is kept."""
    first = next(at for at, role in found.columns.items() if role == "entity")
    kept = next(k for k in columns if k.at == first)
    loser, winner = (first, c.at) if c.places > kept.places else (c.at, first)
    found.columns.pop(first)
    found.columns[winner] = "entity"
    found.dropped.append((loser, Text("地区的另一种写法", "another spelling of the region")))


def _content_role(c: _Column, columns: Sequence[_Column], *, years_above: bool) -> str:
    if c.role == "unit" and c.units * 10 < c.filled * 6:
        c.role = ""  # the word stands in a row of units, not above a column of them
    if c.role in ("row", "second", "unit", "status", "source", "vintage"):
        return c.role
    named = c.role == "entity" and c.filled
    if named or (c.places and c.places * 10 >= c.filled * 6):
        return "entity"
    if c.role == "series" and c.words:
        return "series"
    if (_is_period_column(c, columns) and not years_above) or (c.role == "period" and c.filled):
        return "period"
    return "series" if c.words > c.numbers + c.years - c.written and not c.role else c.role


def _is_period_column(c: _Column, columns: Sequence[_Column]) -> bool:
    """Years only, or nearly: a row of factors between header and data may stand among them."""
    if not c.filled or c.years * 10 < c.filled * 9:
        return False
    first = next((k.at for k in columns if k.numbers > c.numbers and k.at != c.at), c.at)
    left = c.at < first and (not c.head or c.filled >= 5)
    return c.role == "period" or bool(c.written) or left


def _trim(table: Table, filled: Filled, columns: Sequence[_Column], found: Roles) -> None:
    """Leave out columns without a header, or without a single value."""
    by_place = {c.at: c for c in columns}
    for at in list(found.body):
        c = by_place[at]
        above = any(clean(filled.cell(h, at)) for h in table.heads)
        if c.filled == 0:
            found.body.remove(at)
            found.dropped.append((at, Text("一个值也没有的列", "a column without a value")))
        elif not above and table.heads:
            found.body.remove(at)
            found.dropped.append((at, Text("没有表头的列", "a column without a header")))


def _head_role(table: Table, filled: Filled, head: int, body: Sequence[int]) -> str:
    cells = [filled.cell(head, c) for c in body]
    cells = [c for c in cells if not is_gap(c)]
    if not cells:
        return "series"
    for role, fits in (("period", is_period), ("unit", _is_unit), ("entity", is_place)):
        if _most(cells, fits):
            return role
    return "series"


def _one_value_column(table: Table, filled: Filled, found: Roles) -> None:
    """In a long table the header of the values says ``value``, which names no series."""
    if len(found.body) != 1 or "series" not in found.columns.values():
        return
    for h, role in found.heads.items():
        if role == "series" and role_word(clean(filled.cell(h, found.body[0]))) == "value":
            found.heads[h] = "value"


def _drop_spare_texts(table: Table, found: Roles, columns: Sequence[_Column]) -> None:
    """Texts beside regions are series names only if no header row names the series."""
    texts = [at for at, role in found.columns.items() if role == "series"]
    named = {c.at for c in columns if c.role == "series"}
    above = "series" in found.heads.values()
    for at in texts:
        rest = [t for t in texts if t in found.columns]
        spare = (above and found.has("entity") and found.has("period")) or len(rest) > 1
        if spare and at not in named:
            del found.columns[at]
            found.dropped.append((at, Text("文字列，不是数值", "a column of text, no values")))
    rest = [at for at, role in found.columns.items() if role == "series"]
    for at in rest[1:]:
        del found.columns[at]
        found.dropped.append((at, Text("指标的另一种写法", "another spelling of the series")))


def _column(table: Table, filled: Filled, at: int) -> _Column:
    heads = [clean(filled.cell(h, at)) for h in table.heads]
    words = [w for w in heads if w]
    role = next((r for r in map(role_word, reversed(words)) if r), "")
    column = _Column(at, " ".join(words), role)
    for r in table.rows:
        row = table.sheet.rows[r]
        cell = filled.cell(r, at) if filled.source else row[at] if at < len(row) else None
        if bare(cell) and year(cell) is None:
            column.numbers += 1
        elif is_gap(cell):
            continue
        elif year(cell) is not None:
            column.years += 1
            column.written += isinstance(cell, dt.date) or not plain_year(cell)
        elif number(cell) is not None:
            column.numbers += 1
        elif is_place(cell):
            column.places += 1
        else:
            column.texts += 1
            column.units += role == "unit" and _is_unit(cell)
    return column


def _corner(table: Table, filled: Filled, at: int) -> str:
    words = [clean(filled.cell(h, at)) for h in table.heads]
    return next((w for w in reversed(words) if w and number(w) is None), "")


def _years_above(table: Table, filled: Filled, head: int) -> bool:
    cells = [filled.cell(head, c) for c in range(table.left, table.right + 1)]
    cells = [c for c in cells if not is_gap(c) and not role_word(clean(c))]
    return sum(is_period(c) for c in cells) * 2 > len(cells)


def _most(cells: Iterable[Cell], fits: Callable[[Cell], bool]) -> bool:
    found = [fits(c) for c in cells]
    return sum(found) * 10 >= len(found) * 6


def is_period(cell: Cell) -> bool:
    """Whether a header cell names a year, a year with a remark, or a part of one."""
    found = (year(cell), remarked_year(cell), serial_year(cell))
    return within_year(cell) or any(y is not None for y in found)


def remarked_year(cell: Cell) -> int | None:
    """The year of a header with a remark, such as ``1985 (at 1993 prices)``."""
    word = clean(cell) if isinstance(cell, str) else ""
    if word[:4].isdigit() and word[4:].strip()[:1] == "(":
        return year(word[:4])
    return None


def _is_unit(cell: Cell) -> bool:
    word = clean(cell).strip("()[]（）【】 ") if isinstance(cell, str) else ""
    return bool(word) and word[0] not in "0123456789" and is_unit(word)
