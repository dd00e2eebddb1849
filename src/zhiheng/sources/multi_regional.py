"""Multi-regional input–output tables: one sheet with two header rows and two key columns.

    region,,       r1,  r1,   r2,  r2,   r1,    r2
    sector,,       a,   b,    a,   b,    FU101, FU101
    r1,a,          …
    r2,b,          …
    ,VA001,        …                          (value added, optional)
    ,co2 [t CO2],  …                          (a satellite, with its unit)

A cell of the table is the entity ``r1.a`` and the series ``use.r2.b``; a satellite is a
series with a value for every sector. ``year,,2015`` and ``unit,,Mill USD`` may stand as
further header rows. The sheet is a CSV or the first such one of a workbook; every cell is
labelled, also where a region goes on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.assemble import BadCells, Clock, Reading, assemble
from zhiheng.sources.grid import column_letters
from zhiheng.sources.observations import Observations
from zhiheng.sources.opening import (
    cell_text,
    csv_rows,
    fingerprint,
    head,
    is_zip,
    lacking,
    load_workbook,
)

SOURCE = "user"
_HEADS = ("region", "sector", "year", "unit")
_SATELLITE = re.compile(r"(?P<name>[^\[\]]+?)\s*(\[(?P<unit>[^\]]*)\])?")
_OWN = re.compile(r"(VA|TVA|TI|TII)\d{0,3}")


def sniff(raw: bytes, name: str) -> bool:
    """Whether the first two lines begin with region and sector and leave the next cell empty."""
    if is_zip(raw):
        try:
            return bool(_sheets(raw, name, most=2))
        except ZhihengError:
            return False
    lines = [line.replace(" ", "") for line in head(raw).splitlines()[:2]]
    return len(lines) == 2 and lines[0].startswith("region,,") and lines[1].startswith("sector,,")


def _sheets(raw: bytes, name: str, *, most: int | None = None) -> dict[str, list[list[str]]]:
    """The sheets of a workbook that begin as such a table does."""
    book = {
        title: [[cell_text(c) for c in row] for row in rows]
        for title, rows in load_workbook(raw, name, most=most).items()
    }
    heads = [["region", ""], ["sector", ""]]
    return {title: rows for title, rows in book.items() if [r[:2] for r in rows[:2]] == heads}


def parse(raw: bytes, name: str, *, year: int | None = None, unit: str = "") -> Observations:
    """Read a multi-regional table.

    Parameters
    ----------
    raw : bytes
        CSV or xlsx; of a workbook the first sheet that is such a table.
    name : str
    year : int, optional
        Needed where there is no row ``year`` and the file name has no year.
    unit : str, optional
        Of the deliveries, where there is no row ``unit``; else they are unstated.

    Raises
    ------
    ZhihengError
        S552 unreadable, S553 no such table or a label is left out, S557 no year, D102 a
        code twice, D103 no number, U210 unit.
    """
    sheet, cells = next(iter(_sheets(raw, name).items()), ("", [])) if is_zip(raw) else (
        "", csv_rows(raw, name),
    )  # fmt: skip
    place = f"{sheet}!" if sheet else ""
    top: dict[str, list[str]] = {}
    while cells[len(top) : len(top) + 1] and cells[len(top)] and cells[len(top)][0] in _HEADS:
        top[cells[len(top)][0]] = cells[len(top)][2:]
        if len(top) > len(_HEADS):
            break
    if not {"region", "sector"} <= set(top):
        raise lacking(name, "multi-regional table", ["region,,…", "sector,,…"])
    columns = _columns(top["region"], top["sector"], name, place)
    clock, bad = Clock(name), BadCells(name)
    period = clock.read(_year(top, name, year), "year")
    stated = next((w for w in top.get("unit", []) if w), unit)
    below = cells[len(top) :]
    known = set(top["sector"])
    rows = [_key(row, f"{place}A{r}", name, known) for r, row in enumerate(below, len(top) + 1)]
    _once(rows, columns, name)
    sectors = set(rows) & set(columns)
    found: list[Reading] = []
    for r, (key, row) in enumerate(zip(rows, below, strict=True), start=len(top) + 1):
        if key:
            values = [
                (column, bad.number(row[c] if c < len(row) else "", at), at)
                for c, column in enumerate(columns, start=2)
                for at in [f"{place}{column_letters(c)}{r}"]
            ]
            found += _readings(key, values, sectors, period, stated)
    bad.stop()
    labels = {k: Text.same(k.replace(".", " ", 1)) for k in rows if k}
    return assemble(found, file=fingerprint(raw, name), source=SOURCE, own_labels=labels)


def _readings(
    key: str,
    values: Sequence[tuple[str, float | None, str]],
    sectors: set[str],
    period: int,
    unit: str,
) -> list[Reading]:
    """A row of the table, or of a satellite, which is a series of the sectors."""
    match = _SATELLITE.fullmatch(key)
    if key in sectors or _OWN.fullmatch(key) or match is None:
        return [
            Reading(key, period, f"use.{column}", value, unit, at)
            for column, value, at in values
            if value is not None
        ]
    return [
        Reading(column, period, match["name"].strip(), value, match["unit"] or "", at)
        for column, value, at in values
        if value is not None and column in sectors
    ]


def _columns(regions: list[str], sectors: list[str], name: str, place: str) -> list[str]:
    """Codes of the columns; a label of one kind without the other would lose the column."""
    width = max(len(regions), len(sectors))
    pairs = list(
        zip(
            regions + [""] * (width - len(regions)),
            sectors + [""] * (width - len(sectors)),
            strict=True,
        )
    )
    while pairs and pairs[-1] == ("", ""):
        pairs.pop()
    rows: list[Row] = [
        {"file": name, "cell": f"{place}{column_letters(c)}{1 if s else 2}", "column": r or s}
        for c, (r, s) in enumerate(pairs, start=2)
        if not (r and s)
    ]
    if rows:
        raise _unlabelled(rows)
    return [f"{r}.{s}" for r, s in pairs]


def _key(row: list[str], cell: str, name: str, sectors: set[str]) -> str:
    if len(row) < 2 or not row[1]:
        return ""
    if "." in row[0]:
        raise ZhihengError(
            "S553",
            Text("地区名里不能有点号。", "The name of a region must not hold a full stop."),
            evidence=[{"file": name, "cell": cell, "region": row[0]}],
            fix=Text("换一个地区代码。", "Use another code of the region."),
        )
    if not row[0] and row[1] in sectors:
        raise _unlabelled([{"file": name, "cell": cell, "row": row[1]}])
    return f"{row[0]}.{row[1]}" if row[0] else row[1]


def _unlabelled(rows: list[Row]) -> ZhihengError:
    return ZhihengError(
        "S553",
        Text("行或列缺少地区或部门的名称。", "Rows or columns lack a region or a sector."),
        evidence=rows[:10],
        fix=Text(
            "每一行、每一列都写明地区和部门；合并的单元格逐格填写。",
            "Write region and sector at every row and column; fill merged cells one by one.",
        ),
    )


def _once(rows: list[str], columns: list[str], name: str) -> None:
    for words, side in ((rows, "row"), (columns, "column")):
        named = [w for w in words if w]
        twice = sorted({w for w in named if named.count(w) > 1}) if _repeats(named) else []
        if twice:
            evidence: list[Row] = [{"file": name, side: w} for w in twice[:10]]
            raise ZhihengError(
                "D102",
                Text("同一个代码出现两次。", "A code stands twice."),
                evidence=evidence,
                fix=Text("每个地区的每个部门只写一次。", "Give each sector of a region once."),
            )


def _repeats(words: list[str]) -> bool:
    return len(set(words)) < len(words)


def _year(top: dict[str, list[str]], name: str, year: int | None) -> str:
    in_file = next((w for w in top.get("year", []) if w), "")
    in_name = re.search(r"(?<!\d)((?:19|20)\d{2})(?!\d)", name)
    found = str(year or "") or in_file or (in_name[1] if in_name else "")
    if not found:
        raise ZhihengError(
            "S557",
            Text("不知道 {f} 是哪一年的表。", "It is not known of which year {f} is.").format(
                f=name
            ),
            fix=Text("写明 year=…，或加一行 year。", "Give year=…, or a row named year."),
        )
    return found
