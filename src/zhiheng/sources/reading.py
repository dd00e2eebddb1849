"""A reading: what a file was understood to say, what it leaves open, and its observations."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.sources.cells import Dropped, Found, Reader
from zhiheng.sources.context import context
from zhiheng.sources.observations import Observations
from zhiheng.sources.questions import Answers, Question, unanswered
from zhiheng.sources.resolve import Resolved, resolve_values
from zhiheng.sources.roles import Roles, roles
from zhiheng.sources.rows import Table, no_table, tables
from zhiheng.sources.sheet import Sheet
from zhiheng.sources.words import number, year
from zhiheng.sources.workbook import sheets

AXES = {
    "entity": Text("地区", "regions"),
    "period": Text("年份", "years"),
    "series": Text("指标", "series"),
    "unit": Text("单位", "units"),
    "status": Text("状态", "status"),
    "source": Text("来源", "source"),
    "vintage": Text("版本", "vintage"),
    "value": Text("数值", "values"),
}


@dataclass(frozen=True, slots=True)
class TableReading:
    """How one table was understood.

    Attributes
    ----------
    address : str
        First header cell; names the table in a mapping file.
    cells : str
        The block of data rows, such as ``Sheet1!A4:Z34``.
    rows, columns : Text
        What runs down and what runs across.
    title : str
    heads : tuple of int
        Header rows, counted from 1 as a spreadsheet does.
    values : int
    """

    address: str
    cells: str
    rows: Text
    columns: Text
    title: str
    heads: tuple[int, ...]
    values: int


@dataclass(frozen=True, slots=True)
class SeriesReading:
    """How one series was understood.

    Attributes
    ----------
    word : str
        As in the sheet, without its unit.
    name : str
        The catalog series, or `word` for a series of the user's own.
    mapped : bool
        Whether `name` is in the catalog.
    written, unit : str
        The unit in the sheet and the canonical one.
    values : int
    cell : str
        Address of its first value.
    """

    word: str
    name: str
    mapped: bool
    written: str
    unit: str
    values: int
    cell: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood of a file.

    Use it to show a user how a sheet is read before anything rests on it. A doubt is a
    question, never a guess: `observations` refuses while one is open.

    Attributes
    ----------
    file : str
        Name and the first digits of the content hash.
    kind : Text
        Kind of file.
    tables, series : tuple of TableReading, of SeriesReading
    entities : mapping of name in the sheet to code
    periods : tuple of int
    level : str
    questions : tuple of Question
        Those answered by a mapping file too.
    dropped : tuple of Dropped
    notes : tuple of Text
    """

    file: str
    kind: Text
    tables: tuple[TableReading, ...] = ()
    series: tuple[SeriesReading, ...] = ()
    entities: Mapping[str, str] = field(default_factory=dict[str, str])
    periods: tuple[int, ...] = ()
    level: str = ""
    questions: tuple[Question, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    notes: tuple[Text, ...] = ()
    make: Callable[[], Observations] | None = None

    @property
    def open(self) -> tuple[Question, ...]:
        """The questions that wait for an answer."""
        return tuple(q for q in self.questions if q.open)

    def observations(self) -> Observations:
        """The values of the file.

        Raises
        ------
        ZhihengError
            S525 questions are open.
        """
        if self.open or self.make is None:
            raise unanswered(self.open, self.file.split("#", maxsplit=1)[0])
        return self.make()


def read_sheets(
    raw: bytes, name: str, *, answers: Answers | None = None, sheet: str = ""
) -> Reading:
    """Read a file that people keep in a spreadsheet program.

    Parameters
    ----------
    raw : bytes
    name : str
        File name, for addresses.
    answers : Answers, optional
        From a mapping file.
    sheet : str
        Read this sheet only.

    Returns
    -------
    Reading

    Raises
    ------
    ZhihengError
        S501, S502, S520–S523 the file cannot be opened, S526 there is no such sheet, S527 no
        sheet has a table.
    """
    given = answers or Answers()
    book = _chosen(sheets(raw, name), sheet, name)
    found: list[Found] = []
    skipped: list[Dropped] = []
    for one in book:
        parts = _found(one, name, given, many_sheets=len(book) > 1)
        found += parts
        if not parts:
            skipped.append(Dropped(one.address(0, 0), one.name, no_table(one)))
    if not any(f.values or f.questions for f in found):
        raise _nothing([*skipped, *(d for f in found for d in f.dropped)], name)
    sha = hashlib.sha256(raw).hexdigest()
    return _reading(found, skipped, given, name=name, sha=sha)


def _found(sheet: Sheet, name: str, answers: Answers, *, many_sheets: bool) -> list[Found]:
    found: list[Found] = []
    parts, filled = tables(sheet)
    for table in parts:
        around = context(table, name, many_sheets=many_sheets)
        one = roles(table, filled)
        if not one.body or not _has_numbers(table, one):
            continue
        said = answers.tables.get(table.address)
        if said is not None and said.use is False:
            one.body = []
            where = Found(table, one, around)
            where.dropped.append(
                Dropped(
                    table.address,
                    around.title,
                    Text("按映射文件略去", "left out by the mapping file"),
                )
            )
            found.append(where)
            continue
        found.append(Reader(table, filled, one, around, answers).read())
    return found


def _has_numbers(table: Table, found: Roles) -> bool:
    """A few lines of text with a year in them are no table."""
    if len(table.rows) > 2:
        return True
    lines = [table.sheet.rows[r] for r in table.rows]
    cells = [line[c] for line in lines for c in found.body if c < len(line)]
    return any(number(c) is not None and year(c) is None for c in cells)


def _reading(
    found: Sequence[Found], skipped: Sequence[Dropped], answers: Answers, *, name: str, sha: str
) -> Reading:
    file = f"{name}#{sha[:12]}"
    resolved = resolve_values(found, answers)
    questions = [q for f in found for q in f.questions] + resolved.questions
    asked = {(q.section, q.key, q.part): q for q in reversed(questions)}  # the first one stays
    questions = list(reversed(asked.values()))
    dropped = [*skipped, *(d for f in found for d in f.dropped), *resolved.dropped]
    return Reading(
        file=file,
        kind=Text("表格", "spreadsheet"),
        tables=tuple(_table(f) for f in found),
        series=tuple(_series(resolved)),
        entities=resolved.codes,
        periods=tuple(sorted({v.period for f in found for v in f.values})),
        level=resolved.level,
        questions=tuple(questions),
        dropped=tuple(dropped),
        notes=(*_notes(found), *resolved.notes),
        make=lambda: _observations(resolved, found, answers, file),
    )


def _observations(
    resolved: Resolved, found: Sequence[Found], answers: Answers, file: str
) -> Observations:
    kept = resolved.kept
    name = file.split("#", maxsplit=1)[0]
    sources = [answers.source or f.context.source or name for f in found]
    values = [found[i].values[k] for i, k in kept]
    scale = [resolved.scale[v.series, v.unit, v.percent] for v in values]

    def words(items: Sequence[str]) -> NDArray[Any]:
        return np.array(items, dtype=object)

    return Observations(
        entity=words([resolved.codes[v.entity] for v in values]),
        period=np.array([v.period for v in values], dtype=np.int64),
        series=words([resolved.names[v.series] for v in values]),
        value=np.array([v.value * s[1] for v, s in zip(values, scale, strict=True)]),
        unit=words([s[0] for s in scale]),
        status=np.array([resolved.status(v) for v in values], dtype=np.int8),
        source=words([sources[i] for i, _ in kept]),
        vintage=words([answers.vintage] * len(values)),
        file=words([file] * len(values)),
        cell=words(
            [
                found[i].table.sheet.address(v.row, v.column)
                for (i, _), v in zip(kept, values, strict=True)
            ]
        ),
        level=resolved.level,
        labels=resolved.labels,
        notes=(*_notes(found), *resolved.notes),
    )


def _series(resolved: Resolved) -> list[SeriesReading]:
    return [
        SeriesReading(
            word=word,
            name=resolved.names.get(word, word),
            mapped=word in resolved.mapped,
            written=written,
            unit=resolved.scale.get((word, written, percent), ("?", 0.0))[0],
            values=count,
            cell=resolved.first[word, written, percent],
        )
        for (word, written, percent), count in resolved.counts.items()
    ]


def _table(found: Found) -> TableReading:
    table, sheet = found.table, found.table.sheet
    last = sheet.address(table.rows[-1], table.right).rsplit("!", 1)[-1]
    return TableReading(
        address=table.address,
        cells=f"{sheet.address(table.rows[0], table.left)}:{last}",
        rows=_axis(found.roles.columns.values()),
        columns=_axis(found.roles.heads.values()),
        title=found.context.title or found.context.series,
        heads=tuple(h + 1 for h in table.heads),
        values=len(found.values),
    )


def _axis(names: object) -> Text:
    listed = [AXES[n] for n in dict.fromkeys(names) if n in AXES]  # type: ignore[call-overload]
    if not listed:
        return Text("—", "—")
    return Text(" × ".join(t.zh for t in listed), " × ".join(t.en for t in listed))


def _notes(found: Sequence[Found]) -> tuple[Text, ...]:
    counts: Counter[str] = Counter()
    for f in found:
        counts.update(f.notes)
    said = {
        "mark": Text(
            "{n} 个数带脚注符号，符号已去掉。", "{n} numbers carry a footnote mark, now removed."
        ),
        "below": Text(
            "{n} 格是“…”：不足最小单位或没有数，按缺失读，不按零读。",
            '{n} cells say "…": below the smallest unit, or no figure; read as missing, not zero.',
        ),
        "repeated": Text(
            "{n} 行的标签空着，沿用上一行的。",
            "{n} rows leave a label empty and repeat the one above.",
        ),
    }
    notes = [text.format(n=counts[key]) for key, text in said.items() if counts[key]]
    remarks = list(dict.fromkeys(r for f in found for r in f.remarks))
    if remarks:
        listed = ", ".join(remarks[:5])
        notes.append(
            Text(
                "年份表头带说明，说明没有读入：{r}。",
                "Years with remarks; these are not read: {r}.",
            ).format(r=listed)
        )
    return tuple(notes)


def _chosen(book: Sequence[Sheet], sheet: str, name: str) -> Sequence[Sheet]:
    if not sheet:
        return book
    found = [s for s in book if s.name.strip() == sheet.strip()]
    if found:
        return found
    raise ZhihengError(
        "S526",
        Text("{f} 里没有工作表“{s}”。", '{f} has no sheet "{s}".').format(f=name, s=sheet),
        evidence=[{"sheet": s.name} for s in book],
        fix=Text("改用列出的名称。", "Use one of the names listed."),
    )


def _nothing(skipped: Sequence[Dropped], name: str) -> ZhihengError:
    return ZhihengError(
        "S527",
        Text("{f} 里没有可读的表。", "{f} has no table that can be read.").format(f=name),
        evidence=[{"cell": d.where, "sheet": d.word, "why": d.reason} for d in skipped],
        fix=Text(
            "表要有写着年份、地区或指标的表头，和数字。",
            "A table needs a header of years, regions or series, and numbers.",
        ),
    )
