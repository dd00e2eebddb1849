"""Words of cells: what is a number, a year, a gap, a unit, a footnote mark."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from zhiheng.catalog.units import is_unit
from zhiheng.sources.sheet import Cell

GAPS = frozenset(
    {"", "..", "...", "…", "……", "—", "——", "–", "-", "--", "－", "―", "─", "na", "n/a", "n.a.",
     "nan", "null", "none", "无", "缺", "缺失", "#n/a", "/", "\\", "×"}
)  # fmt: skip
"""How files write that there is no value, compared without case after `clean`."""
BELOW = frozenset({"...", "…", "……"})
"""Yearbooks write these for a figure below the smallest unit of the table: no zero, no value."""
BROKEN = re.compile(r"^#(DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!)$")

_MARKS = re.compile(
    r"[\u2460-\u2473\u24b6-\u24e9*†‡§]+$|(?<=\S)\s*[\[【〔(]\s*(?:注)?\d{1,2}\s*[\]】〕)]$"
)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
_GROUPED = re.compile(r"[+-]?\d{1,3}([,\u202f ]\d{3})+(\.\d+)?")
_YEAR = re.compile(r"(1[89]\d\d|20\d\d)(\.0+)?\s*(年度?|财年|A)?")
_SPAN = re.compile(r"(1[89]\d\d|20\d\d)\s*年?\s*[-—–~至]\s*(1[89]\d\d|20\d\d)\s*年?")
_BRACKET = re.compile(
    r"^(?P<name>.*?)\s*[\[(（【](?P<unit>[^\[\]()（）【】]*(?:\([^()]*\))?)[\])）】]$"
)
_UNDERSCORE = re.compile(r"^(?P<name>.+)[_,，、/]\s*(?P<unit>[^_,，]+)$")
_UNIT = re.compile(
    r"(?:计量)?单位\s*[:：]\s*(?P<unit>[^\s)）】；;，]+(?:\s+\S+)?)|\bunits?\s*[:：]\s*(?P<en>[^;)]+)",
    re.I,
)  # noqa: E501
_CJK_GAP = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
_FULL = str.maketrans("−", "-")


@dataclass(frozen=True, slots=True)
class Number:
    """A number cell: its value, whether it is a percentage, the footnote mark that it carried."""

    value: float
    percent: bool = False
    mark: str = ""


def clean(cell: Cell) -> str:
    """The text of a cell: NFKC, one space for many, none between Chinese characters."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return _clean(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    return str(cell)


@lru_cache(maxsize=200_000)
def _clean(word: str) -> str:
    flat = " ".join(unicodedata.normalize("NFKC", _keep_marks(word)).translate(_FULL).split())
    return _CJK_GAP.sub("", flat.replace("\ufeff", "").replace("\u200b", ""))


def _keep_marks(word: str) -> str:
    """Circled digits would become plain ones under NFKC, and 12① the number 121."""
    if word.isascii():
        return word
    return "".join("*" if "\u2460" <= c <= "\u24ff" else c for c in word)


def unmarked(word: str) -> tuple[str, str]:
    """A word without the footnote mark at its end, and the mark."""
    match = _MARKS.search(word)
    if not match or not match.start():
        return word, ""
    return word[: match.start()].rstrip(), match[0].strip()


def is_gap(cell: Cell) -> bool:
    """Whether a cell says that there is no value."""
    if isinstance(cell, float):
        return math.isnan(cell)
    return cell is None or (isinstance(cell, str) and _gap(cell))


@lru_cache(maxsize=400_000)
def _gap(cell: str) -> bool:
    return _clean(cell).casefold() in GAPS


def number(cell: Cell) -> Number | None:
    """The number in a cell, or None if it holds none.

    Thousands separators, full-width digits, a percent sign and a footnote mark at the end
    are understood; ``1,5``, ``(300)`` and ``约300`` are not, because they can mean two things.
    """
    if isinstance(cell, bool) or cell is None or isinstance(cell, dt.date):
        return None
    if isinstance(cell, int | float):
        return Number(float(cell)) if math.isfinite(cell) else None
    return _number(cell)


