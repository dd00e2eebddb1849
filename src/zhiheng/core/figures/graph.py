"""A theory as boxes and arrows: each arrow drawn by the evidence found for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from zhiheng.core.figures.canvas import (
    Box,
    Canvas,
    Row,
    Source,
    Spec,
    layer,
    paint,
    px,
    spec_of,
    words,
)
from zhiheng.core.figures.layout import text_width, wrap
from zhiheng.core.text import Text

STATUS = {
    "identified": Text("已识别", "identified"),
    "association": Text("统计关联", "association"),
    "insufficient": Text("证据不足", "insufficient"),
    "arithmetic": Text("算术关联", "arithmetic"),
    "untested": Text("未检验", "untested"),
}
"""Words of the evidence statuses, strongest first; also the order of the key."""

_CURVE = 32  # pieces of an arrow's path
_SAME_LEVEL = 30.0  # canvas units within which boxes stand side by side
_ABREAST = 4  # boxes that a phone has room for side by side
_BETWEEN = 9  # px between boxes above each other
_BENDS = (0.0, 0.14, -0.14, 0.28, -0.28, 0.42, -0.42, 0.6, -0.6, 0.8, -0.8)  # of the arrow's length
_HEAD = 7.0


@dataclass(frozen=True, slots=True)
class Node:
    """A box with its words, px of the plot."""

    x: float
    y: float
    half_width: float
    half_height: float
    lines: tuple[str, ...]
    kind: str

    def edge_towards(self, x: float, y: float, room: float = 3.0) -> tuple[float, float]:
        """Where a line from the middle towards (x, y) leaves the box, with some room."""
        dx, dy = x - self.x, y - self.y
        if dx == 0 and dy == 0:
            return self.x, self.y
        reach = min(
            (self.half_width + room) / abs(dx) if dx else math.inf,
            (self.half_height + room) / abs(dy) if dy else math.inf,
        )
        return self.x + dx * reach, self.y + dy * reach

    def holds(self, x: float, y: float, room: float = 2.0) -> bool:
        """Whether a point lies in the box."""
        inside = abs(x - self.x) < self.half_width + room
        return inside and abs(y - self.y) < self.half_height + room


Point = tuple[float, float]


def graph(source: Source, canvas: Canvas) -> Spec:
    """Nodes where the catalog puts them; signs are drawn where the arrows differ in sign."""
    start, end = source.column("from", "from"), source.column("to", "to")
    status = source.column("status", "status")
    nodes, box = _place(_node_rows(source), canvas, len(_statuses(source, status)))
    mixed = len({str(row.get("sign") or "") for row in source.rows}) > 1
    strokes: list[Spec] = []
    heads: list[Spec] = []
    signs: list[Spec] = []
    taken: list[Point] = []
    for n, row in enumerate(source.rows):
        a, b = nodes.get(str(row[start])), nodes.get(str(row[end]))
        if a is None or b is None:
            continue
        look = canvas.theme.edge[str(row[status])]
        path = _route(a, b, list(nodes.values()), taken, box)
        for i, (x, y) in enumerate(path):
            strokes.append({"edge": n, "i": i, "x": x, "y": y, "status": str(row[status])})
        heads.append(_head(path, look.colour))
        middle = path[len(path) // 2]
        taken.append(middle)
        sign = str(row.get("sign") or "").replace("-", "−")
        if sign and mixed:
            signs.append({"x": middle[0], "y": middle[1], "text": sign, "colour": look.colour})
    layers = [
        *_lines(strokes, canvas),
        layer({"type": "point", "shape": "triangle", "filled": True, "size": 70, "opacity": 1},
              heads, {"x": px("x"), "y": px("y"), "color": paint("colour"),
                      "angle": {"field": "angle", "type": "quantitative", "scale": None}}),
        *_signs(signs, canvas),
        *_boxes(nodes, canvas),
        *_key(_statuses(source, status), source.rows, canvas, box),
    ]  # fmt: skip
    return spec_of(source.figure, canvas, layers, box=box)


def _statuses(source: Source, column: str) -> list[str]:
    present = {str(row[column]) for row in source.rows}
    return [s for s in STATUS if s in present]


def _node_rows(source: Source) -> list[Row]:
    nodes = source.option("nodes", "nodes")
    if isinstance(nodes, str):
        table = source.tables[nodes]
        return [table.row(i) for i in range(len(table))]
    listed = [n for n in nodes if isinstance(n, dict)] if isinstance(nodes, list) else []
    return [{k: v for k, v in n.items() if not isinstance(v, list | dict)} for n in listed]


def _place(rows: Sequence[Row], canvas: Canvas, statuses: int) -> tuple[dict[str, Node], Box]:
    """Scale the catalog's canvas to ours; words are broken until neighbours keep apart."""
    size = canvas.theme.tiny if canvas.narrow else canvas.theme.label
    width = canvas.width - 8
    xs = _stretched([float(r["x"] or 0) for r in rows], width)
    ys = [float(r["y"] or 0) for r in rows]
    if canvas.narrow:
        ys = _staggered(xs, ys)
    most = width * 0.27 if canvas.narrow else 132.0
    edge = 5 if canvas.narrow else 8
    lines: list[tuple[str, ...]] = []
    halves: list[tuple[float, float]] = []
    for i, row in enumerate(rows):
        beside = [abs(xs[j] - x) for j, x in enumerate([xs[i]] * len(xs)) if _level(ys, i, j)]
        room = min([most, *(b - 6 for b in beside)]) - 2 * edge
        lines.append(tuple(wrap(_title(row, canvas), size, room, lines=4)))
        wide = max(text_width(t, size) for t in lines[-1])
        halves.append((wide / 2 + edge, len(lines[-1]) * size * 0.62 + edge - 1))
    scale = _room_between(xs, ys, halves)
    top = min(ys)
    tallest = max(h for _, h in halves)
    height = int((max(ys) - top) * scale + 2 * tallest + 6)
    box = Box(4, 4, 20 * _key_rows(statuses, canvas) + 10, 4, width, height)
    nodes: dict[str, Node] = {}
    for row, x, y, line, (half_w, half_h) in zip(rows, xs, ys, lines, halves, strict=True):
        kept = min(max(x, half_w + 1), width - half_w - 1)
        place = tallest + 3 + (y - top) * scale
        nodes[str(row["id"])] = Node(kept, place, half_w, half_h, line, str(row.get("kind") or ""))
    return nodes, box


