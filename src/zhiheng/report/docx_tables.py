"""Three-line tables (三线表) of the Word paper: results, regressions, facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from zhiheng.core.text import Lang, Text
from zhiheng.report.cells import regression_cells, stub_text
from zhiheng.report.docx_layout import Layout, lay_out
from zhiheng.report.docx_runs import add_number, add_sentence, add_text
from zhiheng.report.docx_styles import CELL, TEXT_WIDTH
from zhiheng.report.model import Facts, RegressionBlock, TableBlock
from zhiheng.study.ledger import Ledger
from zhiheng.study.sentences import Address

Fill = Callable[[Any], None]
"""Writes the content of one cell into its paragraph."""

OUTER, INNER = 12, 6
"""Thickness of rules in eighths of a point: 1.5 pt outside, 0.75 pt below the heading."""
TOGETHER = 18.0
"""Tables up to this height in centimetres stay on one page; longer ones repeat their heading."""
AT_LEAST = 3
"""A table that breaks leaves no fewer rows than this on either page."""

_CENTRE, _RIGHT, _LEFT = (
    WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.LEFT,
)  # fmt: skip
_MIDDLE = WD_CELL_VERTICAL_ALIGNMENT.CENTER


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, to measure it, and how it is written."""

    text: str
    fill: Fill
    align: Any = _CENTRE


@dataclass(frozen=True, slots=True)
class Grid:
    """A table ready to be drawn."""

    head: tuple[Cell, ...]
    body: tuple[tuple[Cell, ...], ...]
    stubs: int
    inner_rules: tuple[int, ...] = ()

    def layout(self) -> Layout:
        """Widths and type size for this content."""
        return lay_out(
            [c.text for c in self.head], [[c.text for c in row] for row in self.body], self.stubs
        )


def result_grid(block: TableBlock, ledger: Ledger, lang: Lang) -> Grid:
    """The cells of a result table: labels at the left, numbers at the right."""
    table = ledger.run.results[block.step].tables[block.table]
    head = [_words(c.label[lang], lang, _LEFT) for c in block.stub]
    head += [_words(c.label[lang], lang, _RIGHT) for c in block.columns]
    body: list[tuple[Cell, ...]] = []
    for row in block.rows:
        cells = [
            _words(stub_text(ledger, block, row, c.column, lang), lang, _LEFT) for c in block.stub
        ]
        for column in block.columns:
            address = Address(block.step, block.table, table.key(row), column.column)
            cells.append(_number(ledger.show(address, column.format or "s", lang), _RIGHT))
        body.append(tuple(cells))
    return Grid(tuple(head), tuple(body), len(block.stub))


def regression_grid(block: RegressionBlock, ledger: Ledger, lang: Lang) -> Grid:
    """Terms down, models across: estimate with stars, standard error in parentheses below."""
    cells = regression_cells(block, ledger, lang)
    blank = _words("", lang, _LEFT)
    head = [
        _words("", lang, _LEFT),
        *(_words(f"({i})\n{m.heading[lang]}", lang) for i, m in enumerate(block.models, 1)),
    ]
    body: list[tuple[Cell, ...]] = []
    for (_, label), row in zip(block.terms, cells.terms, strict=True):
        body.append((_words(label[lang], lang, _LEFT), *(_number(c.estimate) for c in row)))
        body.append((blank, *(_number(c.error) for c in row)))
    rule = len(body)
    for (_, label), row in zip(block.marks, cells.marks, strict=True):
        body.append((_words(label[lang], lang, _LEFT), *(_words(c, lang) for c in row)))
    for column, row in zip(block.fit, cells.fit, strict=True):
        body.append((_words(column.label[lang], lang, _LEFT), *(_number(c) for c in row)))
    return Grid(tuple(head), tuple(body), 1, (rule,) if rule < len(body) else ())


def _words(text: str, lang: Lang, align: Any = _CENTRE) -> Cell:
    lines = text.split("\n")

    def fill(paragraph: Any) -> None:
        for index, line in enumerate(lines):
            if index:
                paragraph.add_run().add_break()
            add_text(paragraph, line, lang)

    return Cell(max(lines, key=len), fill, align)


def _number(text: str, align: Any = _CENTRE) -> Cell:
    return Cell(text, lambda p: add_number(p, text) if text else None, align)


