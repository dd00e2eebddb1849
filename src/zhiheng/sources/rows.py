"""What kind of row stands where: titles, headers, data, notes; and the tables they make."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from zhiheng.catalog.region_names import spelling
from zhiheng.core.text import Text
from zhiheng.sources.places import is_known, is_place, place_word
from zhiheng.sources.sheet import Cell, Sheet, refuse_cells
from zhiheng.sources.words import (
    bare,
    clean,
    is_gap,
    number,
    plain_year,
    serial_year,
    stated_unit,
    within_year,
    year,
)

Kind = Literal["blank", "title", "note", "heads", "years", "places", "data"]
NOTE = re.compile(r"^[(（]?\s*(注|附注|说明|备注|数据来源|资料来源|来源|note|source|a\)|b\))", re.I)
HEADERS = ("heads", "years", "places")
MOST_FILLED = 2_000_000


@dataclass(slots=True)
class Table:
    """One table of a sheet: header rows, data rows, and the lines around it.

    Attributes
    ----------
    heads : list of int
        Header rows, from top to bottom.
    rows : list of int
        Data rows.
    left, right : int
        First and last column.
    titles, notes : list of (row, text)
    """

    sheet: Sheet
    heads: list[int]
    rows: list[int]
    titles: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    notes: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    left: int = 0
    right: int = 0

    @property
    def address(self) -> str:
        """The address of the table: its first header cell, which names it in a mapping file."""
        return self.sheet.address((self.heads or self.rows)[0], self.left)


class Filled:
    """A sheet in which every cell of a merged range has the value of the range."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.width = max((len(r) for r in sheet.rows), default=0)
        self.source: dict[tuple[int, int], tuple[int, int]] = {}
        for top, left, bottom, right in sheet.merged:
            last_row, last_column = min(bottom, len(sheet.rows) - 1), min(right, self.width - 1)
            size = max(last_row - top + 1, 0) * max(last_column - left + 1, 0)
            refuse_cells(len(self.source) + size - MOST_FILLED, sheet.name, "xlsx", sheet.name)
            for r in range(top, last_row + 1):
                for c in range(left, last_column + 1):
                    self.source[r, c] = (top, left)

    def raw(self, row: int, column: int) -> Cell:
        """The cell as it stands."""
        line = self.sheet.rows[row]
        return line[column] if column < len(line) else None

    def cell(self, row: int, column: int) -> Cell:
        """The cell, or the first one of its merged range."""
        at = self.source.get((row, column))
        return self.raw(*at) if at else self.raw(row, column)

    def origin(self, row: int, column: int) -> tuple[int, int]:
        """Where the value of a cell stands."""
        return self.source.get((row, column), (row, column))


@dataclass(slots=True)
class _Facts:
    """What the cells of one row are."""

    texts: list[int] = field(default_factory=list[int])
    places: list[int] = field(default_factory=list[int])
    years: list[int] = field(default_factory=list[int])
    written: int = 0
    numbers: int = 0
    gaps: int = 0

    @property
    def filled(self) -> int:
        return len(self.texts) + len(self.places) + len(self.years) + self.numbers


def tables(sheet: Sheet) -> tuple[list[Table], Filled]:
    """The tables of a sheet in order, side by side ones apart."""
    filled = Filled(sheet)
    kinds: list[Kind] = [_kind(filled, r) for r in range(len(sheet.rows))]
    found = _Walk(filled, kinds).tables()
    return [part for table in found for part in _side_by_side(table, filled)], filled