def _stretched(values: Sequence[float], width: float) -> list[float]:
    """Places across the width, with room for half a box at either end."""
    first, last = min(values), max(values)
    margin = width * 0.085
    if last == first:
        return [width / 2] * len(values)
    return [margin + (v - first) / (last - first) * (width - 2 * margin) for v in values]


def _staggered(xs: Sequence[float], ys: Sequence[float]) -> list[float]:
    """Many boxes side by side on a phone: every second one moves up, into a row of its own."""
    out = list(ys)
    for level in set(ys):
        mine = sorted((i for i, y in enumerate(ys) if y == level), key=lambda i: xs[i])
        if len(mine) > _ABREAST:
            for i in mine[1::2]:
                out[i] -= 1.4 * _SAME_LEVEL
    return out


def _level(ys: Sequence[float], i: int, j: int) -> bool:
    return i != j and abs(ys[i] - ys[j]) < _SAME_LEVEL


def _room_between(
    xs: Sequence[float], ys: Sequence[float], halves: Sequence[tuple[float, float]]
) -> float:
    """The least vertical scale at which no two boxes above each other touch."""
    scale = 0.0
    for i in range(len(xs)):
        for j in range(i):
            beside = abs(xs[i] - xs[j]) > halves[i][0] + halves[j][0]
            if not beside and not _level(ys, i, j):
                need = halves[i][1] + halves[j][1] + _BETWEEN
                scale = max(scale, need / abs(ys[i] - ys[j]))
    return scale or 0.5


def _title(row: Row, canvas: Canvas) -> str:
    return str(
        row.get(f"name_{canvas.lang}") or row.get(canvas.lang) or canvas.name(str(row["id"]))
    )


