"""How wide the columns of a printed table are, how small its type, and whether the page turns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from zhiheng.report.docx_styles import MARGIN, PAGE_HEIGHT, TEXT_WIDTH

POINTS_PER_CM = 72 / 2.54
SIZES = (9.0, 8.0, 7.5)
"""Type sizes that a table may have, in points: 小五 first, never below 六号 (7.5)."""
_PADDING = 0.9
"""White on both sides of a cell together, in em."""
_STUB_MOST = (18.0, 15.0, 12.5, 10.5, 9.0)
"""A row label wider than this many em is broken into lines; narrower only if need be."""
_HEAD_LEAST = 3.2
"""A column heading is never squeezed below this many em."""
_LOOSE = 1.9
"""A small table is spread out, but not beyond this multiple of its natural width."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Type size in points, column widths in centimetres, and whether the page is turned."""

    size: float
    widths: tuple[float, ...]
    landscape: bool


def em(text: str) -> float:
    """Width of a line in em: a Chinese character is one, a Latin one as in Times New Roman."""
    return sum(map(_character, text))


def _character(c: str) -> float:
    if unicodedata.east_asian_width(c) in "WF":
        return 1.0
    if c in "iljtfr.,;:'|!()[] ":
        return 0.31
    return 0.7 if c.isupper() or c in "mw%@" else 0.5


def lay_out(heads: Sequence[str], body: Sequence[Sequence[str]], stubs: int) -> Layout:
    """The least drastic layout in which nothing is cut off or broken inside a number.

    Row labels are broken into lines before type gets smaller, type gets smaller
    before the page is turned.

    Parameters
    ----------
    heads : sequence of str
        Column headings; these may be broken into lines.
    body : sequence of rows of str
    stubs : int
        How many of the first columns are row labels, which may be broken too.
    """
    columns = [_Measured.of(h, [r[i] for r in body]) for i, h in enumerate(heads)]
    for landscape, width in ((False, TEXT_WIDTH), (True, PAGE_HEIGHT - 2 * MARGIN)):
        for size in SIZES:
            room = width * POINTS_PER_CM / size
            for most in _STUB_MOST:
                least = [c.least(most if i < stubs else None) for i, c in enumerate(columns)]
                if sum(least) <= room:
                    return Layout(size, _spread(least, columns, room, size), landscape)
    room = width * POINTS_PER_CM / SIZES[-1]
    least = [c.least(_STUB_MOST[-1] if i < stubs else None) for i, c in enumerate(columns)]
    squeezed = [w * room / sum(least) for w in least]
    return Layout(SIZES[-1], _centimetres(squeezed, SIZES[-1]), landscape=True)


@dataclass(frozen=True, slots=True)
class _Measured:
    """The widths of one column in em."""

    head: float
    head_word: float
    cells: float
    cell_word: float

    @staticmethod
    def of(head: str, cells: Sequence[str]) -> _Measured:
        return _Measured(
            head=em(head),
            head_word=_longest_word(head),
            cells=max((em(cell) for cell in cells), default=0.0),
            cell_word=max((_longest_word(cell) for cell in cells), default=0.0),
        )

    def least(self, most: float | None) -> float:
        """The least width; cells are broken beyond `most` em where it is given."""
        cells = self.cells if most is None else max(min(self.cells, most), self.cell_word)
        return max(cells, _HEAD_LEAST, self.head_word) + _PADDING

    def wanted(self) -> float:
        """The width with heading and cells on one line each, within reason."""
        return min(max(self.head, self.cells), _STUB_MOST[0]) + _PADDING

    def whole(self) -> float:
        """The width in which no cell is broken."""
        return max(self.head_word, self.cells) + _PADDING


def _longest_word(head: str) -> float:
    """The widest part of a heading that cannot be broken: a Latin word."""
    latin = "".join(c if unicodedata.east_asian_width(c) not in "WF" else " " for c in head)
    return max((em(word) for word in latin.split()), default=0.0)


def _spread(
    least: Sequence[float], columns: Sequence[_Measured], room: float, size: float
) -> tuple[float, ...]:
    """Give spare room to headings on one line, then to cells that break, then to all alike."""
    widths = list(least)
    for wanted in ([c.wanted() for c in columns], [c.whole() for c in columns]):
        lack = [max(0.0, w - have) for w, have in zip(wanted, widths, strict=True)]
        spare = max(0.0, room - sum(widths))
        share = min(1.0, spare / sum(lack)) if sum(lack) > 0 else 0.0
        widths = [have + x * share for have, x in zip(widths, lack, strict=True)]
    factor = min(room / sum(widths), _LOOSE)
    return _centimetres([w * factor for w in widths], size)


def _centimetres(widths: Sequence[float], size: float) -> tuple[float, ...]:
    return tuple(round(w * size / POINTS_PER_CM, 3) for w in widths)