class _Walk:
    """Goes down the rows of a sheet and cuts it into tables."""

    def __init__(self, filled: Filled, kinds: Sequence[Kind]) -> None:
        self.filled, self.kinds = filled, kinds
        self.found: list[Table] = []
        self.heads: list[int] = []
        self.titles: list[int] = []
        self.blank = False

    def tables(self) -> list[Table]:
        """All tables from top to bottom."""
        for r, kind in enumerate(self.kinds):
            text = kind == "heads" and self._is_text_row(r)
            if kind == "data" or text or (kind == "years" and self._is_row_of_values(r)):
                self._data(r)
            elif kind in HEADERS:
                self._head(r)
            elif kind == "title":
                self._title(r)
            elif kind == "note" and self.found:
                self._note(r)
            self.blank = kind == "blank"
        if self.found:
            self.found[-1].notes += [(t, self._text(t)) for t in self.titles]
        return self.found

    def _data(self, r: int) -> None:
        fresh = bool(self.heads) or not self.found
        inherits = not fresh and self.titles and self.kinds[r - 1] != "title" and self.blank
        if fresh or inherits:
            heads = self.heads or (self.found[-1].heads if self.found else [])
            titles = [(t, self._text(t)) for t in self.titles]
            self.found.append(Table(self.filled.sheet, list(heads), [], titles))
        elif self.titles:
            self.found[-1].rows += self.titles
        self.found[-1].rows.append(r)
        self.heads, self.titles = [], []

    def _head(self, r: int) -> None:
        if self.heads and r - self.heads[-1] > 2:
            self.titles += self.heads
            self.heads = []
        if self.titles and not self.heads and self._stands_above(self.titles[-1], r):
            self.heads.append(self.titles.pop())
        self.heads.append(r)

    def _title(self, r: int) -> None:
        if not self.heads:
            self.titles.append(r)
        elif self.kinds[r - 1] in HEADERS and self._label(r):
            pass  # a section line directly under the header
        else:
            self.titles += [*self.heads, r]
            self.heads = []

    def _note(self, r: int) -> None:
        self.found[-1].notes.append((r, self._text(r)))

    def _label(self, r: int) -> bool:
        return bool(self.filled.raw(r, 0)) and not stated_unit(self._text(r))

    def _stands_above(self, title: int, head: int) -> bool:
        """A lone group header such as a merged cell above several columns, but not the first."""
        if title != head - 1 or stated_unit(self._text(title)):
            return False
        columns = [c for c in range(self.filled.width) if self.filled.raw(title, c) is not None]
        return bool(columns) and columns[0] > 0

    def _is_text_row(self, r: int) -> bool:
        """Text where numbers are expected, straight below data: a row to be asked about."""
        if self.blank or self.heads or not self.found or self.found[-1].rows[-1] != r - 1:
            return False
        first = next((c for c in self.filled.sheet.rows[r] if not is_gap(c)), None)
        return is_place(first) or year(first) is not None

    def _is_row_of_values(self, r: int) -> bool:
        """Values near 2000 straight below data or a row of years are values."""
        cells = [c for c in self.filled.sheet.rows[r] if not is_gap(c)]
        below = r > 0 and not self.blank and self.kinds[r - 1] in ("data", "years")
        bare = all(plain_year(c) for c in cells[1:] if not isinstance(c, dt.date))
        label = year(cells[0]) is None and bool(clean(cells[0]))
        return below and bare and label and not self._repeats_header(r)

    def _repeats_header(self, r: int) -> bool:
        """The same years at the same places as in the header: the header of the next table."""
        heads = self.found[-1].heads if self.found else []
        row = self.filled.sheet.rows[r]
        at = [c for c, cell in enumerate(row) if year(cell) is not None]
        return any(
            sum(year(self.filled.raw(h, c)) == year(row[c]) for c in at) * 10 >= len(at) * 8
            for h in heads
        )

    def _text(self, r: int) -> str:
        words = (clean(c) for c in self.filled.sheet.rows[r])
        return " ".join(w for w in words if w)


def _facts(filled: Filled, r: int) -> _Facts:
    facts = _Facts()
    for c, cell in enumerate(filled.sheet.rows[r]):
        if cell is None:
            continue
        if bare(cell):
            if year(cell) is None:
                facts.numbers += 1
            else:
                facts.years.append(c)
        elif is_gap(cell):
            facts.gaps += isinstance(cell, str) and bool(cell.strip())
        elif year(cell) is not None or within_year(cell):
            facts.years.append(c)
            facts.written += isinstance(cell, dt.date) or not plain_year(cell)
        elif number(cell) is not None:
            facts.numbers += 1
        elif is_place(cell):
            facts.places.append(c)
        else:
            facts.texts.append(c)
    return facts


