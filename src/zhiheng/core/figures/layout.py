"""Room for words: estimated text widths, line breaks, labels that keep apart.

A figure is laid out before it is drawn, so that the page, the document and
the picture file come out alike and no word is cut. Widths are those of the
product's font, rounded up, with a margin for the fonts that a reader may have.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

# Advance widths (em) of Noto Sans CJK SC, of which our font is a subset.
_GROUPS = {
    0.25: " ",
    0.30: "|',.:;ijlI",
    0.36: "!f()[]{}-²³₂",
    0.40: "t/\\r",
    0.48: '"*?sz',
    0.52: "xcvy",
    0.56: "YJLFek#$+0123456789<=>^_ag~–−",
    0.62: "VXESTZA`hnoubdpq",
    0.66: "PCRKB",
    0.70: "&DG",
    0.75: "NUHOQ",
    0.82: "wM",
    0.90: "W—",
    0.95: "%m@",
}
_ADVANCE = {char: width for width, chars in _GROUPS.items() for char in chars}
_OTHER_FONTS = 1.04  # Latin letters of other system fonts are a little wider


def text_width(text: str, size: float) -> float:
    """The width of one line of text in px, estimated."""
    return size * sum(_advance(char) for char in text)


def _advance(char: str) -> float:
    width = _ADVANCE.get(char)
    return 1.0 if width is None else width * _OTHER_FONTS


def wrap(text: str, size: float, width: float, lines: int = 2) -> list[str]:
    """Break a text into at most `lines` lines of `width` px; the last may be cut short."""
    out: list[str] = [""]
    for piece in _pieces(text):
        if text_width(out[-1] + piece.rstrip(), size) <= width or not out[-1]:
            out[-1] += piece
        else:
            out.append(piece)
    out = [line.strip() for line in out]
    if len(out) > lines:
        out = [*out[: lines - 1], cut(" ".join(out[lines - 1 :]), size, width)]
    return [cut(line, size, width) for line in out]


def cut(text: str, size: float, width: float) -> str:
    """The text, shortened with an ellipsis if it is wider than `width` px."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def _pieces(text: str) -> list[str]:
    """Units that stay on one line: a word with the space after it, or one wide character."""
    out: list[str] = []
    for char in text:
        joins = bool(out) and not _breaks(out[-1][-1]) and not _breaks(char)
        if out and (joins or char == " " or char in "，。、；：）/"):
            out[-1] += char
        else:
            out.append(char)
    return out


def _breaks(char: str) -> bool:
    return char in " /" or unicodedata.east_asian_width(char) in "WF"


def keep_apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move label positions as little as needed so that neighbours are `gap` px apart."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    out = list(places)
    floor = low
    for i in order:
        out[i] = max(places[i], floor)
        floor = out[i] + gap
    ceiling = high
    for i in reversed(order):
        out[i] = min(out[i], ceiling)
        ceiling = out[i] - gap
    return out


def running(widths: Iterable[float], room: float) -> list[tuple[float, int]]:
    """Where words of these widths stand one after another: px from the left, and the line."""
    out: list[tuple[float, int]] = []
    x, line = 0.0, 0
    for wide in widths:
        if x and x + wide > room:
            x, line = 0.0, line + 1
        out.append((x, line))
        x += wide
    return out


def decimals(step: float) -> int:
    """Digits after the point that multiples of a step need."""
    shown = f"{step:.8f}".rstrip("0")
    return len(shown) - shown.index(".") - 1


def stops(bounds: tuple[float, float, float]) -> list[float]:
    """The values at which an axis with these bounds and this step has its rules."""
    low, high, step = bounds
    return [low + i * step for i in range(round((high - low) / step) + 1)]


def nice_bounds(low: float, high: float, steps: int = 5) -> tuple[float, float, float]:
    """Round bounds that hold [low, high], and the step between ticks."""
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        # a spread that rounding could make is none
        half = max(0.5, 0.05 * max(abs(low), abs(high)))
        low, high = low - half, high + half
    raw = (high - low) / steps
    power = 10.0 ** _floor_log10(raw)
    step = next((m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999), 10 * power)
    first = step * _floor(low / step + 1e-9)
    last = step * -_floor(-high / step + 1e-9)
    return first, last, step


def _floor(value: float) -> int:
    return int(value // 1)


def _floor_log10(value: float) -> int:
    power = 0
    while value >= 10:
        value, power = value / 10, power + 1
    while value < 1:
        value, power = value * 10, power - 1
    return power
