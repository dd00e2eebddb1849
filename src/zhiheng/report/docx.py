"""The Word paper: a document as Chinese journals print it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Emu

from zhiheng.core.result import Figure
from zhiheng.core.text import Lang, Text
from zhiheng.report import docx_styles as styles
from zhiheng.report.archive import set_properties, to_bytes
from zhiheng.report.docx_layout import Layout
from zhiheng.report.docx_math import equations
from zhiheng.report.docx_runs import (
    add_bookmark,
    add_field,
    add_link,
    add_sentence,
    add_sentences,
    add_text,
    sentence_text,
)
from zhiheng.report.docx_tables import (
    Grid,
    draw,
    draw_facts,
    regression_grid,
    result_grid,
)
from zhiheng.report.model import (
    Block,
    Document,
    Equation,
    Facts,
    FigureBlock,
    Finding,
    Paragraph,
    References,
    RegressionBlock,
    Section,
    TableBlock,
)
from zhiheng.study.ledger import Ledger
from zhiheng.study.run_types import StudyRun
from zhiheng.study.sentences import Sentence

WITH_WORDS = 12.0
"""A table up to this height in centimetres stays with the paragraph before it."""
FIGURE_WIDTH = 15.0
"""Width of a printed figure in centimetres."""
WIDTH_OF_KIND = {"tilemap": 11.5, "heatmap": 11.5}
"""Figures that are about as high as wide would fill a page at full width."""
FIGURE_HEIGHT = 21.0
"""A figure higher than this is scaled down, so that its caption stays on the page."""

_PARAGRAPHS = {
    "body": styles.BODY,
    "lead": styles.LEAD,
    "note": styles.NOTE,
    "caution": styles.CAUTION,
    "quote": styles.QUOTE,
}
_SUMMARY = Text("摘要", "Summary")
_QUESTION = Text("问题：", "Question: ")
_SECTION = Text("（详见“{title}”）", " See “{title}”.")
_NOTE = Text("注：", "Note: ")
_WHERE = Text("式中，", "where ")
_STOP = Text("。", ". ")


def render_docx(
    document: Document,
    run: StudyRun,
    ledger: Ledger,
    figures: Mapping[tuple[str, str], bytes],
    *,
    lang: Lang,
) -> bytes:
    """Write the document as a Word file.

    Parameters
    ----------
    document : Document
    run : StudyRun
        Where tables and figures are read.
    ledger : Ledger
        Formats every number.
    figures : mapping of (step, figure name) to bytes
        PNG files in the language of the paper.
    lang : {"zh", "en"}

    Returns
    -------
    bytes
        A ``.docx`` file; equal input gives equal bytes.
    """
    return _Paper(run, ledger, figures, lang).write(document)


@dataclass
class _Paper:
    """The paper being written: counts tables, figures, equations and bookmarks."""

    run: StudyRun
    ledger: Ledger
    figures: Mapping[tuple[str, str], bytes]
    lang: Lang
    file: Any = field(default_factory=docx.Document)
    tables: int = 0
    pictures: int = 0
    formulas: int = 0
    bookmarks: int = 0
    titles: dict[str, Text] = field(default_factory=dict[str, Text])

    def write(self, document: Document) -> bytes:
        styles.prepare(self.file, self.lang)
        set_properties(self.file, document.title[self.lang])
        self.titles = {section.id: section.title for section in document.sections}
        self._text(styles.TITLE, document.title)
        self._text(styles.SUBTITLE, document.subtitle)
        self._abstract(document)
        for block in document.first_figures:
            self._figure(block)
        for section in document.sections:
            self._section(section)
        return to_bytes(self.file)

    # ------------------------------------------------------------------ front

    def _abstract(self, document: Document) -> None:
        paragraph = self._paragraph(styles.FINDING)
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        add_text(paragraph, _SUMMARY[self.lang], self.lang)
        paragraph = self._paragraph(styles.ABSTRACT)
        add_text(paragraph, _QUESTION[self.lang], self.lang, bold=True)
        add_text(paragraph, document.question[self.lang], self.lang)
        for index, finding in enumerate(document.findings, 1):
            self._finding(index, finding)

    def _finding(self, index: int, finding: Finding) -> None:
        number = {"zh": f"（{index}）", "en": f"({index}) "}[self.lang]
        paragraph = self._paragraph(styles.FINDING)
        add_text(paragraph, number, self.lang)
        add_sentence(paragraph, finding.title, self.ledger, self.lang)
        paragraph = self._paragraph(styles.ABSTRACT)
        said = (finding.number, finding.interval, finding.reservation)
        add_sentences(paragraph, said, self.ledger, self.lang)
        if finding.section in self.titles:
            link = _SECTION.format(title=self.titles[finding.section])[self.lang]
            add_link(paragraph, link, _anchor(finding.section), self.lang)

    # --------------------------------------------------------------- sections

    def _section(self, section: Section) -> None:
        # A heading does not stay behind when its first table turns the page.
        turned = bool(section.blocks) and self._is_wide(section.blocks[0])
        if turned:
            self._turn(WD_ORIENT.LANDSCAPE)
        heading = self._text("Heading 1", section.title)
        self.bookmarks += 1
        add_bookmark(heading, _anchor(section.id), self.bookmarks)
        for index, block in enumerate(section.blocks):
            self._block(block)
            if isinstance(block, Paragraph) and self._small(section.blocks[index + 1 :]):
                self.file.paragraphs[-1].paragraph_format.keep_with_next = True

    def _is_wide(self, block: Block) -> bool:
        grid = self._grid(block)
        return grid is not None and grid.layout().landscape

    def _small(self, following: Sequence[Block]) -> bool:
        """Whether a table comes next that leaves room for the words that announce it."""
        if not following:
            return False
        grid = self._grid(following[0])
        if grid is None:
            return isinstance(following[0], Facts)
        return grid.layout().height <= WITH_WORDS

    def _grid(self, block: Block) -> Grid | None:
        if isinstance(block, TableBlock):
            return result_grid(block, self.ledger, self.lang)
        if isinstance(block, RegressionBlock):
            return regression_grid(block, self.ledger, self.lang)
        return None

    def _block(self, block: Block) -> None:
        match block:
            case Paragraph():
                paragraph = self._paragraph(_PARAGRAPHS[block.style])
                add_sentences(paragraph, block.sentences, self.ledger, self.lang)
            case TableBlock():
                self._table(block.caption, result_grid(block, self.ledger, self.lang), block.note)
            case RegressionBlock():
                self._table(
                    block.caption, regression_grid(block, self.ledger, self.lang), block.note
                )
            case FigureBlock():
                self._figure(block)
            case Equation():
                self._equation(block)
            case Facts():
                draw_facts(self.file, block, self.ledger, self.lang)
                self._paragraph(styles.NOTE)
            case References():
                self._references(block)

    def _table(self, caption: Text, grid: Grid, note: tuple[Sentence, ...]) -> None:
        layout = grid.layout()
        turned = self.file.sections[-1].orientation == WD_ORIENT.LANDSCAPE
        if layout.landscape and not turned:
            self._turn(WD_ORIENT.LANDSCAPE)
        self.tables += 1
        self._caption("Table", self.tables, caption, before_table=True)
        draw(self.file, grid, layout, noted=bool(note))
        self._table_note(note, layout)
        if layout.landscape:
            self._turn(WD_ORIENT.PORTRAIT)

    def _table_note(self, note: tuple[Sentence, ...], layout: Layout) -> None:
        paragraph = self._paragraph(styles.NOTE)
        if not note:
            return
        if not layout.landscape:
            side = Cm(max(0.0, (styles.TEXT_WIDTH - sum(layout.widths)) / 2))
            paragraph.paragraph_format.left_indent = side
            paragraph.paragraph_format.right_indent = side
        first = sentence_text(note[0], self.ledger, self.lang)
        if not first.startswith(_NOTE[self.lang].strip()):
            add_text(paragraph, _NOTE[self.lang], self.lang)
        add_sentences(paragraph, note, self.ledger, self.lang)

    def _figure(self, block: FigureBlock) -> None:
        figure = _figure_of(self.run, block)
        picture = self._paragraph(styles.PICTURE)
        content = io.BytesIO(self.figures[block.step, block.figure])
        width = Cm(WIDTH_OF_KIND.get(figure.kind, FIGURE_WIDTH))
        shape = picture.add_run().add_picture(content, width=width)
        if shape.height > Cm(FIGURE_HEIGHT):
            shape.width = Emu(int(shape.width * Cm(FIGURE_HEIGHT) / shape.height))
            shape.height = Cm(FIGURE_HEIGHT)
        self.pictures += 1
        _describe(shape, self.pictures, figure, self.lang)
        self._caption("Figure", self.pictures, figure.title, before_table=False)
        reading = self._text(styles.NOTE, figure.reading)
        side = Cm((styles.TEXT_WIDTH - FIGURE_WIDTH) / 2)
        reading.paragraph_format.left_indent = reading.paragraph_format.right_indent = side

    def _caption(self, kind: str, number: int, title: Text, *, before_table: bool) -> None:
        paragraph = self._paragraph(styles.CAPTION)
        word = {"Table": Text("表", "Table"), "Figure": Text("图", "Figure")}[kind][self.lang]
        add_text(paragraph, f"{word} ", self.lang)
        add_field(paragraph, f"SEQ {word} \\* ARABIC", str(number))
        add_text(paragraph, {"zh": "  ", "en": ". "}[self.lang] + title[self.lang], self.lang)
        # A caption stays with its table, a figure's reading with its caption.
        paragraph.paragraph_format.keep_with_next = True
        if not before_table:
            paragraph.paragraph_format.space_before = Cm(0.1)

    def _equation(self, block: Equation) -> None:
        self.formulas += 1
        lines = equations(block.mathml)
        for index, line in enumerate(lines):
            paragraph = self._paragraph(styles.EQUATION)
            paragraph.add_run("\t")
            paragraph._element.append(line)
            if index == len(lines) - 1:
                paragraph.add_run(f"\t({self.formulas})")
            paragraph.paragraph_format.keep_with_next = True
        where = self._paragraph(styles.BODY)
        where.paragraph_format.first_line_indent = Cm(0)
        stop = _STOP[self.lang].strip()
        text = block.where[self.lang].rstrip(stop)
        add_text(where, f"{_WHERE[self.lang]}{text}{stop}", self.lang)

    def _references(self, block: References) -> None:
        for index, entry in enumerate(block.entries, 1):
            self._paragraph(styles.REFERENCE).add_run(f"[{index}]\t{entry}")

    # ----------------------------------------------------------------- pieces

    def _turn(self, orientation: Any) -> None:
        """Begin a page in the other orientation."""
        section = self.file.add_section(WD_SECTION.NEW_PAGE)
        if section.orientation != orientation:
            section.orientation = orientation
            section.page_width, section.page_height = section.page_height, section.page_width

    def _paragraph(self, style: str) -> Any:
        return self.file.add_paragraph(style=style)

    def _text(self, style: str, text: Text) -> Any:
        paragraph = self._paragraph(style)
        add_text(paragraph, text[self.lang], self.lang)
        return paragraph


def _anchor(section: str) -> str:
    return f"section_{section}".replace("-", "_")


def _figure_of(run: StudyRun, block: FigureBlock) -> Figure:
    return next(f for f in run.results[block.step].figures if f.name == block.figure)


def _describe(shape: Any, number: int, figure: Figure, lang: Lang) -> None:
    """Name the picture for those who cannot see it, and number it without the clock."""
    properties = shape._inline.docPr
    properties.set("id", str(number))
    properties.set("name", f"figure-{number}")
    properties.set("descr", f"{figure.title[lang]}. {figure.reading[lang]}")
