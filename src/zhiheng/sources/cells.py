"""The values of one table, each with the words that say what it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from zhiheng.catalog.units import is_unit
from zhiheng.core.text import Text
from zhiheng.sources.context import Context, title_series
from zhiheng.sources.places import is_total, place_word
from zhiheng.sources.questions import DROP, GAP, Answers, Question
from zhiheng.sources.roles import Roles, remarked_year
from zhiheng.sources.rows import Filled, Table
from zhiheng.sources.sheet import Cell
from zhiheng.sources.words import (
    BELOW,
    bare,
    clean,
    is_gap,
    number,
    one_year,
    serial_year,
    split_unit,
    within_year,
    year,
)

MOST_QUESTIONS = 200
"""Cells of one table that are asked about one by one; with more the table is no table."""


SYMBOLS = "#*†‡§ "
"""Marks around the name of a series: of which, and footnotes."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row, column or sheet that was left out, and why."""

    where: str
    word: str
    reason: Text


@dataclass(frozen=True, slots=True)
class Value:
    """One value as it stands in the sheet."""

    entity: str
    period: int
    series: str
    unit: str
    value: float
    percent: bool
    row: int
    column: int
    status: str = ""
    doubt: str = ""


@dataclass(slots=True)
class Found:
    """The values of a table, and what is open or left out."""

    table: Table
    roles: Roles
    context: Context
    values: list[Value] = field(default_factory=list[Value])
    questions: list[Question] = field(default_factory=list[Question])
    dropped: list[Dropped] = field(default_factory=list[Dropped])
    notes: Counter[str] = field(default_factory=Counter[str])
    remarks: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class _Label:
    """What a row or a column says of its cells."""

    entity: str = ""
    period: int | None = None
    series: str = ""
    unit: str = ""
    doubt: str = ""
    status: str = ""
    out: Text | None = None