def _kind(filled: Filled, r: int) -> Kind:
    facts = _facts(filled, r)
    if not facts.filled:
        return "blank"
    first = next(clean(c) for c in filled.sheet.rows[r] if not is_gap(c))
    alone = facts.filled == 1 and not facts.gaps
    if NOTE.match(first) and (alone or (not facts.numbers and facts.filled < 4)):
        return "note"
    if alone:
        return "title"
    if (not facts.numbers and _is_years(filled, r, facts)) or _is_serials(filled, r, facts):
        return "years"
    if not facts.numbers and _is_places(filled, r, facts):
        return "places"
    return "data" if facts.numbers or facts.gaps or facts.years else "heads"


def _is_years(filled: Filled, r: int, facts: _Facts) -> bool:
    cells = [filled.raw(r, c) for c in facts.years]
    first = min(facts.years + facts.texts + facts.places, default=0)
    if not cells or (facts.places and first in facts.places):
        return False
    if len(cells) == 1:
        rest = [clean(filled.raw(r, c)) for c in facts.texts]
        alone = facts.years[0] > 0 and all(len(w) < 12 for w in rest)
        return alone and (facts.written == 1 or not facts.gaps)
    if any(within_year(c) for c in cells):
        return True
    return _is_regular([year(c) or 0 for c in cells])


def _is_serials(filled: Filled, r: int, facts: _Facts) -> bool:
    """Dates of several years kept as numbers; the reader asks whether they are."""
    if facts.numbers < 2 or facts.places:
        return False
    cells = [c for c in filled.sheet.rows[r] if number(c) is not None]
    return len(cells) == facts.numbers and all(serial_year(c) is not None for c in cells)


def _is_regular(years: Sequence[int]) -> bool:
    """All alike, in steps of one sign, or a repeated pattern; values near 2000 are rarely so."""
    steps = {b - a for a, b in zip(years, years[1:], strict=False)}
    if steps == {0} or all(0 < s <= 10 for s in steps) or all(-10 <= s < 0 for s in steps):
        return True
    step, often = Counter(b - a for a, b in zip(years, years[1:], strict=False)).most_common(1)[
        0
    ]  # a year that stands twice, or one left out, does not make it a row of values
    if len(years) > 5 and 0 < abs(step) <= 10 and often * 10 >= (len(years) - 1) * 8:
        return True
    distinct = list(dict.fromkeys(years))
    inner = {b - a for a, b in zip(distinct, distinct[1:], strict=False)}
    return len(distinct) * 2 <= len(years) or (len(inner) == 1 and abs(inner.pop()) <= 10)


def _is_places(filled: Filled, r: int, facts: _Facts) -> bool:
    names = {spelling(place_word(clean(filled.raw(r, c)))) for c in facts.places}
    known = sum(is_known(clean(filled.raw(r, c))) for c in facts.places)
    return len(names) >= 3 and known >= 2 and len(facts.places) >= len(facts.texts)


def _side_by_side(table: Table, filled: Filled) -> list[Table]:
    """Cut a table at empty columns where the right part has names of its own."""
    lines = [*table.heads, *table.rows]
    heads = set(table.heads)
    found = {c for r, c in filled.source if r in heads}
    for r in lines:
        row = filled.sheet.rows[r]
        if len(found) < len(row):
            found |= {c for c, v in enumerate(row) if c not in found and not is_gap(v)}
    used = sorted(found)
    if not used:
        return []
    parts: list[list[int]] = [[used[0], used[0]]]
    for c in used[1:]:
        if c > parts[-1][1] + 1 and _has_names(table, filled, c):
            parts.append([c, c])
        parts[-1][1] = c
    return [
        Table(table.sheet, table.heads, table.rows, table.titles, table.notes, left, right)
        for left, right in parts
    ]


def _has_names(table: Table, filled: Filled, column: int) -> bool:
    cells = [filled.raw(r, column) for r in table.rows]
    cells = [c for c in cells if not is_gap(c)]
    names = sum(is_place(c) or (year(c) is not None and number(c) is None) for c in cells)
    return bool(cells) and names * 2 > len(cells)


def no_table(sheet: Sheet) -> Text:
    """Why a sheet has no table."""
    if not any(any(c is not None for c in row) for row in sheet.rows):
        return Text("空表", "an empty sheet")
    return Text("没有带表头的数字", "no numbers under a header")
