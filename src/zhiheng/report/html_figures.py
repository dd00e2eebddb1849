"""Figures of the page: drawn beforehand, in both languages and two widths.

Why drawn and not left to the browser: the bundle of vega alone is 0.9 MB and
draws nothing when scripts are off, when the page is printed before it has run,
or in a mail viewer; the drawings of a whole report, four of each figure, come
to about a third of that, look the same everywhere, print sharp, and their
words can be searched and copied. The page shows the drawing that fits by CSS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from zhiheng.core.text import LANGS, Lang, Text
from zhiheng.report import drawing
from zhiheng.report.html_svg import size, slim
from zhiheng.report.html_tables import numbered
from zhiheng.report.html_text import pair, words
from zhiheng.report.model import FigureBlock
from zhiheng.report.naming import names_of
from zhiheng.study.run_types import StudyRun

FIGURE = Text("图", "Figure")
READING = Text("读法", "How to read it")
WIDE, HALF, NARROW = 760, 500, 358
"""Widths in px: the text column, half the first screen, a phone of 390 px less its margins."""


@dataclass(frozen=True, slots=True)
class Drawer:
    """Draws the figures of one run with words gathered once."""

    run: StudyRun
    names: Mapping[str, Text]

    @staticmethod
    def of(run: StudyRun) -> Drawer:
        """For one run."""
        return Drawer(run, names_of(run))

    def figure(self, block: FigureBlock, n: int, *, half: bool = False) -> Markup:
        """A figure with its caption and its reading sentence below."""
        figure = drawing.figure_of(self.run, block.step, block.figure)
        widths = (HALF if half else WIDE, NARROW)
        drawn = Markup("").join(
            self._one(block, n, lang, width, phone=i == 1)
            for lang in LANGS
            for i, width in enumerate(widths)
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

    def _one(self, block: FigureBlock, n: int, lang: Lang, width: int, *, phone: bool) -> Markup:
        figure = drawing.figure_of(self.run, block.step, block.figure)
        raw = drawing.svg(
            self.run, block.step, block.figure, lang=lang, width=width, names=self.names
        )
        place = "phone" if phone else "desk"
        image = slim(raw, f"f{n}{lang}{place[0]}-")
        across, _ = size(raw)
        opened = Markup(
            '<svg class="{lang} {place}" role="img" aria-label="{title}" style="max-width:{w}px" '
        ).format(lang=lang, place=place, title=figure.title[lang], w=across)
        return Markup(image.replace("<svg ", opened, 1))  # our own drawing, not user text
