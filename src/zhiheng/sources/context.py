"""What stands around a table: title lines, the name of the sheet and of the file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from zhiheng.sources.places import is_known, place_word
from zhiheng.sources.rows import Table
from zhiheng.sources.words import clean, one_year, split_unit, stated_unit

_SERIES = re.compile(r"^(?:指标|指标名称|indicator|variable)\s*[:：]\s*(?P<word>.+)$", re.I)
_TIME = re.compile(r"^(?:时间|年份|时期|period|year)\s*[:：]\s*(?P<word>.*)$", re.I)
_PLACE = re.compile(r"^(?:地区|省份|region|province)\s*[:：]\s*(?P<word>\S.*)$", re.I)
_BASE = re.compile(r"^数据库\s*[:：]\s*(?P<word>.*)$")
_SOURCE = re.compile(r"^(?:数据来源|资料来源|来源|source)\s*[:：]\s*(?P<word>.+)$", re.I)
_NUMBERING = re.compile(
    r"^(?:续?表|附表|table)?\s*[A-Z]?\d{1,3}(?:\s*[-—–.]\s*\d{1,3})+\s*(?:续表)?[、.:：]?\s*|^续?表\s*\d+\s*[、:：]?\s*|^table\s+\d+[.:]?\s*",
    re.I,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Context:
    """What the lines around a table say of all its values; empty where they are silent.

    Attributes
    ----------
    hint : str
        What the series may be called if nothing names it: offered, never used unasked.
    portal : bool
        An export of the data portal of the National Bureau of Statistics.
    """

    series: str = ""
    unit: str = ""
    period: int | None = None
    entity: str = ""
    source: str = ""
    hint: str = ""
    title: str = ""
    portal: bool = False
    national: bool = False
    period_hint: int | None = None


def context(table: Table, file: str, *, many_sheets: bool) -> Context:
    """Read the lines around a table."""
    lines = [text for _, text in table.titles]
    base = _first(_BASE, lines)
    title = _title(lines)
    series = _first(_SERIES, lines)
    time = _first(_TIME, lines)
    unit = next((u for u in map(stated_unit, lines) if u), "")
    if series:
        series, own, _ = split_unit(series)
        unit = unit or own
    sheet = clean(table.sheet.name)
    stem = clean(file.rsplit(".", 1)[0])
    stated = one_year(time) if time else one_year(title)
    named = one_year(sheet) if not table.sheet.plain else None
    return Context(
        series=series,
        unit=unit,
        period=stated if stated is not None else named,
        entity=_first(_PLACE, lines) or _place(sheet) or _place(title),
        source=_first(_SOURCE, [text for _, text in (*table.notes, *table.titles)]),
        hint=split_unit(sheet if many_sheets else stem)[0],
        title=title,
        portal=bool(base),
        national=bool(base) and "省" not in base,
        period_hint=one_year(stem),
    )


def _title(lines: list[str]) -> str:
    """The last line that is no key and value and no unit, without its numbering."""
    for line in reversed(lines):
        keyed = any(p.match(line) for p in (_SERIES, _TIME, _PLACE, _BASE, _SOURCE))
        word = re.sub(r"[(（]?\s*(?:计量)?单位\s*[:：].*$", "", line).strip()
        if keyed or not word:
            continue
        return _NUMBERING.sub("", word).strip()
    return ""


def title_series(title: str) -> tuple[str, str]:
    """The series that a title names, without its year, and the unit in it."""
    word = re.sub(r"[(（]?\s*(?<!\d)(1[89]\d\d|20\d\d)\s*年?度?\s*[)）]?", "", title)
    word = re.sub(r"[(（]\s*[-—–~至]?\s*[)）]", "", word).strip(" -—–")
    name, unit, _ = split_unit(word)
    return (name, unit) if 1 < len(name) <= 60 else ("", unit)


def _place(word: str) -> str:
    """A sheet named ``Shanghai2015`` or 北京市."""
    name = re.sub(r"[\s_-]*(1[89]\d\d|20\d\d)年?$", "", place_word(word)).strip()
    return name if len(name) > 1 and is_known(name) else ""


def _first(pattern: re.Pattern[str], lines: list[str]) -> str:
    for line in lines:
        match = pattern.match(line)
        if match and match["word"].strip():
            return match["word"].strip()
    return ""
