"""Tables as journals print them: three rules, caption above, note below (三线表)."""

from __future__ import annotations

from markupsafe import Markup

from zhiheng.core.figures.layout import text_width
from zhiheng.core.text import LANGS, Text
from zhiheng.report.cells import (
    COEFFICIENTS,
    ERROR_FORMAT,
    ESTIMATE_FORMAT,
    FIT,
    has_term,
    stub_text,
)
from zhiheng.report.html_text import Writer, blocks, label, pair, words
from zhiheng.report.model import RegressionBlock, RegressionColumn, TableBlock
from zhiheng.report.stars import stars
from zhiheng.study.sentences import Address, Sentence

TABLE = Text("表", "Table")
YES, NO = Text("是", "Yes"), Text("否", "No")
_TYPE = 14  # px, the type of tables
_SHORT, _LENGTHY = 100, 260  # px: words that are not broken, and words that need room
_LONG = 14  # rows from which on a table may run over a page
_WIDE = 8  # columns from which on a table is set in the smaller type


def numbered(kind: Text, n: int) -> Markup:
    """``表 1`` or ``Table 1``, tagged."""
    return pair(lambda lang: Markup('<span class="q">{} {}</span>').format(kind[lang], n))


def table(block: TableBlock, n: int, writer: Writer) -> Markup:
    """A table of results: labels at the left, numbers at the right."""
    keys = writer.ledger.run.results[block.step].tables[block.table]
    head = [_head(c.label, "s") for c in block.stub] + [_head(c.label, "d") for c in block.columns]
    rows: list[Markup] = []
    for row in block.rows:
        key = keys.key(row)
        numbers = [
            _center(writer.cell(Address(block.step, block.table, key, c.column), c.format))
            for c in block.columns
        ]
        rows.append(_row([*_stubs(block, row, writer), *numbers]))
    wide = len(head) >= _WIDE
    return _frame(block.caption, n, head=_row(head), body=rows, note=_note(block.note, writer),
                  style=_style(wide=wide, long=len(block.rows) > _LONG))  # fmt: skip


def _stubs(block: TableBlock, row: int, writer: Writer) -> list[Markup]:
    """The labels at the left of a row."""

    def one(column: str) -> Markup:
        texts = {lang: stub_text(writer.ledger, block, row, column, lang) for lang in LANGS}
        form = Markup('<td class="{}">{}</td>')
        return form.format(_fit(*texts.values()), pair(lambda lang: label(texts[lang])))

    return [one(c.column) for c in block.stub]


def _fit(*texts: str) -> str:
    """Style of a label cell: short words stay on one line, long ones keep some width."""
    widest = max(text_width(text, _TYPE) for text in texts)
    return "s k" if widest <= _SHORT else "s t" if widest > _LENGTHY else "s"


def regression(block: RegressionBlock, n: int, writer: Writer) -> Markup:
    """A regression table: models across, terms down, errors in parentheses below."""
    numbers = [
        Markup('<th class="d q" scope="col">({})</th>').format(i + 1)
        for i in range(len(block.models))
    ]
    headings = [Markup('<th class="d" scope="col">{}</th>').format(words(m.heading))
                for m in block.models]  # fmt: skip
    empty = Markup("<th></th>")
    head = _row([empty, *numbers], "numbers") + _row([empty, *headings])
    body: list[Markup] = []
    for term, title in block.terms:
        above = [_estimate(term, m, writer) for m in block.models]
        body.append(_row([_stub(title, rows=2), *above], "b"))
        body.append(_row([_error(term, m, writer) for m in block.models], "e"))
    for i, (mark, title) in enumerate(block.marks):
        cells = [_center(words(YES if m.marks.get(mark, False) else NO)) for m in block.models]
        body.append(_row([_stub(title), *cells], "rule" if i == 0 else ""))
    for i, fit in enumerate(block.fit):
        cells = [
            _center(writer.cell(Address(m.step, FIT, _only_key(m, writer), fit.column), fit.format))
            for m in block.models
        ]
        body.append(_row([_stub(fit.label), *cells], "rule" if i == 0 else ""))
    wide = len(block.models) >= _WIDE - 2
    note = _note(block.note, writer)
    return _frame(block.caption, n, head=head, body=body, note=note, style=_style(wide=wide))


def _only_key(
    model: RegressionColumn, writer: Writer
) -> tuple[str | int | float | bool | None, ...]:
    return writer.ledger.run.results[model.step].tables[FIT].key(0)


def _estimate(term: str, model: RegressionColumn, writer: Writer) -> Markup:
    if not has_term(model, term, writer.ledger):
        return _center(Markup(""))
    p = writer.ledger.value(Address(model.step, COEFFICIENTS, (term,), "p_value"))
    at = Address(model.step, COEFFICIENTS, (term,), "estimate")
    return _center(writer.cell(at, ESTIMATE_FORMAT, after=stars(p)))


def _error(term: str, model: RegressionColumn, writer: Writer) -> Markup:
    if not has_term(model, term, writer.ledger):
        return _center(Markup(""))
    at = Address(model.step, COEFFICIENTS, (term,), "std_error")
    return _center(Markup("({})").format(writer.cell(at, ERROR_FORMAT)))


def _head(text: Text, kind: str) -> Markup:
    short = max(text_width(text[lang], _TYPE) for lang in LANGS) <= _SHORT
    style = f"{kind} k" if short else kind
    return Markup('<th class="{}" scope="col">{}</th>').format(style, words(text))


def _stub(text: Text, rows: int = 1) -> Markup:
    return Markup('<th class="s" scope="row" rowspan="{}">{}</th>').format(rows, words(text))


def _center(content: Markup) -> Markup:
    return Markup('<td class="d">{}</td>').format(content)


def _row(cells: list[Markup], style: str = "") -> Markup:
    opened = Markup('<tr class="{}">').format(style) if style else Markup("<tr>")
    return opened + Markup("").join(cells) + Markup("</tr>\n")


def _note(sentences: tuple[Sentence, ...], writer: Writer) -> Markup:
    if not sentences:
        return Markup("")
    return blocks("p", lambda lang: writer.sentences(sentences, lang), "note")


def _style(*, wide: bool = False, long: bool = False) -> str:
    return " ".join(["table", *(["wide"] if wide else []), *(["long"] if long else [])])


def _frame(
    title: Text, n: int, *, head: Markup, body: list[Markup], note: Markup, style: str
) -> Markup:
    return Markup(
        '<div class="{style}" id="table-{n}">'
        '<div class="caption" id="table-{n}-title">{number} {title}</div>'
        '<div class="scroll" tabindex="0" role="region" aria-labelledby="table-{n}-title">'
        "<table><thead>{head}</thead><tbody>{body}</tbody></table></div>{note}</div>"
    ).format(
        style=style, n=n, number=numbered(TABLE, n), title=words(title),
        head=head, body=Markup("").join(body), note=note,
    )  # fmt: skip
