"""Figures as files: SVG for the web, PNG for documents, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from zhiheng.core.text import LANGS, Lang
from zhiheng.report.drawing import Drawings, Order
from zhiheng.report.model import Document, FigureBlock
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


def draw_figures(
    document: Document,
    run: StudyRun,
    *,
    langs: Iterable[Lang] = LANGS,
    drawings: Drawings | None = None,
) -> Drawn:
    """Draw every figure of a document once per language.

    Parameters
    ----------
    document : Document
    run : StudyRun
    langs : iterable of {"zh", "en"}
    drawings : Drawings, optional
        Where drawings are taken from; without it each is made here.
    """
    source = Drawings.of(run) if drawings is None else drawings
    files: dict[str, bytes] = {}
    pictures: dict[tuple[Lang, str, str], bytes] = {}
    for number, order in file_orders(document, langs=langs):
        stem = f"{number:02d}-{order.figure}.{order.lang}"
        sketch = source.sketch(order)
        picture = sketch.png or b""
        files[f"{stem}.svg"] = sketch.svg.encode()
        files[f"{stem}.png"] = picture
        pictures[order.lang, order.step, order.figure] = picture
    return Drawn(files, pictures)


def file_orders(
    document: Document, *, langs: Iterable[Lang] = LANGS
) -> Iterator[tuple[int, Order]]:
    """The drawings that the files of a document need, each with the number of its figure."""
    wanted = tuple(langs)
    for number, block in enumerate(figure_blocks(document), 1):
        for lang in wanted:
            yield number, Order(block.step, block.figure, lang, WIDTH, SCALE)


def figure_blocks(document: Document) -> Iterator[FigureBlock]:
    """The figures of a document in order, each once."""
    blocks = [*document.first_figures]
    blocks += [b for s in document.sections for b in s.blocks if isinstance(b, FigureBlock)]
    seen: set[tuple[str, str]] = set()
    for block in blocks:
        if (block.step, block.figure) not in seen:
            seen.add((block.step, block.figure))
            yield block
