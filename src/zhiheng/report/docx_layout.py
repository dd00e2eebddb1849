"""How wide the columns of a printed table are, how small its type, and whether the page turns."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zhiheng.report.docx_styles import MARGIN, PAGE_HEIGHT, TEXT_WIDTH

POINTS_PER_CM = 72 / 2.54
SIZES = {9.0: 1.0, 8.0: 1.25, 7.5: 1.4}
"""Type sizes of tables in points, 小五 first, and what each costs: small type has to save lines."""
_MOST_LINES = 8
"""Row labels are broken into at most this many lines."""
_HEAD_LINES = 2
_LINE, _ROW_PADDING = 1.25, 2.0
"""Height of a line in em, and the white above and below a row in points."""
_STEP = 0.93
"""How much narrower a column of labels gets in one step of the search."""
_SLACK = 1.12
"""Lines break at words, so a broken cell needs this much more room than its letters."""
_PADDING = 0.9
"""White on both sides of a cell together, in em."""
_HEAD_LEAST = 3.2
"""A column heading is never squeezed below this many em."""
_HEAD_MOST = 18.0
"""A longer heading is broken into lines even where there is room."""
_LOOSE = 1.9
"""A small table is spread out, but not beyond this multiple of its natural width."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is set.

    Attributes
    ----------
    size : float
        Type size in points.
    widths : tuple of float
        Column widths in centimetres.
    height : float
        Estimated height of all rows in centimetres.
    landscape : bool
        Whether the page is turned for it.
    """

    size: float
    widths: tuple[float, ...]
    height: float
    landscape: bool


@dataclass(frozen=True, slots=True)
class _Column:
    """One column measured in em."""

    head: float
    head_word: float
    cells: tuple[float, ...]
    cell_word: float
    stub: bool

    @property
    def widest(self) -> float:
        return max(self.cells, default=0.0)

    def floor(self) -> float:
        """The least width: numbers stand on one line, labels break only at words."""
        cells = self.widest
        if self.stub:
            cells = max(min(cells, cells / _MOST_LINES * _SLACK), self.cell_word)
        return max(cells, _HEAD_LEAST, self.head_word) + _PADDING

    def start(self) -> float:
        """The width at which no cell is broken, headings as much as need be."""
        return max(self.widest, _HEAD_LEAST, self.head_word) + _PADDING

    def wanted(self) -> float:
        """The width at which the heading stands on one line, within reason."""
        return min(self.head, _HEAD_MOST) + _PADDING

    def whole(self) -> float:
        """The width at which no cell is broken."""
        return self.widest + _PADDING

    def lines(self, row: int, width: float) -> int:
        """How many lines the cell of a row takes."""
        text, room = self.cells[row], width - _PADDING
        return 1 if text <= room + 0.05 else math.ceil(text * _SLACK / room)


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
    """The layout with the least height in which nothing is cut off or broken inside a number.

    Row labels are broken into lines; type gets smaller where that saves lines;
    the page is turned only if the table fits no other way.

    Parameters
    ----------
    heads : sequence of str
        Column headings; these may be broken into lines.
    body : sequence of rows of str
    stubs : int
        How many of the first columns are row labels, which may be broken too.
    """
    columns = [_measure(h, [r[i] for r in body], i < stubs) for i, h in enumerate(heads)]
    for landscape, width in ((False, TEXT_WIDTH), (True, PAGE_HEIGHT - 2 * MARGIN)):
        found = list(_candidates(columns, len(body), width))
        if found:
            _, size, widths = min(found, key=lambda c: c[0])
            return _layout(columns, widths, len(body), size, landscape=landscape)
    size = min(SIZES)
    room = (PAGE_HEIGHT - 2 * MARGIN) * POINTS_PER_CM / size
    least = [c.floor() for c in columns]
    squeezed = [w * room / sum(least) for w in least]
    return _layout(columns, squeezed, len(body), size, landscape=True)


def _layout(
    columns: Sequence[_Column], widths: Sequence[float], rows: int, size: float, *, landscape: bool
) -> Layout:
    lines = _height(columns, widths, rows) + _HEAD_LINES
    points = lines * size * _LINE + (rows + 1) * _ROW_PADDING
    centimetres = tuple(round(w * size / POINTS_PER_CM, 3) for w in widths)
    return Layout(size, centimetres, round(points / POINTS_PER_CM, 2), landscape)


def _measure(head: str, cells: Sequence[str], stub: bool) -> _Column:
    return _Column(
        head=em(head),
        head_word=_longest_word(head),
        cells=tuple(em(cell) for cell in cells),
        cell_word=max((_longest_word(cell) for cell in cells), default=0.0),
        stub=stub,
    )


def _candidates(
    columns: Sequence[_Column], rows: int, width: float
) -> Iterator[tuple[float, float, list[float]]]:
    """Layouts that fit: their cost, type size and widths in em."""
    for size, penalty in SIZES.items():
        room = width * POINTS_PER_CM / size
        if sum(c.floor() for c in columns) <= room:
            widths = _spread(_squeeze(columns, rows, room), columns, room)
            yield (_height(columns, widths, rows) + 1) * size * penalty, size, widths


def _squeeze(columns: Sequence[_Column], rows: int, room: float) -> list[float]:
    """Narrow row labels step by step, each time where the fewest lines come of it."""
    widths = [c.start() for c in columns]
    while sum(widths) > room:
        now = _height(columns, widths, rows)
        tries: list[tuple[float, float, list[float]]] = []
        for i, column in enumerate(columns):
            narrow = max(widths[i] * _STEP, column.floor())
            if narrow < widths[i]:
                tried = [*widths[:i], narrow, *widths[i + 1 :]]
                saved = widths[i] - narrow
                more = _height(columns, tried, rows) - now
                tries.append((more / saved, -saved, tried))
        widths = min(tries, key=lambda t: t[:2])[2]
    return widths


def _height(columns: Sequence[_Column], widths: Sequence[float], rows: int) -> int:
    """The lines of all rows together."""
    return sum(
        max(c.lines(row, w) for c, w in zip(columns, widths, strict=True)) for row in range(rows)
    )


def _longest_word(text: str) -> float:
    """The widest part of a text that cannot be broken: a Latin word."""
    latin = "".join(c if unicodedata.east_asian_width(c) not in "WF" else " " for c in text)
    return max((em(word) for word in latin.split()), default=0.0)


def _spread(least: Sequence[float], columns: Sequence[_Column], room: float) -> list[float]:
    """Give spare room to cells that break, then to headings on one line, then to all alike."""
    widths = list(least)
    for wanted in ([c.whole() for c in columns], [c.wanted() for c in columns]):
        lack = [max(0.0, w - have) for w, have in zip(wanted, widths, strict=True)]
        spare = max(0.0, room - sum(widths))
        share = min(1.0, spare / sum(lack)) if sum(lack) > 0 else 0.0
        widths = [have + x * share for have, x in zip(widths, lack, strict=True)]
    factor = min(room / sum(widths), _LOOSE)
    return [w * factor for w in widths]
