"""Figures of the page: drawn beforehand, in both languages and two widths.

Why drawn and not left to the browser: the bundle of vega alone is 0.9 MB and
draws nothing when scripts are off, when the page is printed before it has run,
or in a mail viewer; the drawings of a whole report, four of each figure, come
to about a third of that, look the same everywhere, print sharp, and their
words can be searched and copied. The page shows the drawing that fits by CSS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from zhiheng.core.text import LANGS, Text
from zhiheng.report.drawing import Drawings, Order, figure_of
from zhiheng.report.html_svg import size, slim
from zhiheng.report.html_tables import numbered
from zhiheng.report.html_text import pair, words
from zhiheng.report.model import Document, FigureBlock

FIGURE = Text("图", "Figure")
READING = Text("读法", "How to read it")
WIDE, HALF, NARROW = 760, 500, 358
"""Widths in px: the text column, half the first screen, a phone of 390 px less its margins."""


def page_orders(document: Document) -> Iterator[Order]:
    """The drawings that the page of a document needs, in its order."""
    half = stands_beside(document)
    for block in document.first_figures:
        yield from _orders(block, half=half)
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, FigureBlock):
                yield from _orders(block)


def stands_beside(document: Document) -> bool:
    """Whether the figures of the first screen stand side by side, at half the width."""
    return len(document.first_figures) > 1


def _orders(block: FigureBlock, *, half: bool = False) -> list[Order]:
    """The four drawings of a figure: per language one for the desk and one for the phone."""
    widths = (HALF if half else WIDE, NARROW)
    return [Order(block.step, block.figure, lang, w) for lang in LANGS for w in widths]


@dataclass(frozen=True, slots=True)
class Drawer:
    """Prints the figures of one run."""

    drawings: Drawings

    def figure(self, block: FigureBlock, n: int, *, half: bool = False) -> Markup:
        """A figure with its caption and its reading sentence below."""
        figure = figure_of(self.drawings.run, block.step, block.figure)
        drawn = Markup("").join(
            self._one(order, n, figure.title[order.lang]) for order in _orders(block, half=half)
        )
        return Markup(
            '<figure id="figure-{n}" data-kind="{kind}" data-ledger="{step}.{table}">{drawn}'
            '<figcaption><div class="caption">{number} {title}</div>'
            '<p class="reading"><b>{how}</b>{reading}</p></figcaption></figure>'
        ).format(
            n=n, kind=figure.kind, step=block.step, table=figure.table, drawn=drawn,
            number=numbered(FIGURE, n), title=words(figure.title), how=words(READING),
            reading=pair(lambda lang: Markup("{}").format(figure.reading[lang])),
        )  # fmt: skip

    def _one(self, order: Order, n: int, title: str) -> Markup:
        raw = self.drawings.sketch(order).svg
        place = "phone" if order.width == NARROW else "desk"
        image = slim(raw, f"f{n}{order.lang}{place[0]}-")
        across, _ = size(raw)
        opened = Markup(
            '<svg class="{lang} {place}" role="img" aria-label="{title}" style="max-width:{w}px" '
        ).format(lang=order.lang, place=place, title=title, w=across)
        return Markup(image.replace("<svg ", opened, 1))  # our own drawing, not user text
