"""A health report as one self-contained page and as a Word file."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from zhiheng.core.text import Lang, Text
from zhiheng.report import docx_styles as styles
from zhiheng.report.archive import set_properties, to_bytes
from zhiheng.report.docx_runs import add_field, add_text
from zhiheng.report.docx_tables import Cell, Grid, draw
from zhiheng.report.drawing import theme
from zhiheng.report.health import HealthReport, Printed

HTML, DOCX = "health.html", "health.docx"


def write_health(report: HealthReport, out: Path, *, lang: Lang) -> list[Path]:
    """Write ``health.html`` and ``health.docx`` to a folder; returns the paths."""
    out.mkdir(parents=True, exist_ok=True)
    files = {HTML: render_page(report, lang=lang).encode(), DOCX: render_word(report, lang=lang)}
    for name, content in files.items():
        (out / name).write_bytes(content)
    return [out / name for name in files]


def render_page(report: HealthReport, *, lang: Lang) -> str:
    """The report as HTML with both languages in it: no network, no file beside it."""
    environment = Environment(
        loader=PackageLoader("zhiheng.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = resources.files("zhiheng.report").joinpath("assets", "report.css").read_text("utf-8")
    own = resources.files("zhiheng.report").joinpath("assets", "health.css").read_text("utf-8")
    return environment.get_template("health.html").render(
        report=report,
        lang=lang,
        colours=theme()["colour"],
        css=Markup(css + own),
        both=_both,
    )


def _both(text: Text) -> Markup:
    return Markup(
        '<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>'
    ).format(escape(text.zh), escape(text.en))


def render_word(report: HealthReport, *, lang: Lang) -> bytes:
    """The report as a Word file; equal input gives equal bytes."""
    file: Any = docx.Document()
    styles.prepare(file, lang)
    set_properties(file, report.title[lang])
    for style, text in ((styles.TITLE, report.title), (styles.SUBTITLE, report.subtitle)):
        add_text(file.add_paragraph(style=style), text[lang], lang)
    add_text(file.add_paragraph(style=styles.LEAD), report.verdict[lang], lang, bold=True)
    stop = {"zh": "；", "en": "; "}[lang]
    space = {"zh": "", "en": " "}[lang]
    said = stop.join(f"{n[lang]}{space}{what[lang]}" for n, what, _ in report.cards)
    add_text(file.add_paragraph(style=styles.ABSTRACT), said, lang)
    for i, table in enumerate(report.tables):
        _table(file, i + 1, table, lang)
    add_text(file.add_paragraph(style=styles.NOTE), report.limits[lang], lang)
    return to_bytes(file)


def _table(file: Any, number: int, table: Printed, lang: Lang) -> None:
    caption = file.add_paragraph(style=styles.CAPTION)
    word = {"zh": "表", "en": "Table"}[lang]
    add_text(caption, f"{word} ", lang)
    add_field(caption, f"SEQ {word} \\* ARABIC", str(number))
    add_text(caption, {"zh": "  ", "en": ". "}[lang] + table.caption[lang], lang)
    caption.paragraph_format.keep_with_next = True
    head = tuple(_cell(t[lang], lang, words=i < table.words) for i, t in enumerate(table.head))
    body = tuple(
        tuple(_cell(t[lang], lang, words=i < table.words) for i, t in enumerate(row))
        for row in table.rows
    )
    grid = Grid(head, body, stubs=table.words)
    draw(file, grid, grid.layout(), noted=table.note is not None)
    if table.note is not None:
        add_text(file.add_paragraph(style=styles.NOTE), table.note[lang], lang)


def _cell(text: str, lang: Lang, *, words: bool) -> Cell:
    align = WD_ALIGN_PARAGRAPH.LEFT if words else WD_ALIGN_PARAGRAPH.RIGHT
    return Cell(text, _writer(text, lang), align)


def _writer(text: str, lang: Lang) -> Callable[[Any], None]:
    def fill(paragraph: Any) -> None:
        add_text(paragraph, text, lang)

    return fill
