"""The report as one self-contained page that works from a file, on a phone and on paper."""

from __future__ import annotations

from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from zhiheng.catalog.wording import option_word
from zhiheng.core.text import Lang, Text
from zhiheng.report.drawing import Drawings, theme
from zhiheng.report.html_figures import Drawer, stands_beside
from zhiheng.report.html_ledger import as_script, ledger_data
from zhiheng.report.html_tables import regression, table
from zhiheng.report.html_text import Writer, blocks, label, pair, words
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
from zhiheng.report.readback import refuse_orphans
from zhiheng.study.ledger import Ledger
from zhiheng.study.run_types import StudyRun

WHERE = Text("式中，", "where ")


def render_html(
    document: Document,
    run: StudyRun,
    ledger: Ledger,
    *,
    lang_default: Lang = "zh",
    drawings: Drawings | None = None,
) -> str:
    """Print a document as one HTML file with both languages in it.

    Parameters
    ----------
    document : Document
    run : StudyRun
        Holds the results that tables and figures are taken from.
    ledger : Ledger
        Prints numbers and says what they stand on.
    lang_default : {"zh", "en"}
        The language shown before the reader chooses.
    drawings : Drawings, optional
        Where drawings are taken from; without it each is made here.

    Returns
    -------
    str
        The page: no file beside it, no network, no script needed to read it.

    Raises
    ------
    ZhihengError
        R803 if a number of the page cannot be traced.
    """
    source = Drawings.of(run) if drawings is None else drawings
    writer = Writer(ledger)
    body = _Body(writer, Drawer(source))
    findings = [_finding(f, writer) for f in document.findings]
    beside = stands_beside(document)
    first = [body.figure(f, half=beside) for f in document.first_figures]
    sections = [
        {"id": s.id, "n": i + 1, "title": words(s.title), "body": body.section(s)}
        for i, s in enumerate(document.sections)
    ]
    data = ledger_data(writer.cited.values(), ledger, source.names)
    page = _environment().get_template("page.html").render(
        lang=lang_default,
        title=words(document.title),
        plain_title=document.title[lang_default],
        subtitle=words(document.subtitle),
        question=words(document.question),
        findings=findings,
        first=first,
        sections=sections,
        version=label(run.code_version[:12]),
        number_hash=label(run.number_hash[:16]),
        colours=theme()["colour"],
        css=Markup(_asset("report.css")),
        js=Markup(_asset("report.js")),
        data=Markup(as_script(data)),
        titles=Markup(as_script({"zh": document.title.zh, "en": document.title.en})),
        both=_both,
    )  # fmt: skip
    refuse_orphans(page)
    return page


class _Body:
    """Prints blocks in order and numbers tables, figures and equations as it goes."""

    def __init__(self, writer: Writer, drawer: Drawer) -> None:
        self.writer = writer
        self.drawer = drawer
        self.tables = self.figures = self.equations = 0

    def section(self, section: Section) -> Markup:
        return Markup("\n").join(self.block(b) for b in section.blocks)

    def figure(self, block: FigureBlock, *, half: bool = False) -> Markup:
        self.figures += 1
        return self.drawer.figure(block, self.figures, half=half)

    def block(self, block: Block) -> Markup:
        """One block by its type."""
        match block:
            case TableBlock() | RegressionBlock():
                self.tables += 1
                printed = (
                    table(block, self.tables, self.writer)
                    if isinstance(block, TableBlock)
                    else regression(block, self.tables, self.writer)
                )
            case FigureBlock():
                printed = self.figure(block)
            case Equation():
                self.equations += 1
                printed = _equation(block, self.equations)
            case Paragraph():
                printed = self._paragraph(block)
            case Facts():
                printed = _facts(block, self.writer)
            case References():
                printed = _references(block)
        return printed

    def _paragraph(self, block: Paragraph) -> Markup:
        return blocks("p", lambda lang: self.writer.sentences(block.sentences, lang), block.style)


def _finding(finding: Finding, writer: Writer) -> dict[str, Any]:
    """A card of the first screen; the verdict is a word, its frame only repeats it."""
    return {
        "title": writer.both(finding.title),
        "number": writer.both(finding.number),
        "interval": writer.both(finding.interval),
        "reservation": writer.both(finding.reservation),
        "verdict": finding.verdict,
        "badge": words(option_word("verdict", finding.verdict)),
        "section": finding.section,
    }


def _equation(block: Equation, n: int) -> Markup:
    where = pair(lambda lang: label(WHERE[lang] + block.where[lang]))
    return Markup(
        '<div class="equation" id="equation-{n}"><div class="formula">{math}</div>'
        '<span class="q">({n})</span></div><p class="where">{where}</p>'
    ).format(n=n, math=Markup(block.mathml), where=where)


def _facts(block: Facts, writer: Writer) -> Markup:
    rows = [
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(words(what), writer.both(value))
        for what, value in block.rows
    ]
    return Markup('<dl class="facts">{}</dl>').format(Markup("").join(rows))


def _references(block: References) -> Markup:
    rows = [
        Markup("<li><span>[{}]</span> {}</li>").format(i + 1, entry)
        for i, entry in enumerate(block.entries)
    ]
    return Markup('<ol class="references" data-references>{}</ol>').format(Markup("").join(rows))


def _both(zh: str, en: str) -> Markup:
    """A word of the page's frame, for the template."""
    return words(Text(zh, en))


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("zhiheng.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _asset(name: str) -> str:
    return resources.files("zhiheng.report").joinpath("assets", name).read_text("utf-8")
