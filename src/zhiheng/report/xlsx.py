"""All result tables of a run in one workbook, with what they are and where they come from."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import xlsxwriter

from zhiheng.catalog.series import series as series_info
from zhiheng.catalog.sources import source
from zhiheng.core.hashing import table_digest
from zhiheng.core.panel import Panel, Status
from zhiheng.core.result import Cell, Result, Table
from zhiheng.core.text import Text
from zhiheng.report.archive import CREATED
from zhiheng.report.docx_layout import em
from zhiheng.study.ledger import shown
from zhiheng.study.run_types import StudyRun

CONTENTS = "目录 Contents"
PANEL = "数据 Panel"
SOURCES = "来源 Sources"
_NAME_LENGTH = 31
"""The longest name of a sheet that Excel takes."""
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_NARROWEST, _WIDEST = 8.0, 46.0
"""Column widths in characters."""
_HEADER_ROWS = 4
_SAMPLE = 200
"""Rows that are measured to set a column's width."""

_STATUS = {
    Status.ABSENT: Text("缺失", "absent"),
    Status.OBSERVED: Text("观测", "observed"),
    Status.REVISED: Text("修订", "revised"),
    Status.ESTIMATED: Text("估算", "estimated"),
    Status.INTERPOLATED: Text("内插", "interpolated"),
    Status.IMPUTED: Text("插补", "imputed"),
}


class Label(Protocol):
    """What is printed for a column: label, unit, number format."""

    @property
    def label(self) -> Text:
        """The column's name in both languages."""
        ...

    @property
    def unit(self) -> str:
        """Canonical unit, empty where there is none."""
        ...

    @property
    def format(self) -> str:
        """Python number format."""
        ...