def draw(document: Any, grid: Grid, layout: Layout, *, noted: bool = False) -> Any:
    """Append a three-line table to the document; one with a note stays with it."""
    rows = 1 + len(grid.body)
    table = document.add_table(rows=rows, cols=len(grid.head))
    _fix(table, layout.widths)
    together = layout.height <= TOGETHER
    _fill_row(table, 0, grid.head, layout.size, keep=True)
    for index, cells in enumerate(grid.body, 1):
        keep = together or index <= AT_LEAST or index >= rows - AT_LEAST
        _fill_row(table, index, cells, layout.size, keep=keep and (noted or index < rows - 1))
    _repeat_heading(table)
    _rules(table, grid)
    return table


def draw_facts(document: Any, block: Facts, ledger: Ledger, lang: Lang) -> Any:
    """Append a two-column list between two rules."""
    table = document.add_table(rows=len(block.rows), cols=2)
    left = TEXT_WIDTH * {"zh": 0.26, "en": 0.34}[lang]
    _fix(table, (left, TEXT_WIDTH - left))
    for index, (label, sentence) in enumerate(block.rows):
        first, second = (table.cell(index, i).paragraphs[0] for i in (0, 1))
        for paragraph in (first, second):
            paragraph._p.style = CELL
            paragraph.paragraph_format.space_before = Pt(1.5)
            paragraph.paragraph_format.space_after = Pt(1.5)
            paragraph.paragraph_format.keep_with_next = index < len(block.rows) - 1
        add_text(first, label[lang], lang)
        add_sentence(second, sentence, ledger, lang)
        _no_split(table.rows[index])
    _row_rule(table.rows[0], "top", OUTER)
    _row_rule(table.rows[-1], "bottom", OUTER)
    return table


def unit_line(unit: Text, lang: Lang) -> str:
    """The unit of a whole table, printed at its upper right."""
    return {"zh": f"单位：{unit.zh}", "en": f"Unit: {unit.en}"}[lang]


def _fix(table: Any, widths: Sequence[float]) -> None:
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    properties = table._tbl.tblPr
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "60")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    # The schema wants the margins before the look that python-docx puts last.
    properties.find(qn("w:tblLook")).addprevious(margins)
    for index, width in enumerate(widths):
        table.columns[index].width = Cm(width)
        for cell in table.columns[index].cells:
            cell.width = Cm(width)


def _fill_row(table: Any, index: int, cells: Sequence[Cell], size: float, *, keep: bool) -> None:
    row = table.rows[index]
    _no_split(row)
    for place, cell in zip(row.cells, cells, strict=True):
        paragraph = place.paragraphs[0]
        paragraph._p.style = CELL
        paragraph.alignment = cell.align
        paragraph.paragraph_format.keep_with_next = keep
        cell.fill(paragraph)
        place.vertical_alignment = _MIDDLE
        for run in paragraph.runs:
            run.font.size = Pt(size)


def _no_split(row: Any) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _repeat_heading(table: Any) -> None:
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _rules(table: Any, grid: Grid) -> None:
    _row_rule(table.rows[0], "top", OUTER)
    _row_rule(table.rows[0], "bottom", INNER)
    for index in grid.inner_rules:
        _row_rule(table.rows[index], "bottom", INNER)
    _row_rule(table.rows[-1], "bottom", OUTER)


def _row_rule(row: Any, side: str, thickness: int) -> None:
    for cell in row.cells:
        properties = cell._tc.get_or_add_tcPr()
        borders = properties.find(qn("w:tcBorders"))
        if borders is None:
            borders = OxmlElement("w:tcBorders")
            _insert_borders(properties, borders)
        rule = OxmlElement(f"w:{side}")
        for key, value in (
            ("val", "single"), ("sz", str(thickness)), ("space", "0"), ("color", "000000"),
        ):  # fmt: skip
            rule.set(qn(f"w:{key}"), value)
        # The schema wants top before bottom.
        borders.insert(0, rule) if side == "top" else borders.append(rule)


def _insert_borders(properties: Any, borders: Any) -> None:
    """Put the borders where the schema wants them: after the width, before the rest."""
    width = properties.find(qn("w:tcW"))
    if width is None:
        properties.insert(0, borders)
    else:
        width.addnext(borders)
