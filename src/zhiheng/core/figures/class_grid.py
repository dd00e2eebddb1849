"""Classes of rows over columns: one small square each, coloured by its class."""

from __future__ import annotations

from dataclasses import dataclass

from zhiheng.core.figures.canvas import (
    Box,
    Canvas,
    Source,
    Spec,
    layer,
    paint,
    px,
    spec_of,
    words,
)
from zhiheng.core.figures.layout import running, text_width
from zhiheng.core.figures.theme import Theme
from zhiheng.core.text import Text

_TALL, _WIDE, _KEY_LINE = 18, 64, 18
_GAP = 8  # px between the words of two columns
UNKNOWN = Text("无定义或无数据", "undefined or no data")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One word of the key with its place in px."""

    colour: str
    word: str
    x: float
    y: float
    known: bool


def class_grid(source: Source, canvas: Canvas) -> Spec:
    """Squares of `row` by `column`, coloured by `category`; `order` gives the classes of the key.

    Classes that `order` leaves out are drawn as unknown; `missing_zh` and `missing_en` name them.
    """
    down, across = source.column("row", "entity"), source.column("column", "period")
    category, theme = source.column("category", "category"), canvas.theme
    row_words = [canvas.word(r, down) for r in source.rows]
    column_words = [canvas.word(r, across) for r in source.rows]
    rows, columns = (list(dict.fromkeys(found)) for found in (row_words, column_words))
    if source.option("sort_columns", True):
        columns.sort(key=lambda word: (len(word), word))
    given = source.option("order")
    kinds = [str(r[category]) for r in source.rows]
    order = [str(c) for c in given] if isinstance(given, list) else sorted(set(kinds))
    titles = {k: canvas.word(r, category) for k, r in zip(kinds, source.rows, strict=True)}
    missing = str(source.option(f"missing_{canvas.lang}", UNKNOWN[canvas.lang]))
    left = int(max((text_width(r, theme.label) for r in rows), default=10)) + 14
    entries, lines = _key([c for c in order if c in titles], titles, missing, canvas, left)
    top = _KEY_LINE * lines + 26
    wide = min(_WIDE, (canvas.width - left - 8) / max(len(columns), 1))
    box = Box(left, canvas.width - left - int(wide * len(columns)), top, 8,
              int(wide * len(columns)), _TALL * len(rows))  # fmt: skip
    at_row, at_column = ({w: i for i, w in enumerate(found)} for found in (rows, columns))
    squares: list[Spec] = []
    for r, c, kind in zip(row_words, column_words, kinds, strict=True):
        x, y = at_column[c] * wide, at_row[r] * _TALL
        known = kind in order
        fill = theme.category(kind) if known else theme.colour["no_data"]
        squares.append(
            _square((x + 0.5, x + wide - 0.5), (y + 0.5, y + _TALL - 1), fill, known, theme)
        )
    swatches = [
        _square((e.x, e.x + 12), (e.y, e.y + 12), e.colour, e.known, theme) for e in entries
    ]
    heads = _heads(columns, wide, canvas)
    names = [{"x": -8, "y": i * _TALL + _TALL / 2, "text": r} for i, r in enumerate(rows)]
    texts = [{"x": e.x + 17, "y": e.y + 6.5, "text": e.word} for e in entries]
    layers = [
        _drawn(squares),
        _drawn(swatches),
        words(names, align="right", size=theme.label),
        words(heads, align="center", size=theme.small),
        words(texts, align="left", size=theme.small, color=theme.colour["muted"]),
    ]
    return spec_of(source.figure, canvas, layers, box=box)


def _square(
    across: tuple[float, float], down: tuple[float, float], fill: str, known: bool, theme: Theme
) -> Spec:
    line = fill if known else theme.colour["no_data_line"]
    (x, x2), (y, y2) = across, down
    return {"x": x, "x2": x2, "y": y, "y2": y2, "colour": fill, "line": line, "known": known}


def _key(
    codes: list[str], titles: dict[str, str], missing: str, canvas: Canvas, left: int
) -> tuple[list[_Entry], int]:
    theme = canvas.theme
    wanted = [(theme.category(c), titles[c], True) for c in codes]
    if any(code not in codes for code in titles):
        wanted.append((theme.colour["no_data"], missing, False))
    widths = (16 + text_width(word, theme.small) + 14 for _, word, _known in wanted)
    places = running(widths, canvas.width - 8)
    lines = places[-1][1] + 1 if places else 1
    top = _KEY_LINE * lines + 26
    return [
        _Entry(colour, word, at - left + 4, -top + 2 + _KEY_LINE * row, known)
        for (colour, word, known), (at, row) in zip(wanted, places, strict=True)
    ], lines


def _heads(columns: list[str], wide: float, canvas: Canvas) -> list[Spec]:
    """Every so many column words that they do not touch; the last one always."""
    need = max((text_width(c, canvas.theme.small) for c in columns), default=1) + _GAP
    every = max(1, -(-int(need) // max(int(wide), 1)))
    last = len(columns) - 1
    shown = list(range(last, -1, -every))
    half = [text_width(c, canvas.theme.small) / 2 for c in columns]
    return [  # a word wider than its square stays inside the grid
        {"x": min(i * wide + wide / 2, max(wide * len(columns) - half[i], half[i])), "y": -10,
         "text": columns[i]}
        for i in reversed(shown)
    ]  # fmt: skip


def _drawn(values: list[Spec]) -> Spec:
    encoding = {
        "x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"},
        "fill": paint("colour"), "stroke": paint("line"),
    }  # fmt: skip
    return layer({"type": "rect", "strokeWidth": 1}, values, encoding)