def _route(
    a: Node, b: Node, nodes: Sequence[Node], taken: Sequence[Point], box: Box
) -> list[Point]:
    """The least bent path inside the drawing that meets no other box and no arrow's middle."""
    best: list[Point] = []
    worst = math.inf
    for bend in _BENDS:
        path = _bent(a, b, bend)
        others = [n for n in nodes if n is not a and n is not b]
        hits = sum(n.holds(x, y) for x, y in path for n in others)
        middle = path[len(path) // 2]
        hits += 9 * sum(not (0 < x < box.width and 0 < y < box.height) for x, y in path)
        hits += 3 * sum(math.dist(middle, t) < 16 for t in taken)
        if hits < worst:
            best, worst = path, hits
        if not hits:
            break
    return best


def _bent(a: Node, b: Node, bend: float) -> list[Point]:
    dx, dy = b.x - a.x, b.y - a.y
    cx, cy = (a.x + b.x) / 2 - dy * bend, (a.y + b.y) / 2 + dx * bend
    x0, y0 = a.edge_towards(cx, cy)
    x1, y1 = b.edge_towards(cx, cy, room=_HEAD - 1)
    if bend == 0:
        cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
    return [_quadratic((x0, y0), (cx, cy), (x1, y1), t / _CURVE) for t in range(_CURVE + 1)]


def _quadratic(p: Point, q: Point, r: Point, t: float) -> Point:
    u = 1 - t
    return (
        u * u * p[0] + 2 * u * t * q[0] + t * t * r[0],
        u * u * p[1] + 2 * u * t * q[1] + t * t * r[1],
    )


def _head(path: Sequence[Point], colour: str) -> Spec:
    (x0, y0), (x1, y1) = path[-4], path[-1]
    angle = math.degrees(math.atan2(y1 - y0, x1 - x0)) + 90
    return {"x": x1, "y": y1, "angle": angle, "colour": colour}


def _lines(strokes: Sequence[Spec], canvas: Canvas) -> list[Spec]:
    """One layer per status, weakest first, so that stronger arrows lie on top."""
    out: list[Spec] = []
    for status in reversed(STATUS):
        look, mine = canvas.theme.edge[status], [s for s in strokes if s["status"] == status]
        if not mine:
            continue
        mark = {"type": "line", "color": look.colour, "strokeWidth": look.width,
                "strokeDash": list(look.dash)}  # fmt: skip
        encoding = {"x": px("x"), "y": px("y"), "order": {"field": "i"},
                    "detail": {"field": "edge", "type": "nominal"}}  # fmt: skip
        out.append(layer(mark, mine, encoding))
    return out


def _signs(values: list[Spec], canvas: Canvas) -> list[Spec]:
    if not values:
        return []
    disc = {"type": "point", "shape": "circle", "filled": True, "size": 190, "opacity": 1,
            "fill": canvas.theme.colour["paper"], "strokeWidth": 1}  # fmt: skip
    encoding = {"x": px("x"), "y": px("y"), "stroke": paint("colour")}
    return [layer(disc, values, encoding), words(values, align="center", size=canvas.theme.label)]


def _boxes(nodes: dict[str, Node], canvas: Canvas) -> list[Spec]:
    theme = canvas.theme
    size = theme.label if not canvas.narrow else theme.tiny
    rects = [
        {"x": n.x - n.half_width, "x2": n.x + n.half_width, "y": n.y - n.half_height,
         "y2": n.y + n.half_height,
         "colour": theme.colour["no_data" if n.kind == "moderator" else "paper"]}
        for n in nodes.values()
    ]  # fmt: skip
    texts = [
        {"x": n.x, "y": n.y + (i - (len(n.lines) - 1) / 2) * size * 1.24, "text": text}
        for n in nodes.values() for i, text in enumerate(n.lines)
    ]  # fmt: skip
    mark = {"type": "rect", "stroke": theme.colour["ink"], "strokeWidth": 1, "cornerRadius": 3}
    encoding = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"},
                "fill": paint("colour")}  # fmt: skip
    return [layer(mark, rects, encoding), words(texts, align="center", size=size)]


def _key_rows(statuses: int, canvas: Canvas) -> int:
    return -(-statuses // (3 if canvas.narrow else 5))


def _key(statuses: Sequence[str], rows: Sequence[Row], canvas: Canvas, box: Box) -> list[Spec]:
    """Samples of the arrows that occur, with their words."""
    theme, per_row = canvas.theme, 3 if canvas.narrow else 5
    cell = min(140.0, box.width / per_row)
    texts: list[Spec] = []
    samples: list[Spec] = []
    for i, status in enumerate(statuses):
        x, y = (i % per_row) * cell, -box.top + 10.0 + 20 * (i // per_row)
        samples += [
            {"edge": status, "i": j, "x": x + 28 * j, "y": y, "status": status} for j in (0, 1)
        ]
        texts.append({"x": x + 35, "y": y, "text": _word(status, rows, canvas)})
    return [*_lines(samples, canvas), words(texts, align="left", size=theme.small)]


def _word(status: str, rows: Sequence[Row], canvas: Canvas) -> str:
    """The status in the words of the table, where it has them."""
    own = f"status_title_{canvas.lang}"
    return next(
        (str(r[own]) for r in rows if r.get("status") == status and r.get(own)),
        STATUS[status][canvas.lang],
    )
