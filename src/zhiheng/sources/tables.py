"""Clean CSV tables, long or wide, as people export them: names resolved, units mapped.

Long: columns for entity, period, series, value, and optionally unit, status,
source, vintage. Wide: entity, period, then one column per series, the unit in
brackets behind the name: ``gdp [亿元]``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.regions import is_region, resolve
from zhiheng.catalog.series import series as series_info
from zhiheng.catalog.units import unit_of
from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.panel import Status
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED
from zhiheng.sources.grid import Grid, read_csv
from zhiheng.sources.observations import Observations

ROLES: Mapping[str, tuple[str, ...]] = {
    "entity": (
        "entity",
        "region",
        "province",
        "code",
        "iso3",
        "firm",
        "地区",
        "省份",
        "省市",
        "国家",
        "企业",
        "公司",
    ),  # fmt: skip
    "period": ("period", "year", "年份", "年", "时期"),
    "series": ("series", "indicator", "variable", "指标", "序列", "变量"),
    "value": ("value", "数值", "值"),
    "unit": ("unit", "单位"),
    "status": ("status", "状态"),
    "source": ("source", "来源"),
    "vintage": ("vintage", "版本"),
}
"""Accepted headers for each column role, compared without case."""

ABSENT = frozenset({"", "..", "—", "-", "NA", "N/A", "nan", "NaN", "null", "无"})
"""How files write a missing value."""

_WITH_UNIT = re.compile(r"^(?P<name>.+?)\s*[\[（(](?P<unit>[^\])）]+)[\])）]$")


@dataclass(frozen=True, slots=True)
class _Cell:
    entity: str
    period: int
    series: str
    unit: str
    row: int
    column: int
    status: Status
    source: str
    vintage: str


def read_file(path: Path) -> bytes:
    """The bytes of a file; raises S504 when there is none."""
    if not path.is_file():
        raise ZhihengError(
            "S504",
            Text("没有文件“{f}”。", 'There is no file "{f}".').format(f=str(path)),
            fix=Text("检查路径。", "Check the path."),
        )
    return path.read_bytes()


def parse(
    raw: bytes, name: str, *, units: Mapping[str, str] | None = None, own_labels: bool = False
) -> Observations:
    """Read a clean CSV, long or wide.

    Parameters
    ----------
    raw : bytes
    name : str
        File name, for addresses.
    units : mapping of series to unit, optional
        For series whose unit the file does not give.
    own_labels : bool
        Take names as they are when not one of them is a region, for tables of
        firms or cities. Beside known regions an unknown name is always an error.

    Raises
    ------
    ZhihengError
        D101 missing columns, D103 text in a number cell, D104 periods, C401 unknown
        region, U210/U211 unmapped unit, U209 not the catalog's unit, S501–S503 unreadable.
    """
    grid = read_csv(raw, name)
    roles = _roles(grid)
    long = "series" in roles and "value" in roles
    missing = [r for r in ("entity", "period") if r not in roles]
    if missing:
        raise ZhihengError(
            "D101",
            Text("表里没有地区或时期列。", "The table has no entity or period column."),
            evidence=[{"missing": m, "accepted": ", ".join(ROLES[m])} for m in missing],
            fix=Text("把列名改成可识别的名称。", "Rename the column to an accepted name."),
        )
    cells = _long(grid, roles) if long else _wide(grid, roles)
    return _observe(grid, cells, units or {}, own_labels=own_labels)


def _roles(grid: Grid) -> dict[str, int]:
    lowered = [h.lower() for h in grid.header]
    found: dict[str, int] = {}
    for role, words in ROLES.items():
        for word in words:
            if word in lowered and role not in found:
                found[role] = lowered.index(word)
    return found


def _long(grid: Grid, roles: Mapping[str, int]) -> list[_Cell]:
    def word(row: Sequence[str], role: str) -> str:
        return row[roles[role]] if role in roles else ""

    periods = _periods(grid, roles["period"])
    return [
        _Cell(
            row[roles["entity"]],
            periods[i],
            word(row, "series"),
            word(row, "unit"),
            i,
            roles["value"],
            _status(grid, i, word(row, "status")),
            word(row, "source"),
            word(row, "vintage"),
        )
        for i, row in enumerate(grid.rows)
    ]


def _wide(grid: Grid, roles: Mapping[str, int]) -> list[_Cell]:
    own = {roles["entity"], roles["period"]}
    periods = _periods(grid, roles["period"])
    cells: list[_Cell] = []
    for c, head in enumerate(grid.header):
        if c in own or head.lower() in ("name", "name_zh", "name_en", "名称"):
            continue
        match = _WITH_UNIT.match(head)
        name, unit = (match["name"], match["unit"]) if match else (head, "")
        cells += [
            _Cell(row[roles["entity"]], periods[i], name, unit, i, c, Status.OBSERVED, "", "")
            for i, row in enumerate(grid.rows)
        ]
    return cells


def _observe(
    grid: Grid, cells: list[_Cell], units: Mapping[str, str], *, own_labels: bool
) -> Observations:
    values = _values(grid, cells)
    kept = [(c, v) for c, v in zip(cells, values, strict=True) if v is not None]
    words = [c.entity for c, _ in kept]
    level, codes, labels, notes = _entities(words, own_labels=own_labels)
    scale = _scales(grid, [c for c, _ in kept], units, level)
    n = len(kept)
    return Observations(
        entity=_objects(codes),
        period=np.array([c.period for c, _ in kept], dtype=np.int64),
        series=_objects(c.series for c, _ in kept),
        value=np.array([v * scale[c.series, c.unit][1] for c, v in kept], dtype=np.float64),
        unit=_objects(scale[c.series, c.unit][0] for c, _ in kept),
        status=np.array([c.status for c, _ in kept], dtype=np.int8),
        source=_objects(c.source or grid.name for c, _ in kept),
        vintage=_objects(c.vintage for c, _ in kept),
        file=np.full(n, grid.file, dtype=object),
        cell=_objects(grid.address(c.row, c.column) for c, _ in kept),
        level=level,
        labels=labels,
        notes=notes,
    )


def _objects(words: Iterable[str]) -> NDArray[Any]:
    return np.array(list(words), dtype=object)


def _entities(
    words: list[str], *, own_labels: bool
) -> tuple[str, list[str], Mapping[str, Text], tuple[Text, ...]]:
    if own_labels and not any(is_region(word) for word in dict.fromkeys(words)):
        note = Text(
            "没有一个名称是目录里的地区，按原样使用。",
            "No name is a catalogued region; taken as given.",
        )
        return "", words, {}, (note,)
    return resolve(words)


def _values(grid: Grid, cells: list[_Cell]) -> list[float | None]:
    out: list[float | None] = []
    bad: list[Row] = []
    for cell in cells:
        word = grid.rows[cell.row][cell.column].replace(",", "")
        if word in ABSENT:
            out.append(None)
            continue
        try:
            value = float(word)
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            bad.append(
                {
                    "cell": f"{grid.name}!{grid.address(cell.row, cell.column)}",
                    "series": cell.series,
                    "value": word,
                }
            )
        out.append(value)
    if bad:
        raise ZhihengError(
            "D103",
            Text("{n} 个数值单元格里不是数。", "{n} number cells do not hold a number.").format(
                n=len(bad)
            ),
            evidence=bad,
            fix=Text("改成数字；缺失请留空。", "Write a number; leave a missing value empty."),
        )
    return out


def _scales(
    grid: Grid, cells: list[_Cell], units: Mapping[str, str], level: str
) -> dict[tuple[str, str], tuple[str, float]]:
    found: dict[tuple[str, str], tuple[str, float]] = {}
    for cell in cells:
        key = (cell.series, cell.unit)
        if key in found:
            continue
        stated = cell.unit or units.get(cell.series, "")
        if not stated:
            found[key] = (UNSTATED, 1.0)
            continue
        canonical, factor = unit_of(stated)
        info = series_info(cell.series, level) if level else None
        if info is not None and info.unit != canonical:
            raise ZhihengError(
                "U209",
                Text(
                    "序列 {s} 的目录单位是 {a}，文件给的是 {b}。",
                    "The catalog has {s} in {a}, the file gives {b}.",
                ).format(s=cell.series, a=info.unit, b=stated),
                evidence=[{"cell": f"{grid.name}!{grid.address(cell.row, cell.column)}"}],
                fix=Text(
                    "换单位，或换一个序列名。", "Change the unit, or use another series name."
                ),
            )
        found[key] = (canonical, factor)
    return found


def _periods(grid: Grid, column: int) -> list[int]:
    out: list[int] = []
    bad: list[Row] = []
    for i, row in enumerate(grid.rows):
        word = row[column].removesuffix("年")
        if re.fullmatch(r"\d{4}(\.0)?", word):
            out.append(int(float(word)))
        else:
            bad.append({"cell": f"{grid.name}!{grid.address(i, column)}", "value": row[column]})
    if bad:
        raise ZhihengError(
            "D104",
            Text("{n} 个时期不是年份。", "{n} periods are not years.").format(n=len(bad)),
            evidence=bad,
            fix=Text("写成四位年份，如 2022。", "Write a four-digit year such as 2022."),
        )
    return out


def _status(grid: Grid, row: int, word: str) -> Status:
    if not word:
        return Status.OBSERVED
    try:
        return Status[word.upper()]
    except KeyError:
        raise unknown_name(
            "D110",
            word,
            [s.name.lower() for s in Status if s is not Status.ABSENT],
            kind=Text("数据状态", "status"),
            evidence=[{"file": grid.name, "row": row + 2}],
        ) from None