class Labels(Protocol):
    """Where labels of columns and titles of tables are looked up: the catalog."""

    def column(self, name: str) -> Label:
        """The label of a column."""
        ...

    def table_title(self, method: str, table: str) -> Text:
        """The title of a table of a method."""
        ...


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    label: Text
    unit: str
    format: str
    values: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the table of contents."""

    sheet: str
    step: str
    table: str
    title: Text
    result: Result


def render_xlsx(run: StudyRun, labels: Labels) -> bytes:
    """Write every result table of a run, the data and the sources as a workbook.

    Parameters
    ----------
    run : StudyRun
    labels : Labels
        The module :mod:`zhiheng.catalog.columns`, or a stand-in.

    Returns
    -------
    bytes
        An ``.xlsx`` file; equal input gives equal bytes.
    """
    return _Book(run, labels).write()


@dataclass
class _Book:
    run: StudyRun
    labels: Labels
    out: io.BytesIO = field(default_factory=io.BytesIO)
    names: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.file: Any = xlsxwriter.Workbook(
            self.out, {"in_memory": True, "nan_inf_to_errors": False}
        )
        self.file.set_properties(
            {"created": CREATED, "author": "Zhiheng", "title": self.run.plan.id}
        )
        self.formats: dict[str, Any] = {}
        self.head = self._format(bold=True, text_wrap=True, valign="top", bg_color="#EEF1F4")
        self.machine = self._format(italic=True, font_color="#5A6572", bottom=1)
        self.words = self._format(num_format="@")

    def write(self) -> bytes:
        contents = self._sheet(CONTENTS)
        entries: list[_Entry] = []
        for step, result in self.run.results.items():
            for name, table in result.tables.items():
                title = self.labels.table_title(result.method, name)
                # A long name loses letters of the step; what the table is stays readable.
                sheet = self._sheet(f"{step[: _NAME_LENGTH - len(title.zh) - 1]}·{title.zh}")
                self._table(sheet, self._columns(table))
                entries.append(_Entry(sheet.get_name(), step, name, title, result))
        self._table(self._sheet(PANEL), _panel_columns(self.run))
        self._table(self._sheet(SOURCES), _source_columns(self.run))
        self._contents(contents, entries)
        self.file.close()
        return self.out.getvalue()

    # ----------------------------------------------------------------- sheets

    def _sheet(self, wanted: str) -> Any:
        clean = _FORBIDDEN.sub(" ", wanted).strip()
        name, n = clean[:_NAME_LENGTH], 1
        while name.lower() in self.names:
            n += 1
            tail = f" {n}"
            name = clean[: _NAME_LENGTH - len(tail)] + tail
        self.names.add(name.lower())
        return self.file.add_worksheet(name)

    def _columns(self, table: Table) -> list[_Column]:
        out: list[_Column] = []
        for name, values in table.columns.items():
            label = self.labels.column(name)
            # A key such as a year is a name: it gets no thousands separator.
            form = "year" if name in table.keys or name.startswith("period") else label.format
            out.append(_Column(name, label.label, label.unit, form, values.tolist()))
        return out

    def _table(self, sheet: Any, columns: Sequence[_Column]) -> None:
        for index, column in enumerate(columns):
            for row, word in enumerate((column.label.zh, column.label.en, column.unit)):
                sheet.write_string(row, index, word, self.head)
            sheet.write_string(_HEADER_ROWS - 1, index, column.name, self.machine)
            self._values(sheet, index, column)
            sheet.set_column(index, index, _width(column))
        sheet.freeze_panes(_HEADER_ROWS, 0)
        rows = len(columns[0].values) if columns else 0
        if rows:
            last = _HEADER_ROWS + rows - 1
            sheet.autofilter(_HEADER_ROWS - 1, 0, last, len(columns) - 1)

    def _values(self, sheet: Any, index: int, column: _Column) -> None:
        number = self._number(column.format)
        for row, value in enumerate(column.values, _HEADER_ROWS):
            if isinstance(value, str):
                sheet.write_string(row, index, value, self.words)
            elif isinstance(value, bool):
                sheet.write_boolean(row, index, value)
            elif value is not None and np.isfinite(value):
                sheet.write_number(row, index, value, number)
            elif value is not None and np.isinf(value):
                sheet.write_string(row, index, shown(value, column.format), self.words)

    def _contents(self, sheet: Any, entries: Sequence[_Entry]) -> None:
        plan = self.run.plan
        title = self._format(bold=True, font_size=14)
        sheet.write_string(0, 0, plan.title.zh, title)
        sheet.write_string(1, 0, plan.title.en)
        sheet.write_string(2, 0, f"number hash {self.run.number_hash}")
        heads = (
            ("工作表", "Sheet", 34.0), ("内容", "Title", 26.0), ("英文名", "Title (English)", 30.0),
            ("步骤", "Step", 18.0), ("方法", "Method", 14.0), ("表", "Table", 18.0),
            ("行数", "Rows", 8.0), ("参数", "Parameters", 60.0), ("结果哈希", "Result hash", 20.0),
            ("数据指纹", "Input fingerprint", 20.0),
        )  # fmt: skip
        for index, (zh, en, width) in enumerate(heads):
            sheet.write_string(4, index, zh, self.head)
            sheet.write_string(5, index, en, self.head)
            sheet.set_column(index, index, width)
        for row, entry in enumerate(entries, 6):
            result = entry.result
            sheet.write_url(row, 0, f"internal:'{entry.sheet}'!A1", string=entry.sheet)
            words = (
                entry.title.zh, entry.title.en, entry.step, result.method, entry.table,
            )  # fmt: skip
            for index, word in enumerate(words, 1):
                sheet.write_string(row, index, word)
            sheet.write_number(row, 6, len(result.tables[entry.table]))
            parameters = json.dumps(dict(result.params), ensure_ascii=False, sort_keys=True)
            sheet.write_string(row, 7, parameters)
            sheet.write_string(row, 8, table_digest(result.tables)[:16])
            sheet.write_string(row, 9, result.inputs[:16])
        for row, name in enumerate((PANEL, SOURCES), 6 + len(entries)):
            sheet.write_url(row, 0, f"internal:'{name}'!A1", string=name)
        sheet.freeze_panes(6, 1)

    # ---------------------------------------------------------------- formats

    def _format(self, **properties: Any) -> Any:
        return self.file.add_format(properties)

    def _number(self, form: str) -> Any:
        code = number_format(form)
        if code not in self.formats:
            self.formats[code] = self._format(num_format=code)
        return self.formats[code]


def number_format(form: str) -> str:
    """A Python number format as Excel writes it; what has no counterpart is General.

    Examples
    --------
    >>> number_format(".3f"), number_format("+.1%"), number_format("p")
    ('0.000', '+0.0%;-0.0%;0.0%', '0.000')
    """
    if form == "p":
        return "0.000"
    if form == "d":
        return "#,##0"
    match = re.fullmatch(r"(\+?)(,?)\.(\d+)([f%e])", form)
    if match is None:
        return "0" if form == "year" else "General"
    sign, comma, digits, kind = match.groups()
    places = int(digits)
    body = ("#,##0" if comma else "0") + ("." + "0" * places if places else "")
    body += {"f": "", "%": "%", "e": "E+00"}[kind]
    return f"+{body};-{body};{body}" if sign else body


def _width(column: _Column) -> float:
    words = [column.label.zh, column.name]
    words += [_shown(v) for v in column.values[:_SAMPLE]]
    widest = max(em(word) for word in words) / 0.52 + 2
    return round(min(max(widest, _NARROWEST), _WIDEST), 1)


def _shown(value: Cell) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _used(run: StudyRun) -> list[str]:
    """The base series that the study stands on, and what was computed from them."""
    panel = run.panel
    account = run.results.get("data")
    base = set(account.series) if account else set(panel.series)
    return [name for name in panel.series if name in base or name in panel.definitions]


def _panel_columns(run: StudyRun) -> list[_Column]:
    panel, used = run.panel, _used(run)
    cells = [
        (e, t, s)
        for s in (panel.series.index(n) for n in used)
        for e in range(len(panel.entities))
        for t in range(len(panel.periods))
    ]
    entities = [panel.entities[e] for e, _, _ in cells]
    names = [panel.name(code) for code in entities]
    series = [panel.series[s] for _, _, s in cells]
    statuses = [_STATUS[Status(int(panel.status[c]))] for c in cells]
    return [
        _text_column("entity", Text("地区代码", "Region code"), entities),
        _text_column("name_zh", Text("地区", "Region (Chinese)"), [n.zh for n in names]),
        _text_column("name_en", Text("地区（英文）", "Region"), [n.en for n in names]),
        _Column(
            "period", Text("时期", "Period"), "", "year", [panel.periods[t] for _, t, _ in cells]
        ),
        _text_column("series", Text("序列", "Series"), series),
        _text_column("title_zh", Text("名称", "Title (Chinese)"), _titles(run, series, "zh")),
        _Column("value", Text("数值", "Value"), "", "", [_cell(panel, c) for c in cells]),
        _text_column("unit", Text("单位", "Unit"), [panel.units[n] for n in series]),
        _text_column("status_zh", Text("状态", "Status (Chinese)"), [s.zh for s in statuses]),
        _text_column("status_en", Text("状态（英文）", "Status"), [s.en for s in statuses]),
    ]


def _cell(panel: Panel, cell: tuple[int, int, int]) -> float | None:
    value = float(panel.values[cell])
    return None if np.isnan(value) else value


def _titles(run: StudyRun, series: Sequence[str], lang: str) -> list[str]:
    known: Mapping[str, str] = {
        name: info.title.zh if lang == "zh" else info.title.en
        for name in set(series)
        if (info := series_info(name, run.plan.data.level)) is not None
    }
    return [known.get(name, name) for name in series]


def _text_column(name: str, label: Text, values: Sequence[str]) -> _Column:
    return _Column(name, label, "", "", values)


def _source_columns(run: StudyRun) -> list[_Column]:
    level = run.plan.data.level
    rows: list[tuple[str, ...]] = []
    for name in _used(run):
        info = series_info(name, level)
        if name in run.panel.definitions or info is None:
            definition = run.panel.definitions.get(name, "")
            rows.append((name, name, name, run.panel.units[name], definition, "", "", ""))
            continue
        found = source(info.source)
        rows.append(
            (
                name, info.title.zh, info.title.en, run.panel.units[name], "",
                found.publisher.zh, found.licence, found.citation,
            )
        )  # fmt: skip
    heads = (
        ("series", Text("序列", "Series")), ("title_zh", Text("名称", "Title (Chinese)")),
        ("title_en", Text("英文名", "Title")), ("unit", Text("单位", "Unit")),
        ("definition", Text("计算式", "Definition")), ("publisher", Text("发布者", "Publisher")),
        ("licence", Text("许可", "Licence")), ("citation", Text("引用", "Citation")),
    )  # fmt: skip
    return [
        _text_column(name, label, [row[i] for row in rows]) for i, (name, label) in enumerate(heads)
    ]
