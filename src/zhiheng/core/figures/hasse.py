"""A partial order as a drawing: who stands above whom, level by level, and no other line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhiheng.core.figures.canvas import Box, Canvas, Row, Source, Spec, layer, px, spec_of, words
from zhiheng.core.figures.layout import text_width
from zhiheng.core.text import Text

_GAP = 10.0  # px between words side by side
_ROW = 28.0  # px between rows of one level that does not fit side by side
_LEVEL = 40.0  # px between levels, and more where many lines run between them
_LINE = 1.1  # px of room for each line between two levels ...
_MOST = 110.0  # ... up to this distance
_SWEEPS = 4  # times that neighbours are looked at to keep lines short
_HALF = 8.0  # half the height of a word with its room

LEVEL = Text("第 {n} 层", "level {n}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entity stands, px of the plot."""

    x: float
    y: float
    half: float
    word: str


def hasse(source: Source, canvas: Canvas) -> Spec:
    """Entities from the top level down; a line leads from each to the next below it.

    The table of the figure holds pairs (`better`, `worse`, and `next` where nobody stands
    in between); the encoding `nodes` names the table of entities with their `level`.
    """
    better, worse = source.column("better", "better"), source.column("worse", "worse")
    near = source.maybe("next", "next")
    table = source.tables[str(source.option("nodes", "order"))]
    nodes = [table.row(i) for i in range(len(table))]
    pairs = [
        (str(row[better]), str(row[worse])) for row in source.rows if not near or bool(row[near])
    ]
    levels = _levels(nodes)
    margin = 8 + max((text_width(_tag(n, canvas), canvas.theme.tiny) for n in levels), default=0)
    rows = _ordered(levels, pairs)
    places, height = _place(nodes, rows, _gaps(rows, pairs), canvas, margin)
    lines = [
        {"x": places[a].x, "y": places[a].y + _HALF, "x2": places[b].x, "y2": places[b].y - _HALF}
        for a, b in pairs
        if a in places and b in places
    ]
    box = Box(4, 4, 8, 8, canvas.width - 8, int(height))
    tags = [
        {"x": 0, "y": min(places[e].y for e in members), "text": _tag(level, canvas)}
        for level, members in levels.items()
    ]
    texts = [{"x": p.x, "y": p.y, "text": p.word} for p in places.values()]
    rects = [
        {"x": p.x - p.half, "x2": p.x + p.half, "y": p.y - _HALF, "y2": p.y + _HALF}
        for p in places.values()
    ]
    colour = canvas.theme.colour
    span: Spec = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}
    layers = [
        layer({"type": "rule", "color": colour["soft"], "strokeWidth": 0.9}, lines, span),
        layer({"type": "rect", "color": colour["paper"], "opacity": 0.92}, rects, span),
        words(texts, align="center", size=_size(canvas)),
        words(tags, align="left", size=canvas.theme.tiny, color=colour["muted"]),
    ]
    return spec_of(source.figure, canvas, layers, box=box)


def _size(canvas: Canvas) -> int:
    return canvas.theme.tiny if canvas.narrow else canvas.theme.label


def _tag(level: int, canvas: Canvas) -> str:
    return LEVEL.format(n=level)[canvas.lang]


def _levels(nodes: Sequence[Row]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in sorted(nodes, key=lambda r: (int(str(r["level"])), str(r["entity"]))):
        found.setdefault(int(str(row["level"])), []).append(str(row["entity"]))
    return found


def _ordered(
    levels: Mapping[int, Sequence[str]], pairs: Sequence[tuple[str, str]]
) -> list[list[str]]:
    """Each level in the order of the mean place of its neighbours above and below."""
    rows = [list(members) for members in levels.values()]
    beside: dict[str, list[str]] = {}
    for a, b in pairs:
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    for _ in range(_SWEEPS):
        at = {e: (i + 0.5) / len(row) for row in rows for i, e in enumerate(row)}
        for row in rows:
            mean = {
                e: sum(at[n] for n in beside[e]) / len(beside[e]) if beside.get(e) else at[e]
                for e in row
            }
            row.sort(key=lambda e, mean=mean: (mean[e], e))
    return rows


def _gaps(rows: Sequence[Sequence[str]], pairs: Sequence[tuple[str, str]]) -> list[float]:
    """The distance below each level, wider where more lines leave it."""
    level = {e: n for n, row in enumerate(rows) for e in row}
    counts = [sum(level[a] == n for a, _ in pairs if a in level) for n in range(len(rows))]
    return [min(_MOST, _LEVEL + _LINE * count) for count in counts]


def _place(
    nodes: Sequence[Row],
    rows: Sequence[Sequence[str]],
    gaps: Sequence[float],
    canvas: Canvas,
    margin: float,
) -> tuple[dict[str, Place], float]:
    """Words side by side, a level too wide for the picture in several rows."""
    word_of = {str(row["entity"]): _word(row, canvas) for row in nodes}
    size, width = _size(canvas), canvas.width - 8 - margin
    out: dict[str, Place] = {}
    y = _HALF + 2
    for members, gap in zip(rows, gaps, strict=True):
        lines = _broken([text_width(word_of[e], size) for e in members], width)
        for n, line in enumerate(lines):
            mine = [members[i] for i in line]
            step = width / len(mine)
            for i, entity in enumerate(mine):
                half = text_width(word_of[entity], size) / 2 + 3
                out[entity] = Place(margin + step * (i + 0.5), y, half, word_of[entity])
            y += _ROW if n + 1 < len(lines) else gap
    return out, max(p.y for p in out.values()) + _HALF + 4


def _broken(widths: Sequence[float], room: float) -> list[list[int]]:
    """Members by row, neighbours dealt out in turn so that each row spans the picture."""
    widest = max(widths, default=0.0) + _GAP
    each = max(1, int(room // widest))
    count = -(-len(widths) // each)
    return [list(range(k, len(widths), count)) for k in range(count)]


def _word(row: Row, canvas: Canvas) -> str:
    """The short word of a region where it has a tile, else its name."""
    tile = canvas.tiles.get(str(row["entity"]))
    if tile is not None:
        return (tile.short if canvas.narrow else tile.label)[canvas.lang]
    return canvas.word(row, "entity")