class Reader:
    """Reads the values of one table under the answers given."""

    def __init__(
        self, table: Table, filled: Filled, roles: Roles, context: Context, answers: Answers
    ) -> None:
        self.table, self.filled, self.roles = table, filled, roles
        self.context, self.answers = context, answers
        self.found = Found(table, roles, context)
        self.base = _Label()
        self.above: dict[int, str] = {}

    def read(self) -> Found:
        """All values, questions and left-out parts."""
        for at, reason in self.roles.dropped:
            word = " ".join(clean(self.filled.cell(h, at)) for h in self.table.heads).strip()
            self._drop(self.table.rows[0] if not self.table.heads else self.table.heads[-1], at,
                       word, reason)  # fmt: skip
        self.base = self._context()
        columns = {c: self._column(c) for c in self.roles.body}
        columns = {c: label for c, label in columns.items() if label.out is None}
        if not self._settled(columns):
            return self.found
        for r in self.table.rows:
            label = self._row(r)
            if label.out is None:
                self._values(r, label, columns)
            elif label.out.en != "-":
                self._drop(r, self.table.left, label.entity or self._first(r), label.out)
        return self.found

    # --- what holds for all cells ---------------------------------------------------------

    def _context(self) -> _Label:
        said, around = self.answers.tables.get(self.table.address), self.context
        label = _Label(around.entity, around.period, around.series, around.unit)
        label.entity = label.entity or self.answers.entity
        label.period = label.period or year(self.answers.period)
        if said:
            label.entity = self._told("entity") or label.entity
            label.series = self._told("series") or label.series
            label.unit = self._told("unit") or label.unit
            label.period = year(self._told("period")) or label.period
        if not self.roles.has("series"):
            self._name(label)
        return label

    def _name(self, label: _Label) -> None:
        """The series of a table whose axes are regions and years: its corner or its title."""
        corner, unit, _ = split_unit(self.roles.corner)
        if is_unit(self.roles.corner.strip("()[] ")):
            corner, unit = "", self.roles.corner.strip("()[] ")
        if unit:
            label.unit = label.unit or unit
            label.series = label.series or corner
        title, unit = title_series(self.context.title)
        label.series = label.series or title
        label.unit = label.unit or unit

    def _told(self, part: str) -> str:
        return self.answers.of("tables", self.table.address, part)

    def _settled(self, columns: dict[int, _Label]) -> bool:
        """Ask for each dimension that neither an axis nor a line around the table gives."""
        around, at = self.context, self.table.address
        if not self.roles.columns and len(self.table.rows) > 1:
            self.found.dropped.append(
                Dropped(
                    at, self._first(self.table.rows[0]), Text("各行没有名称", "rows without names")
                )
            )
            return False
        wanted: list[tuple[str, bool, Text, tuple[str, ...]]] = [
            ("entity", bool(self.base.entity), Text("表中没有地区", "the table names no region"),
             ("CHN",) if around.national else ()),
            ("period", self.base.period is not None or all(
                c.period is not None for c in columns.values()),
             Text("表中没有年份", "the table names no year"),
             (str(around.period_hint),) if around.period_hint else ()),
            ("series", bool(self.base.series), Text("表中没有指标名", "the table names no series"),
             tuple(w for w in (self.roles.corner, around.hint) if w)),
        ]  # fmt: skip
        if not self.base.series and not self.roles.has("series") and not self._has_unit(columns):
            wanted.append(
                ("unit", bool(self.base.unit), Text("表中没有单位", "the table names no unit"), ())
            )
        open_ = [
            Question("tables", at, text, at, choices, part)
            for part, given, text, choices in wanted
            if not given and not self.roles.has(part)
        ]
        self.found.questions += open_
        return not open_ and bool(columns)

    def _has_unit(self, columns: dict[int, _Label]) -> bool:
        return self.roles.has("unit") or any(c.unit for c in columns.values())

    # --- headers --------------------------------------------------------------------------

    def _column(self, c: int) -> _Label:
        label, names = _Label(), list[str]()
        told = str(self.answers.columns.get(self.table.sheet.address(self._last_head(), c), ""))
        if told == DROP:
            label.out = Text("按映射文件略去", "left out by the mapping file")
        for h, role in self.roles.heads.items():
            cell = self._head(h, c)
            if role == "series":
                self._series(label, names, cell)
            elif role == "unit":
                label.unit = clean(cell).strip("()[]（）【】 ")
            elif role == "entity":
                self._entity(label, cell)
            elif role == "period":
                self._period(label, cell, c, told)
        label.series = "/".join(dict.fromkeys(names))
        if year(told) is not None:
            label.period = year(told)
        if not self.roles.has("period") and self.base.period is None:
            label.period = one_year(label.series)
        if label.out:
            word = " ".join(clean(self._head(h, c)) for h in self.table.heads).strip()
            self._drop(self._last_head(), c, word, label.out)
        return label

    def _series(self, label: _Label, names: list[str], cell: Cell) -> None:
        name, unit, doubt = split_unit(clean(cell).strip(SYMBOLS))
        name = name.strip(SYMBOLS)
        label.unit, label.doubt = unit or label.unit, doubt or label.doubt
        if name:
            names.append(name)

    def _entity(self, label: _Label, cell: Cell) -> None:
        label.entity = place_word(clean(cell))
        if not label.entity:
            label.out = Text("表头没有地区", "no region in the header")
        elif is_total(label.entity):
            label.out = Text("合计或平均，不是一个地区", "a total or average, no region")

    def _period(self, label: _Label, cell: Cell, c: int, told: str) -> None:
        label.period = year(cell)
        if label.period is None:
            label.period = remarked_year(cell)
            if label.period is not None:
                self.found.remarks.append(clean(cell))
        if label.period is None and within_year(cell):
            label.out = Text("月、季或日，不是年度", "a month, quarter or day, no year")
        elif label.period is None and serial_year(cell) is not None:
            self._serial(c, cell, told)
        elif label.period is None and year(told) is None:
            label.out = Text("表头没有年份", "no year in the header")

    def _serial(self, c: int, cell: Cell, told: str) -> None:
        """A date that was kept as a number: asked, never assumed."""
        if told:
            return
        at = self.table.sheet.address(self._last_head(), c)
        found = str(serial_year(cell))
        text = Text(
            "{n} 是存成数字的日期（{y} 年）吗？", "Is {n} a date kept as a number ({y})?"
        ).format(n=clean(cell), y=found)
        self.found.questions.append(Question("columns", at, text, at, (found, DROP)))

    def _head(self, h: int, c: int) -> Cell:
        """A header cell; a blank one right of a group header belongs to the group."""
        cell = self.filled.cell(h, c)
        later = [k for k in self.table.heads if k > h]
        if cell is not None or not later:
            return cell
        if self.roles.heads.get(h) == "unit" or is_gap(self.filled.cell(later[0], c)):
            return cell
        for left in range(c - 1, self.roles.body[0] - 1, -1):
            found = self.filled.cell(h, left)
            if found is not None:
                return found
        return cell

    def _last_head(self) -> int:
        return self.table.heads[-1] if self.table.heads else self.table.rows[0]

    # --- rows -----------------------------------------------------------------------------

    def _row(self, r: int) -> _Label:
        label = _Label()
        told = self.answers.rows
        if told and told.get(self.table.sheet.address(r, self.table.left)) == DROP:
            label.out = Text("按映射文件略去", "left out by the mapping file")
        for c, role in self.roles.columns.items():
            cell = self._cell(r, c, role)
            if role == "entity":
                self._row_entity(label, cell, r)
            elif role == "period":
                self._row_period(label, cell, r)
            elif role == "series":
                names: list[str] = []
                self._series(label, names, cell)
                label.series = "".join(names)
                if not names and not label.out:
                    label.out = self._blank(r, Text("没有指标名", "no name of a series"))
            elif role == "unit" and clean(cell):
                label.unit = clean(cell)
            elif role == "status":
                label.status = clean(cell)
        return label

    def _row_entity(self, label: _Label, cell: Cell, r: int) -> None:
        label.entity = place_word(clean(cell))
        if not label.entity:
            label.out = self._blank(r, Text("没有地区名", "no name of a region"))
        elif is_total(label.entity):
            label.out = Text("合计或平均，不是一个地区", "a total or average, no region")
        elif self.answers.of("regions", label.entity) == DROP:
            label.out = Text("按映射文件略去", "left out by the mapping file")

    def _row_period(self, label: _Label, cell: Cell, r: int) -> None:
        label.period = year(cell)
        if label.period is None and not label.out:
            why = Text("没有年份", "no year")
            if within_year(cell):
                why = Text("月、季或日，不是年度", "a month, quarter or day, no year")
            elif serial_year(cell) is not None:
                why = Text("日期存成了数字，请写成年份", "a date kept as a number; write the year")
            label.out = self._blank(r, why)

    def _blank(self, r: int, reason: Text) -> Text:
        """Rows without a value are left out without a word."""
        full = any(number(self.filled.raw(r, c)) is not None for c in self.roles.body)
        return reason if full else Text("-", "-")

    def _cell(self, r: int, c: int, role: str) -> Cell:
        """A label; under a label that stands once for several years it is repeated."""
        cell = self.filled.cell(r, c)
        if role not in ("entity", "series") or "period" not in self.roles.columns.values():
            return cell
        if is_gap(cell) and self.above.get(c):
            self.found.notes["repeated"] += 1
            return self.above[c]
        self.above[c] = clean(cell)
        return cell

    def _first(self, r: int) -> str:
        return next((clean(c) for c in self.table.sheet.rows[r] if not is_gap(c)), "")

    # --- values ---------------------------------------------------------------------------

    def _values(self, r: int, row: _Label, columns: dict[int, _Label]) -> None:
        base, percent = self.base, self.table.sheet.percent
        line = self.table.sheet.rows[r]
        for c, column in columns.items():
            cell = line[c] if c < len(line) else None
            if cell is None:
                continue
            if is_gap(cell):
                self.found.notes["below"] += isinstance(cell, str) and clean(cell) in BELOW
                continue
            value, shown = self._number(r, c, cell)
            if value is None:
                continue
            names = [w for w in (column.series, row.series) if w] or [base.series]
            shown = shown or (r, c) in percent
            plain = (r, c) in percent
            period = column.period or row.period or base.period
            if period is None:
                continue
            self.found.values.append(
                Value(
                    column.entity or row.entity or base.entity,
                    period,
                    "/".join(names),
                    column.unit or row.unit or base.unit,
                    value * 100 if plain else value,
                    shown, r, c, row.status, column.doubt or row.doubt,
                )
            )  # fmt: skip

    def _number(self, r: int, c: int, cell: Cell) -> tuple[float | None, bool]:
        if bare(cell) and isinstance(cell, float | int):
            return float(cell), False
        found = number(cell)
        if found is not None:
            self.found.notes["mark"] += bool(found.mark)
            return found.value, found.percent
        at = self.table.sheet.address(r, c)
        told = self.answers.of("cells", at)
        if told == GAP:
            return None, False
        if told and number(told) is not None:
            given = number(told)
            return (given.value, given.percent) if given else (None, False)
        if len(self.found.questions) < MOST_QUESTIONS:
            text = Text("“{w}”不是数", '"{w}" is no number').format(w=clean(cell)[:40])
            self.found.questions.append(Question("cells", at, text, at, (GAP,)))
        return None, False

    def _drop(self, r: int, c: int, word: str, reason: Text) -> None:
        self.found.dropped.append(Dropped(self.table.sheet.address(r, c), word[:60], reason))
