"""Input–output tables: national tables of 42, 139 or other numbers of sectors, CSV or workbook.

The layout is recognised by its codes: a row of column codes (``01`` …, ``TIU``,
``FU101``, ``GO``) and a column of row codes (``01`` …, ``TII``, ``VA001``, ``TI``). It
does not matter how many title, name or section rows stand around them. A yearbook
prints names without codes; there the sectors are numbered in the order of their rows.

A row is an entity (its code; imported inputs are ``01.imports``), a column is a series
(``use.01``, ``use.TIU``, ``use.GO``), so that the table is one `Panel` of one period. A
row below them whose name holds a unit, ``co2 [t CO2]``, is a satellite: a series of the
sectors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.assemble import BadCells, Clock, Reading, assemble
from zhiheng.sources.grid import column_letters
from zhiheng.sources.observations import Observations
from zhiheng.sources.opening import (
    SNIFFED,
    cell_text,
    csv_rows,
    fingerprint,
    head,
    is_zip,
    lacking,
    load_workbook,
)

SOURCE = "nbs_io"
_SECTOR = re.compile(r"\d{2,6}")
_CODE = re.compile(r"\d{2,6}|(TIU|TII|TI|TC|TFU|FU|GO|EX|IM|GCF|TVA|VA|ERR)\d{0,3}")
_YEAR = re.compile(r"((?:19|20)\d{2})\s*年")
_UNIT = re.compile(r"单位\s*[::：]\s*([^\s)）]+)")
_SATELLITE = re.compile(r"(?P<name>[^\[\]]+?)\s*\[(?P<unit>[^\[\]]+)\]")
_ORIGINS = {"domestic": "", "imports": ".imports", "imported": ".imports", "tot": "", "total": ""}

Cells = list[list[str]]

NAMED: Mapping[str, str] = {
    "中间使用合计": "TIU", "中间投入合计": "TII", "最终使用合计": "TFU", "总产出": "GO",
    "总投入": "TI", "增加值合计": "TVA", "劳动者报酬": "VA001", "生产税净额": "VA002",
    "固定资产折旧": "VA003", "营业盈余": "VA004", "出口": "EX", "进口": "IM", "其他": "ERR",
    "最终消费合计": "TC", "最终消费支出合计": "TC", "资本形成总额合计": "GCF",
}  # fmt: skip
"""What a yearbook, which prints no codes, writes for the totals and parts of value added."""


class _Table(NamedTuple):
    sheet: str
    cells: Cells
    header: int
    codes: int
    columns: tuple[tuple[int, str], ...]
    names: Mapping[str, str]


class Gap(NamedTuple):
    """One accounting identity of one sector, and by how much it fails."""

    identity: str
    sector: str
    left: float
    right: float

    @property
    def relative(self) -> float:
        """The difference as a share of the larger side."""
        return abs(self.left - self.right) / max(abs(self.left), abs(self.right), 1.0)


def sniff(raw: bytes, name: str) -> bool:
    """Whether there is a row of column codes with a total of intermediate use among them."""
    if is_zip(raw):
        try:
            return bool(_tables(raw, name))
        except ZhihengError:
            return False
    start = head(raw) + raw[:SNIFFED].decode("gb18030", errors="replace")
    return ",TIU" in start or "中间使用合计" in start


def parse(raw: bytes, name: str, *, year: int | None = None, unit: str = "") -> Observations:
    """Read an input–output table.

    Parameters
    ----------
    raw : bytes
        CSV or xlsx; of a workbook the first sheet that is such a table.
    name : str
    year : int, optional
        Needed where neither title nor file name has ``2020年`` or ``_2020_``.
    unit : str, optional
        Such as ``万元``, where the sheet does not say ``单位：万元``; without either the
        unit is unstated.

    Notes
    -----
    Accounting identities are checked and the worst difference of each is a note; a
    table that does not balance is read as it is, see `balance`.

    Raises
    ------
    ZhihengError
        S552 unreadable, S553 no table in it, S557 no year, D103 no number, D102 a code
        twice, U210 unit.
    """
    tables = _tables(raw, name)
    if not tables:
        raise lacking(name, "input-output table", ["01 02 … TIU GO", "TII VA001 TI"])
    table = tables[0]
    stated = _first(_UNIT, table) or unit
    clock, bad = Clock(name), BadCells(name)
    period = clock.read(_year(table, name, year), "title")
    found: list[Reading] = []
    labels: dict[str, Text] = {}
    for r in range(table.header + 1, len(table.cells)):
        entity = _entity(table, r)
        if entity:
            labels[entity] = _title(table, r, entity)
            found += _row(table, r, entity, period, stated, bad)
        else:
            found += _satellite(table, r, period, bad)
    bad.stop()
    _once(found, name)
    file = fingerprint(raw, name)
    made = assemble(found, file=file, source=SOURCE, own_labels=labels)
    return replace(made, notes=(*made.notes, *_notes(balance(made))))


def balance(observations: Observations) -> list[Gap]:
    """The accounting identities of the table, sector by sector.

    Intermediate inputs add up to TII, intermediate uses to TIU, the parts of value
    added to TVA; TII + TVA = TI; and total input equals total output.
    """
    at = {
        (str(e), str(s).removeprefix("use.")): float(v)
        for e, s, v in zip(
            observations.entity, observations.series, observations.value, strict=True
        )
    }
    rows = list(dict.fromkeys(str(e) for e in observations.entity))
    sectors = [s for s in dict.fromkeys(c for _, c in at) if _SECTOR.fullmatch(s)]
    inputs = [r for r in rows if _SECTOR.fullmatch(r.split(".")[0])]
    value_added = [r for r in rows if re.fullmatch(r"VA\d+", r)]
    found: list[Gap] = []
    for s in sectors:
        found += _identity("inputs = TII", s, [(r, s) for r in inputs], [("TII", s)], at)
        found += _identity("VA = TVA", s, [(r, s) for r in value_added], [("TVA", s)], at)
        found += _identity("TII + TVA = TI", s, [("TII", s), ("TVA", s)], [("TI", s)], at)
        found += _identity("TI = GO", s, [("TI", s)], [(s, "GO")], at)
    for r in inputs:
        found += _identity("uses = TIU", r, [(r, s) for s in sectors], [(r, "TIU")], at)
    return found


def _identity(
    title: str,
    sector: str,
    left: Sequence[tuple[str, str]],
    right: Sequence[tuple[str, str]],
    at: Mapping[tuple[str, str], float],
) -> list[Gap]:
    if not left or any(key not in at for key in (*left, *right)):
        return []
    return [Gap(title, sector, sum(at[k] for k in left), sum(at[k] for k in right))]


def _tables(raw: bytes, name: str) -> list[_Table]:
    if is_zip(raw):
        book = {
            f"{title}!": [[cell_text(c) for c in row] for row in rows]
            for title, rows in load_workbook(raw, name).items()
        }
    else:
        book = {"": csv_rows(raw, name)}
    found = [_table(sheet, cells) or _yearbook(sheet, cells) for sheet, cells in book.items()]
    return [t for t in found if t is not None]


def _table(sheet: str, cells: Cells) -> _Table | None:
    """The row with most column codes is the header, the column with most row codes the key."""
    top = cells[:30]
    if not top:
        return None
    counts = [sum(bool(_CODE.fullmatch(c)) for c in row) for row in top]
    header = counts.index(max(counts))
    columns = tuple((c, w) for c, w in enumerate(cells[header]) if _CODE.fullmatch(w))
    words = {w for _, w in columns}
    if len(columns) < 3 or not words & {"TIU", "GO"}:
        return None
    left = min(c for c, _ in columns)
    below = cells[header + 1 :]
    keys = [sum(bool(_CODE.fullmatch(r[c])) for r in below if c < len(r)) for c in range(left)]
    if not keys or max(keys) < 3:
        return None
    return _Table(sheet, cells, header, keys.index(max(keys)), columns, {})


def _yearbook(sheet: str, cells: Cells) -> _Table | None:
    """A table with names in place of codes: sectors are numbered in the order of their rows.

    A name that heads a column and a row is a sector; the totals are known by their words.
    """
    words = [[w.replace(" ", "") for w in row] for row in cells]
    header = next((r for r, row in enumerate(words[:30]) if "中间使用合计" in row), None)
    key = next((row.index("中间投入合计") for row in words if "中间投入合计" in row), None)
    if header is None or key is None:
        return None
    heads = set(words[header])
    sectors = dict.fromkeys(
        row[key]
        for row in words[header + 1 :]
        if key < len(row) and row[key] in heads and row[key] not in {"", *NAMED}
    )
    codes = {**NAMED, **{w: f"{i:02d}" for i, w in enumerate(sectors, start=1)}}
    columns = tuple((c, codes[w]) for c, w in enumerate(words[header]) if c > key and w in codes)
    coded = [list(row) for row in cells]
    for r in range(header + 1, len(coded)):
        if key < len(coded[r]):
            left = [w for w in words[r][:key] if w in NAMED]  # 总投入 stands in the first column
            coded[r][key] = codes.get(words[r][key] or (left or [""])[0], "")
    if len(sectors) < 2:
        return None
    return _Table(sheet, coded, header, key, columns, {v: k for k, v in codes.items()})


def _entity(table: _Table, r: int) -> str:
    row = table.cells[r]
    code = row[table.codes] if table.codes < len(row) else ""
    if not _CODE.fullmatch(code):
        return ""
    left = row[: min(c for c, _ in table.columns)]
    origin = [_ORIGINS[w.casefold()] for w in left if w.casefold() in _ORIGINS]
    return code + (origin[0] if origin else "")


def _title(table: _Table, r: int, entity: str) -> Text:
    if entity in table.names:
        return Text.same(table.names[entity])
    left = table.cells[r][: min(c for c, _ in table.columns)]
    words = [
        w for c, w in enumerate(left) if w and c != table.codes and w.casefold() not in _ORIGINS
    ]
    chinese = [w for w in words if not w.isascii()]
    other = [w for w in words if w.isascii()]
    zh = (chinese or other or [entity])[-1]
    return Text(zh, (other or [zh])[-1])


def _row(
    table: _Table, r: int, entity: str, period: int, unit: str, bad: BadCells
) -> list[Reading]:
    row = table.cells[r]
    found: list[Reading] = []
    for c, code in table.columns:
        cell = f"{table.sheet}{column_letters(c)}{r + 1}"
        value = bad.number(row[c] if c < len(row) else "", cell)
        if value is not None:
            found.append(Reading(entity, period, f"use.{code}", value, unit, cell))
    return found


def _satellite(table: _Table, r: int, period: int, bad: BadCells) -> list[Reading]:
    """A row named like ``co2 [t CO2]``: its values belong to the sectors of the columns."""
    row = table.cells[r]
    left = row[: min(c for c, _ in table.columns)]
    match = next((m for w in left if (m := _SATELLITE.fullmatch(w))), None)
    if match is None:
        return []
    found: list[Reading] = []
    for c, code in table.columns:
        if _SECTOR.fullmatch(code):
            cell = f"{table.sheet}{column_letters(c)}{r + 1}"
            value = bad.number(row[c] if c < len(row) else "", cell)
            if value is not None:
                found.append(Reading(code, period, match["name"], value, match["unit"], cell))
    return found


def _first(pattern: re.Pattern[str], table: _Table) -> str:
    above = [w for row in table.cells[: table.header] for w in row]
    return next((m[1] for w in above if (m := pattern.search(w))), "")


def _year(table: _Table, name: str, year: int | None) -> str:
    in_name = re.search(r"(?<!\d)((?:19|20)\d{2})(?!\d)", name)
    found = str(year or "") or _first(_YEAR, table) or (in_name[1] if in_name else "")
    if not found:
        raise ZhihengError(
            "S557",
            Text("不知道 {f} 是哪一年的表。", "It is not known of which year {f} is.").format(
                f=name
            ),
            fix=Text("写明 year=…。", "Give year=…."),
        )
    return found


def _once(found: Sequence[Reading], name: str) -> None:
    seen: dict[tuple[str, str], str] = {}
    for r in found:
        before = seen.setdefault((r.entity, r.series), r.cell)
        if before != r.cell:
            raise ZhihengError(
                "D102",
                Text("同一格有两个值。", "Two values are given for one cell."),
                evidence=[{"file": name, "cell": f"{before}, {r.cell}", "code": r.entity}],
                fix=Text("检查代码是否重复。", "Look for a code that stands twice."),
            )


def _notes(found: Sequence[Gap]) -> list[Text]:
    worst: dict[str, Gap] = {}
    for gap in found:
        if gap.identity not in worst or gap.relative > worst[gap.identity].relative:
            worst[gap.identity] = gap
    return [
        Text(
            "恒等式 {i}：最大相对差 {x}（部门 {s}）。",
            "Identity {i}: largest relative difference {x} (sector {s}).",
        ).format(i=g.identity, x=f"{g.relative:.1e}", s=g.sector)
        for g in worst.values()
    ]
