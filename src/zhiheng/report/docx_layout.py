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
_STUB_MOST = 18.0
"""A row label wider than this many em is broken into lines."""
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
    """Width of a line of text in em: a Chinese character is one, a Latin letter half of one."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WF" else 0.52 for c in text)


def lay_out(heads: Sequence[str], body: Sequence[Sequence[str]], stubs: int) -> Layout:
    """The least drastic layout in which nothing is cut off or broken inside a number.

    Parameters
    ----------
    heads : sequence of str
        Column headings; these may be broken into lines.
    body : sequence of rows of str
    stubs : int
        How many of the first columns are row labels, which may be broken too.
    """
    least = [_least(heads[i], [row[i] for row in body], stub=i < stubs) for i in range(len(heads))]
    wanted = [max(least[i], min(em(heads[i]) + _PADDING, _STUB_MOST)) for i in range(len(heads))]
    for landscape, width in ((False, TEXT_WIDTH), (True, PAGE_HEIGHT - 2 * MARGIN)):
        for size in SIZES:
            room = width * POINTS_PER_CM / size
            if sum(least) <= room:
                return Layout(size, _spread(least, wanted, room, size), landscape)
    room = width * POINTS_PER_CM / SIZES[-1]
    squeezed = [w * room / sum(least) for w in least]
    return Layout(SIZES[-1], _centimetres(squeezed, SIZES[-1]), landscape=True)


def _least(head: str, cells: Sequence[str], *, stub: bool) -> float:
    widest = max((em(cell) for cell in cells), default=0.0)
    if stub:
        widest = min(widest, _STUB_MOST)
    return max(widest, _HEAD_LEAST, _longest_word(head)) + _PADDING


def _longest_word(head: str) -> float:
    """The widest part of a heading that cannot be broken: a Latin word."""
    latin = "".join(c if unicodedata.east_asian_width(c) not in "WF" else " " for c in head)
    return max((em(word) for word in latin.split()), default=0.0)


def _spread(
    least: Sequence[float], wanted: Sequence[float], room: float, size: float
) -> tuple[float, ...]:
    """Give spare room first to headings on one line, then to all columns alike."""
    spare = room - sum(least)
    lack = [w - m for w, m in zip(wanted, least, strict=True)]
    share = min(1.0, spare / sum(lack)) if sum(lack) > 0 else 0.0
    widths = [m + x * share for m, x in zip(least, lack, strict=True)]
    factor = min(room / sum(widths), _LOOSE)
    return _centimetres([w * factor for w in widths], size)


def _centimetres(widths: Sequence[float], size: float) -> tuple[float, ...]:
    return tuple(round(w * size / POINTS_PER_CM, 3) for w in widths)
