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

from zhiheng.catalog.region_dates import is_dated, outside
from zhiheng.catalog.regions import is_region, resolve
from zhiheng.catalog.series import series as series_info
from zhiheng.catalog.units import unit_of
from zhiheng.core.errors import Row, ZhihengError, unknown_name
from zhiheng.core.local_files import local_file
from zhiheng.core.panel import Status
from zhiheng.core.text import Text
from zhiheng.core.units import UNSTATED
from zhiheng.sources.grid import Grid, column_letters, no_collection, read_csv
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


@dataclass(slots=True)
class _Cells:
    """The cells of a table as aligned columns; half a million of them are no objects."""

    entity: list[str]
    period: NDArray[np.int64]
    series: list[str]
    unit: list[str]
    row: list[int]
    column: list[int]
    word: list[str]
    status: list[Status]
    source: list[str]
    vintage: list[str]


def read_file(path: Path) -> bytes:
    """The bytes of a file; raises S504 when there is none, or when files are closed to a guest."""
    if local_file(str(path)) is None:
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
        region, U210/U211 unmapped unit, U209 not the catalog's unit, S501–S503 unreadable,
        S540 an ambiguous code, S541 a region outside of its years.
    """
    with no_collection():
        return _parse(read_csv(raw, name), units or {}, own_labels=own_labels)


def _parse(grid: Grid, units: Mapping[str, str], *, own_labels: bool) -> Observations:
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
    return _observe(grid, cells, units, own_labels=own_labels)


def _roles(grid: Grid) -> dict[str, int]:
    lowered = [h.lower() for h in grid.header]
    found: dict[str, int] = {}
    for role, words in ROLES.items():
        for word in words:
            if word in lowered and role not in found:
                found[role] = lowered.index(word)
    return found


def _long(grid: Grid, roles: Mapping[str, int]) -> _Cells:
    columns = list(zip(*grid.rows, strict=True))
    n = len(grid.rows)

    def words(role: str) -> list[str]:
        return list(columns[roles[role]]) if role in roles else [""] * n

    return _Cells(
        entity=words("entity"),
        period=np.array(_periods(grid, roles["period"]), dtype=np.int64),
        series=words("series"),
        unit=words("unit"),
        row=list(range(n)),
        column=[roles["value"]] * n,
        word=words("value"),
        status=_statuses(grid, words("status")),
        source=words("source"),
        vintage=words("vintage"),
    )


def _wide(grid: Grid, roles: Mapping[str, int]) -> _Cells:
    own = {roles["entity"], roles["period"]}
    columns = list(zip(*grid.rows, strict=True))
    n = len(grid.rows)
    series: list[tuple[int, str, str]] = []
    for c, head in enumerate(grid.header):
        if c in own or head.lower() in ("name", "name_zh", "name_en", "名称"):
            continue
        match = _WITH_UNIT.match(head)
        series.append((c, match["name"], match["unit"]) if match else (c, head, ""))
    k = len(series)
    return _Cells(
        entity=list(columns[roles["entity"]]) * k,
        period=np.tile(np.array(_periods(grid, roles["period"]), dtype=np.int64), k),
        series=[name for _, name, _ in series for _ in range(n)],
        unit=[unit for _, _, unit in series for _ in range(n)],
        row=list(range(n)) * k,
        column=[c for c, _, _ in series for _ in range(n)],
        word=[w for c, _, _ in series for w in columns[c]],
        status=[Status.OBSERVED] * (n * k),
        source=[""] * (n * k),
        vintage=[""] * (n * k),
    )


def _observe(
    grid: Grid, cells: _Cells, units: Mapping[str, str], *, own_labels: bool
) -> Observations:
    kept, values = _values(grid, cells)
    words = [cells.entity[i] for i in kept]
    level, codes, labels, notes = _entities(words, own_labels=own_labels)
    pairs = [(cells.series[i], cells.unit[i]) for i in kept]
    scale = _scales(grid, cells, dict.fromkeys(pairs), units, level)
    periods = cells.period[kept]
    _refuse_dates(grid, cells, kept, periods)
    letters = [column_letters(c) for c in range(len(grid.header))]
    return Observations(
        entity=_objects(codes),
        period=periods,
        series=_objects(pair[0] for pair in pairs),
        value=values * np.array([scale[pair][1] for pair in pairs], dtype=np.float64),
        unit=_objects(scale[pair][0] for pair in pairs),
        status=np.array([cells.status[i] for i in kept], dtype=np.int8),
        source=_objects(cells.source[i] or grid.name for i in kept),
        vintage=_objects(cells.vintage[i] for i in kept),
        file=np.full(len(kept), grid.file, dtype=object),
        cell=_objects(f"{letters[cells.column[i]]}{cells.row[i] + 2}" for i in kept),
        level=level,
        labels=labels,
        notes=(*notes, *_date_notes(words, periods)),
    )


def _refuse_dates(
    grid: Grid, cells: _Cells, kept: Sequence[int], periods: NDArray[np.int64]
) -> None:
    """A name that had been abolished, or not yet made, in a year for which it has a value."""
    rows: list[Row] = []
    for i, period in _dated(grid, cells, kept, periods):
        wrong = outside(cells.entity[i], [period])
        if wrong is not None and not is_region(cells.entity[i]):
            where = f"{grid.name}!{grid.address(cells.row[i], cells.column[i])}"
            rows.append({"cell": where, "why": wrong})
    if rows:
        raise ZhihengError(
            "S541",
            Text("地区名称在所给年份不成立。", "A region did not exist in a year given."),
            evidence=rows,
            fix=Text(
                "改用当年的归属地区，或删去这些行。",
                "Use the region that it belonged to in that year, or remove the rows.",
            ),
        )


def _dated(
    grid: Grid, cells: _Cells, kept: Sequence[int], periods: NDArray[np.int64]
) -> list[tuple[int, int]]:
    names = {w for w in dict.fromkeys(cells.entity) if is_dated(w)}
    if not names:
        return []
    years = zip(kept, periods.tolist(), strict=True)
    return [(i, y) for i, y in years if cells.entity[i] in names]


def _date_notes(words: Sequence[str], periods: NDArray[np.int64]) -> tuple[Text, ...]:
    """Figures carried back beyond the year in which a province was made, as publishers do."""
    found: list[Text] = []
    for name in [w for w in dict.fromkeys(words) if is_dated(w) and is_region(w)]:
        own = [y for w, y in zip(words, periods.tolist(), strict=True) if w == name]
        wrong = outside(name, own)
        if wrong is not None:
            found.append(wrong)
    return tuple(found)


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


def _values(grid: Grid, cells: _Cells) -> tuple[list[int], NDArray[np.float64]]:
    """The cells that hold a value, and the values."""
    plain = [w.replace(",", "") if "," in w else w for w in cells.word]
    kept = [i for i, w in enumerate(plain) if w not in ABSENT]
    try:
        values = np.array([float(plain[i]) for i in kept], dtype=np.float64)
    except ValueError:
        raise _no_numbers(grid, cells, plain, kept) from None
    if not np.isfinite(values).all():
        raise _no_numbers(grid, cells, plain, kept)
    return kept, values


def _no_numbers(
    grid: Grid, cells: _Cells, plain: Sequence[str], kept: Sequence[int]
) -> ZhihengError:
    bad: list[Row] = [
        {
            "cell": f"{grid.name}!{grid.address(cells.row[i], cells.column[i])}",
            "series": cells.series[i],
            "value": plain[i],
        }
        for i in kept
        if not _is_number(plain[i])
    ]
    return ZhihengError(
        "D103",
        Text("{n} 个数值单元格里不是数。", "{n} number cells do not hold a number.").format(
            n=len(bad)
        ),
        evidence=bad,
        fix=Text("改成数字；缺失请留空。", "Write a number; leave a missing value empty."),
    )


def _is_number(word: str) -> bool:
    try:
        return bool(np.isfinite(float(word)))
    except ValueError:
        return False


def _scales(
    grid: Grid,
    cells: _Cells,
    pairs: Iterable[tuple[str, str]],
    units: Mapping[str, str],
    level: str,
) -> dict[tuple[str, str], tuple[str, float]]:
    found: dict[tuple[str, str], tuple[str, float]] = {}
    for key in pairs:
        name, unit = key
        stated = unit or units.get(name, "")
        if not stated:
            found[key] = (UNSTATED, 1.0)
            continue
        canonical, factor = unit_of(stated)
        info = series_info(name, level) if level else None
        if info is not None and info.unit != canonical:
            raise ZhihengError(
                "U209",
                Text(
                    "序列 {s} 的目录单位是 {a}，文件给的是 {b}。",
                    "The catalog has {s} in {a}, the file gives {b}.",
                ).format(s=name, a=info.unit, b=stated),
                evidence=[{"cell": f"{grid.name}!{_first_address(grid, cells, key)}"}],
                fix=Text(
                    "换单位，或换一个序列名。", "Change the unit, or use another series name."
                ),
            )
        found[key] = (canonical, factor)
    return found


def _first_address(grid: Grid, cells: _Cells, key: tuple[str, str]) -> str:
    i = next(i for i, k in enumerate(zip(cells.series, cells.unit, strict=True)) if k == key)
    return grid.address(cells.row[i], cells.column[i])


def _periods(grid: Grid, column: int) -> list[int]:
    words = [row[column] for row in grid.rows]
    known: dict[str, int] = {}
    for word in dict.fromkeys(words):
        plain = word.removesuffix("年")
        if re.fullmatch(r"\d{4}(\.0)?", plain):
            known[word] = int(float(plain))
    bad: list[Row] = [
        {"cell": f"{grid.name}!{grid.address(i, column)}", "value": word}
        for i, word in enumerate(words)
        if word not in known
    ]
    if bad:
        raise ZhihengError(
            "D104",
            Text("{n} 个时期不是年份。", "{n} periods are not years.").format(n=len(bad)),
            evidence=bad,
            fix=Text(
                "写成四位年份，如 2022；按月、日、小时的读数用 device、timestamp、value、unit "
                "四列。",
                "Write a four-digit year such as 2022; readings by month, day or hour have the "
                "columns device, timestamp, value and unit.",
            ),
        )
    return [known[word] for word in words]


def _statuses(grid: Grid, words: Sequence[str]) -> list[Status]:
    known = {word: _status(grid, words.index(word), word) for word in dict.fromkeys(words)}
    return [known[word] for word in words]


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
