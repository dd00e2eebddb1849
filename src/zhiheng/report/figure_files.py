"""Figures as files: SVG for the web, PNG for documents, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from zhiheng.core.text import LANGS, Lang
from zhiheng.report.drawing import svg
from zhiheng.report.model import Document, FigureBlock
from zhiheng.report.naming import names_of
from zhiheng.study.run_types import StudyRun

WIDTH = 600
"""Width of a drawing in px; at the 15 cm of the printed page its words are 7 to 10 pt high."""
SCALE = 2.5
"""Picture dots per px: 1500 dots on 15 cm are 254 dpi."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The drawn figures of a document.

    Attributes
    ----------
    files : mapping of file name to bytes
        ``01-ranking.zh.svg``, ``01-ranking.zh.png`` and so on, in document order.
    pictures : mapping of (language, step, figure) to bytes
        The same PNG files, for the Word paper.
    """

    files: Mapping[str, bytes]
    pictures: Mapping[tuple[Lang, str, str], bytes]

    def pictures_in(self, lang: Lang) -> dict[tuple[str, str], bytes]:
        """The PNG files of one language by step and figure."""
        return {key[1:]: content for key, content in self.pictures.items() if key[0] == lang}


def draw_figures(document: Document, run: StudyRun, *, langs: Iterable[Lang] = LANGS) -> Drawn:
    """Draw every figure of a document once per language.

    Parameters
    ----------
    document : Document
    run : StudyRun
    langs : iterable of {"zh", "en"}
    """
    import vl_convert

    names = names_of(run)
    files: dict[str, bytes] = {}
    pictures: dict[tuple[Lang, str, str], bytes] = {}
    wanted = tuple(langs)
    for number, block in enumerate(figure_blocks(document), 1):
        at = (block.step, block.figure)
        for lang in wanted:
            stem = f"{number:02d}-{block.figure}.{lang}"
            drawing = svg(run, *at, lang=lang, width=WIDTH, names=names)
            # From the SVG, so that Vega lays the figure out once and both files agree.
            picture = vl_convert.svg_to_png(drawing, scale=SCALE)
            files[f"{stem}.svg"] = drawing.encode()
            files[f"{stem}.png"] = picture
            pictures[lang, *at] = picture
    return Drawn(files, pictures)


def figure_blocks(document: Document) -> Iterator[FigureBlock]:
    """The figures of a document in order, each once."""
    blocks = [*document.first_figures]
    blocks += [b for s in document.sections for b in s.blocks if isinstance(b, FigureBlock)]
    seen: set[tuple[str, str]] = set()
    for block in blocks:
        if (block.step, block.figure) not in seen:
            seen.add((block.step, block.figure))
            yield block
