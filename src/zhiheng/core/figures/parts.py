"""Parts of each row side by side in one bar, such as what each step does to a rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zhiheng.core.figures.canvas import (
    Box,
    Canvas,
    Row,
    Source,
    Spec,
    layer,
    number,
    paint,
    px,
    spec_of,
    words,
)
from zhiheng.core.figures.layout import running, text_width

_PITCH = 17.0
_AXIS = 20
_KEY = 18


@dataclass(frozen=True, slots=True)
class _Part:
    code: str
    word: str
    colour: str


def parts(source: Source, canvas: Canvas) -> Spec:
    """One bar for each `label`, one piece for each `part`, as long as its `value`.

    The scale runs from zero to the longest bar, at least one where values are shares.
    Rows keep the order of the table, or of `sort_by`, a column of another table given as
    ``{"table": …, "column": …}``.
    """
    label, part = source.column("label", "entity"), source.column("part", "step")
    value = source.column("value", "share")
    rows = _by_label(source, label)
    kinds = _kinds(source, part, canvas)
    sums = [sum(max(number(r, value) or 0.0, 0.0) for r in group) for group in rows.values()]
    most = max([1.0, *sums])
    size = canvas.theme.small
    names = {code: canvas.word(group[0], label) for code, group in rows.items()}
    left = int(max(text_width(n, size) for n in names.values()) + 10)
    places = _key_places(kinds, canvas, canvas.width - 8)
    top = _AXIS + _KEY * (places[-1][1] + 1)
    box = Box(left, 18, top, 8, canvas.width - left - 18, int(_PITCH * len(rows)))
    pieces: list[Spec] = []
    texts: list[Spec] = []
    for n, (code, group) in enumerate(rows.items()):
        middle, at = _PITCH * (n + 0.5), 0.0
        texts.append({"x": -8, "y": middle, "text": names[code]})
        found = {str(r[part]): max(number(r, value) or 0.0, 0.0) for r in group}
        for kind in kinds:
            wide = found.get(kind.code, 0.0) / most * box.width
            pieces.append({"x": at, "x2": at + wide, "y": middle - 6, "y2": middle + 6,
                           "colour": kind.colour})  # fmt: skip
            at += wide
    span: Spec = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}
    layers = [
        *_grid(box, most, canvas),
        layer({"type": "rect"}, pieces, span | {"color": paint("colour")}),
        words(texts, align="right", size=size),
        *_key(kinds, places, box, canvas),
    ]
    return spec_of(source.figure, canvas, layers, box=box)


def _by_label(source: Source, label: str) -> dict[str, list[Row]]:
    """Rows of each label, in the order of a column of another table where one is named."""
    found: dict[str, list[Row]] = {}
    for row in source.rows:
        found.setdefault(str(row[label]), []).append(row)
    order = source.option("sort_by")
    if not isinstance(order, dict):
        return found
    table = source.tables[str(order["table"])]
    rank: dict[str, float] = {}
    for i in range(len(table)):  # a later period overwrites an earlier one
        row = table.row(i)
        rank[str(row[label])] = number(row, str(order["column"])) or 0.0
    return dict(sorted(found.items(), key=lambda pair: rank.get(pair[0], float("inf"))))


def _kinds(source: Source, part: str, canvas: Canvas) -> list[_Part]:
    seen = dict.fromkeys(str(row[part]) for row in source.rows)
    words_of = {str(row[part]): canvas.word(row, part) for row in source.rows}
    colours = canvas.theme.parts
    return [_Part(c, words_of[c], colours[n % len(colours)]) for n, c in enumerate(seen)]


def _grid(box: Box, most: float, canvas: Canvas) -> list[Spec]:
    step = 0.25 if most <= 2 else 0.5
    ticks = [i * step for i in range(int(most / step + 1e-9) + 1)]
    lines = [{"x": t / most * box.width, "y": 0, "y2": box.height} for t in ticks]
    marks = [{"x": t / most * box.width, "y": -9, "text": f"{t:.0%}"} for t in ticks]
    colour = canvas.theme.colour
    return [
        layer({"type": "rule", "color": colour["rule"]}, lines,
              {"x": px("x"), "y": px("y"), "y2": {"field": "y2"}}),
        words(marks, align="center", size=canvas.theme.small, color=colour["muted"]),
    ]  # fmt: skip


def _key_places(kinds: Sequence[_Part], canvas: Canvas, room: float) -> list[tuple[float, int]]:
    """Where each word of the key stands: px from the left, and its line."""
    return running((text_width(k.word, canvas.theme.small) + 30 for k in kinds), room)


def _key(
    kinds: Sequence[_Part], places: Sequence[tuple[float, int]], box: Box, canvas: Canvas
) -> list[Spec]:
    """Squares with their words above the bars."""
    squares: list[Spec] = []
    texts: list[Spec] = []
    for kind, (x, line) in zip(kinds, places, strict=True):
        left, y = x - box.left + 4, -box.top + 9 + _KEY * line
        squares.append({"x": left, "x2": left + 11, "y": y - 5.5, "y2": y + 5.5,
                        "colour": kind.colour})  # fmt: skip
        texts.append({"x": left + 16, "y": y, "text": kind.word})
    span: Spec = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}
    return [
        layer({"type": "rect"}, squares, span | {"color": paint("colour")}),
        words(texts, align="left", size=canvas.theme.small),
    ]