def bare(cell: Cell) -> bool:
    """Whether a cell is a finite number as such: asked first, because most cells are."""
    return (type(cell) is float and cell - cell == 0) or type(cell) is int


@lru_cache(maxsize=400_000)
def _number(cell: str) -> Number | None:
    word, mark = unmarked(_clean(cell))
    percent = word.endswith("%")
    word = word.removesuffix("%").rstrip()
    if _GROUPED.fullmatch(word):
        word = re.sub(r"[,\u202f ]", "", word)
    if not _NUMBER.fullmatch(word):
        return None
    value = float(word)
    return Number(value, percent, mark) if math.isfinite(value) else None


def year(cell: Cell) -> int | None:
    """The year that a cell stands for: 2022, ``2022年``, a date on the first or last day of one."""
    if isinstance(cell, dt.date):
        ends = (cell.month, cell.day) in ((1, 1), (12, 31))
        return cell.year if ends and 1800 <= cell.year < 2100 else None
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, int | float):
        return int(cell) if 1800 <= cell < 2100 and float(cell).is_integer() else None
    return _year(cell)


@lru_cache(maxsize=100_000)
def _year(cell: str) -> int | None:
    match = _YEAR.fullmatch(unmarked(_clean(cell))[0])
    return int(match[1]) if match else None


def serial_year(cell: Cell) -> int | None:
    """The year of a date that was kept as the number of days since 1899-12-30, if it ends a year.

    Never used unasked: 43831 may be a date or a value.
    """
    found = number(cell)
    if found is None or not found.value.is_integer() or not 20_000 <= found.value <= 73_000:
        return None
    return year(dt.date(1899, 12, 30) + dt.timedelta(days=int(found.value)))


def plain_year(cell: Cell) -> bool:
    """Whether a year is a bare number, which could as well be a value."""
    return not isinstance(cell, dt.date) and number(cell) is not None


def one_year(word: str) -> int | None:
    """The single year that a title or a sheet name mentions; None for none, two, or a range."""
    if _SPAN.search(word):
        return None
    found = set(re.findall(r"(?<!\d)(1[89]\d\d|20\d\d)(?![\d.])", clean(word)))
    return int(found.pop()) if len(found) == 1 else None


def within_year(cell: Cell) -> bool:
    """Whether a cell names a month, quarter, half-year or day: no annual period."""
    if isinstance(cell, dt.date):
        return year(cell) is None
    return isinstance(cell, str) and _within_year(cell)


@lru_cache(maxsize=400_000)
def _within_year(cell: str) -> bool:
    word = _clean(cell)
    return bool(
        re.fullmatch(
            r"(1[89]\d\d|20\d\d)\s*(年\s*(第?[一二三四1-4]季度?|\d{1,2}月(份|\d{1,2}日)?|[上下]半年|"
            r"\d{1,2}-\d{1,2}月)|[-/]\d{1,2}([-/]\d{1,2})?|\.\d{1,2}\.\d{1,2}|\s*Q[1-4]|[A-D])",
            word,
        )
    )  # fmt: skip


@lru_cache(maxsize=20_000)
def split_unit(name: str) -> tuple[str, str, str]:
    """A series name without its unit, the unit, and a bracket that is no known unit.

    ``地区生产总值 (亿元)`` gives 地区生产总值 and 亿元; a bracket whose text is no unit stays in
    the name and is given back as the third part.
    """
    word = clean(name).strip(" :：")
    match = _BRACKET.match(word)
    if match and match["unit"].strip():
        inner = re.sub(r"^单位\s*[:：]\s*", "", match["unit"].strip())
        if is_unit(inner):
            return match["name"].strip() or word, inner, ""
        return word, "", inner
    tail = _UNDERSCORE.match(word)
    if tail and is_unit(tail["unit"].strip()):
        return tail["name"].strip(), tail["unit"].strip(), ""
    return word, "", ""


def stated_unit(word: str) -> str:
    """The unit that a line such as ``单位：亿元`` states, or an empty text."""
    match = _UNIT.search(word)
    if not match:
        return ""
    found = (match["unit"] or match["en"] or "").strip()
    if not is_unit(found) and " " in found and is_unit(found.split(" ", 1)[0]):
        return found.split(" ", 1)[0]
    return found
