"""Figures on a grid of squares: the tile map of regions and the transition matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhiheng.core.figures.canvas import (
    Box,
    Canvas,
    Source,
    Spec,
    Tile,
    layer,
    number,
    paint,
    printed,
    px,
    spec_of,
    words,
)
from zhiheng.core.figures.layout import running, text_width, wrap
from zhiheng.core.result import Cell
from zhiheng.core.text import Text

NO_DATA = Text("无数据", "no data")
_LARGEST_TILE = 64
_STEPS = 5


def breaks(values: Sequence[float], steps: int = _STEPS) -> list[float]:
    """Upper ends of classes that hold about equally many values (type-1 quantiles)."""
    known = sorted(values)
    ends = [known[-(-len(known) * k // steps) - 1] for k in range(1, steps + 1)] if known else []
    return sorted(set(ends))


def _class(value: float, ends: Sequence[float]) -> int:
    return next((i for i, end in enumerate(ends) if value <= end), len(ends) - 1)


def tilemap(source: Source, canvas: Canvas) -> Spec:
    """Regions as equal squares, roughly where they lie; no borders are drawn or implied."""
    if source.maybe("category"):
        return _category_map(source, canvas)
    label, value = source.column("label", "entity"), source.column("value", "score")
    form = str(source.option("format", ".2f"))
    values: dict[Cell, float | None] = {row[label]: number(row, value) for row in source.rows}
    ends = breaks([v for v in values.values() if v is not None])
    tiles = _from_zero(canvas.tiles)
    columns = max((t.column for t in tiles.values()), default=0) + 1
    deep = max((t.row for t in tiles.values()), default=0) + 1
    side = min(_LARGEST_TILE, (canvas.width - 8) // columns)
    key = 46
    left = (canvas.width - side * columns) // 2
    box = Box(left, canvas.width - left - side * columns, key, 6, side * columns, side * deep)
    short = not all(_fitting(t, side, canvas, short=False)[0] for t in tiles.values())
    squares: list[Spec] = []
    texts: list[Spec] = []
    for code, tile in tiles.items():
        squares.append(_square(tile, values.get(code), ends, side, canvas))
        texts += _tile_words(
            tile, values.get(code), ends, canvas, side=side, form=form, short=short
        )
    layers = [
        _squares(squares),
        *[
            words([t for t in texts if t["size"] == s], align="center", size=s)
            for s in sorted({t["size"] for t in texts})
        ],
        *_legend(ends, sorted(v for v in values.values() if v is not None), canvas, box, form),
    ]
    return spec_of(source.figure, canvas, layers, box=box)


def _category_map(source: Source, canvas: Canvas) -> Spec:
    """The tile map of classes without order: one colour of the theme for each."""
    label, category = source.column("label", "entity"), source.column("category", "category")
    given = source.option("order")
    present = {str(row[category]): canvas.word(row, category) for row in source.rows}
    order = [str(c) for c in given] if isinstance(given, list) else sorted(present)
    at = {row[label]: str(row[category]) for row in source.rows}
    tiles = _from_zero(canvas.tiles)
    columns = max((t.column for t in tiles.values()), default=0) + 1
    deep = max((t.row for t in tiles.values()), default=0) + 1
    side = min(_LARGEST_TILE, (canvas.width - 8) // columns)
    left = (canvas.width - side * columns) // 2
    key = _category_key(source, canvas, [c for c in order if c in present], left)
    box = Box(left, canvas.width - left - side * columns, key.deep, 6, side * columns, side * deep)
    short = not all(_fitting(t, side, canvas, short=False)[0] for t in tiles.values())
    squares: list[Spec] = []
    texts: list[Spec] = []
    for code, tile in tiles.items():
        fill = canvas.theme.category(at.get(code, ""))
        known = code in at
        x, y = tile.column * side + 1.5, tile.row * side + 1.5
        line = fill if known else canvas.theme.colour["no_data_line"]
        label_ = tile.label[canvas.lang]
        squares.append({"x": x, "x2": x + side - 3, "y": y, "y2": y + side - 3, "colour": fill,
                        "line": line, "known": known, "label": label_})  # fmt: skip
        lines, size = _fitting(tile, side, canvas, short=short)
        ink = canvas.theme.on(fill) if known else canvas.theme.colour["muted"]
        first = tile.row * side + side / 2 - (len(lines) - 1) * size * 0.6
        texts += [
            {"x": tile.column * side + side / 2, "y": first + i * size * 1.2, "text": line_,
             "size": size, "colour": ink}
            for i, line_ in enumerate(lines)
        ]  # fmt: skip
    sizes = sorted({t["size"] for t in texts})
    layers = [
        _squares(squares),
        *[words([t for t in texts if t["size"] == s], align="center", size=s) for s in sizes],
        *key.layers,
    ]
    return spec_of(source.figure, canvas, layers, box=box)


@dataclass(frozen=True, slots=True)
class _Key:
    """The key of a category map: its layers and its depth in px."""

    layers: tuple[Spec, ...]
    deep: int


def _category_key(source: Source, canvas: Canvas, codes: Sequence[str], left: int) -> _Key:
    """Swatches with the word of each class present, in as many lines as they need."""
    category, theme = source.column("category", "category"), canvas.theme
    word = {str(row[category]): canvas.word(row, category) for row in source.rows}
    entries = [(theme.category(c), word[c], True) for c in codes]
    entries.append((theme.colour["no_data"], NO_DATA[canvas.lang], False))
    widths = (16 + text_width(text, theme.small) + 14 for _, text, _known in entries)
    places = running(widths, canvas.width - 8)
    deep = 20 * (places[-1][1] + 1) + 8
    swatches: list[Spec] = []
    texts: list[Spec] = []
    for (colour, text, known), (at, row) in zip(entries, places, strict=True):
        x0, y0 = at - left + 4, -deep + 4 + 20 * row
        edge = colour if known else theme.colour["no_data_line"]
        swatches.append({"x": x0, "x2": x0 + 12, "y": y0, "y2": y0 + 12, "colour": colour,
                         "line": edge, "known": known, "label": text})  # fmt: skip
        texts.append({"x": x0 + 17, "y": y0 + 6.5, "text": text})
    muted = theme.colour["muted"]
    return _Key(
        (_squares(swatches), words(texts, align="left", size=theme.small, color=muted)), deep
    )


def _from_zero(tiles: Mapping[str, Tile]) -> dict[str, Tile]:
    row = min((t.row for t in tiles.values()), default=0)
    column = min((t.column for t in tiles.values()), default=0)
    return {
        code: Tile(t.row - row, t.column - column, t.label, t.short) for code, t in tiles.items()
    }


def _fill(at: float | None, ends: Sequence[float], canvas: Canvas) -> str:
    if at is None:
        return canvas.theme.colour["no_data"]
    colours = canvas.theme.sequential
    return colours[_class(at, ends) + len(colours) - max(len(ends), 1)]


def _square(tile: Tile, at: float | None, ends: Sequence[float], side: int, canvas: Canvas) -> Spec:
    x, y = tile.column * side + 1.5, tile.row * side + 1.5
    line = canvas.theme.colour["no_data_line"] if at is None else _fill(at, ends, canvas)
    return {
        "x": x, "x2": x + side - 3, "y": y, "y2": y + side - 3, "colour": _fill(at, ends, canvas),
        "line": line, "known": at is not None, "label": tile.label[canvas.lang],
    }  # fmt: skip


def _squares(values: list[Spec]) -> Spec:
    encoding = {
        "x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"},
        "fill": paint("colour"), "stroke": paint("line"),
        "strokeDash": {
            "condition": {"test": "datum.known", "value": [1, 0]}, "value": [3, 2],
        },
    }  # fmt: skip
    return layer({"type": "rect", "strokeWidth": 1, "cornerRadius": 2}, values, encoding)


def _tile_words(
    tile: Tile, at: float | None, ends: Sequence[float], canvas: Canvas, *,
    side: int, form: str, short: bool,
) -> list[Spec]:  # fmt: skip
    theme = canvas.theme
    lines, size = _fitting(tile, side, canvas, short=short)
    dark = _fill(at, ends, canvas)
    colour = theme.colour["muted"] if at is None else theme.on(dark)
    shown = printed(at, form) if at is not None else ""
    small = theme.small if size > theme.tiny else theme.tiny
    rows = [(line, size) for line in lines] + ([(shown, small)] if shown else [])
    step = size * 1.2
    first = tile.row * side + side / 2 - (len(rows) - 1) * step / 2
    x = tile.column * side + side / 2
    return [
        {"x": x, "y": first + i * step, "text": text, "size": s, "colour": colour}
        for i, (text, s) in enumerate(rows)
    ]


def _fitting(tile: Tile, side: int, canvas: Canvas, *, short: bool) -> tuple[list[str], int]:
    """The name in the largest type that fits, in two lines if need be, or the short name."""
    theme = canvas.theme
    name = tile.short[canvas.lang] if short else tile.label[canvas.lang]
    for size in (theme.label, theme.small, theme.tiny):
        room = side - (2 if size == theme.tiny else 5)  # estimated widths err on the wide side
        lines = wrap(name, size, room, lines=2 if side > size * 4 else 1)
        if not any(line.endswith("…") for line in lines):
            return lines, size
    return [], theme.tiny


def _legend(
    ends: Sequence[float], values: Sequence[float], canvas: Canvas, box: Box, form: str
) -> list[Spec]:
    """Five swatches with the range of values that each one holds, and the one for no data."""
    theme = canvas.theme
    entries: list[tuple[str, str, bool]] = []
    for i, end in enumerate(ends):
        inside = [v for v in values if _class(v, ends) == i]
        text = f"{printed(inside[0], form)}–{printed(end, form)}"
        entries.append((_fill(end, ends, canvas), text, True))
    entries.append((theme.colour["no_data"], NO_DATA[canvas.lang], False))
    cell = min(92.0, (canvas.width - 8) / len(entries))
    start = -box.left + 4 + max(0.0, (canvas.width - 8 - cell * len(entries)) / 2)
    squares: list[Spec] = []
    texts: list[Spec] = []
    for i, (colour, text, known) in enumerate(entries):
        x = start + i * cell
        line = colour if known else theme.colour["no_data_line"]
        squares.append({"x": x + 1, "x2": x + cell - 2, "y": -box.top + 4, "y2": -box.top + 14,
                        "colour": colour, "line": line, "known": known, "label": text})  # fmt: skip
        texts.append({"x": x + cell / 2, "y": -box.top + 25, "text": text})
    size = theme.small if cell > 64 else theme.tiny
    return [_squares(squares), words(texts, align="center", size=size, color=theme.colour["muted"])]


TO = Text("下一期所在类", "class in the next period")
FROM = Text("本期所在类", "class in this period")


def heatmap(source: Source, canvas: Canvas) -> Spec:
    """A matrix of numbers from zero to one, each printed in its square; darker is more.

    `tall` is the largest height of a square; `down_zh`, `across_en` … name the two sides,
    which are classes of two periods otherwise.
    """
    down, across = source.column("row", "from_class"), source.column("column", "to_class")
    value, count = source.column("value", "probability"), source.maybe("count")
    form, theme = str(source.option("format", ".3f")), canvas.theme
    rows = list(dict.fromkeys(canvas.word(r, down) for r in source.rows))
    columns = list(dict.fromkeys(canvas.word(r, across) for r in source.rows))
    widest = max((text_width(r, theme.label) for r in rows), default=10)
    left = int(widest) + 18
    wide = min(110, (canvas.width - left - 8) // max(len(columns), 1))
    tall = min(int(str(source.option("tall", 60))), wide)
    broken = [wrap(c, theme.label, wide - 6, lines=3) for c in columns]
    step = round(theme.label * 1.25)
    top = 50 + step * (max((len(b) for b in broken), default=1) - 1)
    box = Box(left, canvas.width - left - wide * len(columns), top, 8, wide * len(columns),
              tall * len(rows))  # fmt: skip
    squares: list[Spec] = []
    texts: list[Spec] = []
    counts: list[Spec] = []
    for row in source.rows:
        at, i, j = number(row, value), rows.index(canvas.word(row, down)), 0
        j = columns.index(canvas.word(row, across))
        fill = _shade(at, canvas)
        x, y = j * wide, i * tall
        squares.append({"x": x + 1, "x2": x + wide - 1, "y": y + 1, "y2": y + tall - 1,
                        "colour": fill, "line": fill, "known": True, "label": ""})  # fmt: skip
        ink, n = theme.on(fill), number(row, count)
        shift = 7 if n is not None else 0
        texts.append({"x": x + wide / 2, "y": y + tall / 2 - shift, "colour": ink,
                      "text": printed(at, form) or "—"})  # fmt: skip
        if n is not None:
            counts.append({"x": x + wide / 2, "y": y + tall / 2 + 9, "text": f"n={n:.0f}",
                           "colour": ink})  # fmt: skip
    names = [{"x": -10, "y": i * tall + tall / 2, "text": r} for i, r in enumerate(rows)]
    heads = [
        {"x": j * wide + wide / 2, "y": -12 - step * (len(lines) - 1 - k), "text": line}
        for j, lines in enumerate(broken)
        for k, line in enumerate(lines)
    ]
    named = (("down", FROM), ("across", TO))
    sides = [source.option(f"{side}_{canvas.lang}", word[canvas.lang]) for side, word in named]
    corner = [{"x": -left + 4, "y": -top + 10,
               "text": f"↓ {sides[0]}    → {sides[1]}"}]  # fmt: skip
    layers = [
        _squares(squares),
        words(texts, align="center", size=theme.title),
        *([words(counts, align="center", size=theme.tiny)] if counts else []),
        words(names, align="right", size=theme.label),
        words(heads, align="center", size=theme.label),
        words(corner, align="left", size=theme.small, color=theme.colour["muted"]),
    ]
    return spec_of(source.figure, canvas, layers, box=box)


def _shade(at: float | None, canvas: Canvas) -> str:
    """Fixed steps of probability: 0–0.05–0.2–0.5–0.8–1, so that two matrices compare."""
    limits = (0.05, 0.2, 0.5, 0.8)
    if at is None:
        return canvas.theme.colour["no_data"]
    return canvas.theme.sequential[sum(at > limit for limit in limits)]
