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

_CURVE = 14  # points of a bent arrow
_BENDS = (0.0, 0.14, -0.14, 0.28, -0.28, 0.42, -0.42)  # of the arrow's length
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
    """Nodes where the catalog puts them; on a phone the drawing runs downwards."""
    start, end = source.column("from", "from"), source.column("to", "to")
    status = source.column("status", "status")
    nodes, box = _place(_node_rows(source), canvas, len(_statuses(source, status)))
    strokes: list[Spec] = []
    heads: list[Spec] = []
    signs: list[Spec] = []
    taken: list[Point] = []
    for n, row in enumerate(source.rows):
        a, b = nodes.get(str(row[start])), nodes.get(str(row[end]))
        if a is None or b is None:
            continue
        look = canvas.theme.edge[str(row[status])]
        path = _route(a, b, list(nodes.values()), taken)
        for i, (x, y) in enumerate(path):
            strokes.append({"edge": n, "i": i, "x": x, "y": y, "status": str(row[status])})
        heads.append(_head(path, look.colour))
        middle = path[len(path) // 2]
        taken.append(middle)
        sign = str(row.get("sign") or "").replace("-", "−")
        if sign:
            signs.append({"x": middle[0], "y": middle[1], "text": sign, "colour": look.colour})
    layers = [
        *_lines(strokes, canvas),
        layer({"type": "point", "shape": "triangle", "filled": True, "size": 70, "opacity": 1},
              heads, {"x": px("x"), "y": px("y"), "color": paint("colour"),
                      "angle": {"field": "angle", "type": "quantitative", "scale": None}}),
        *_signs(signs, canvas),
        *_boxes(nodes, canvas),
        *_key(_statuses(source, status), canvas, box),
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
    """Scale the catalog's canvas to ours, turning it on a phone; boxes keep inside."""
    theme = canvas.theme
    xs = [float(r["x"] or 0) for r in rows]
    ys = [float(r["y"] or 0) for r in rows]
    turn = canvas.narrow and (max(xs) - min(xs)) > (max(ys) - min(ys))
    across, along = (ys, xs) if turn else (xs, ys)
    if turn:
        across = _spread(across, along)
    lanes = max((sum(v == w for w in along) for v in along), default=1) if turn else 6
    size = theme.label if not canvas.narrow else theme.tiny
    room = min(132.0, (canvas.width - 16) / max(lanes, 1) - 14)
    lines = [tuple(wrap(_title(r, canvas), size, room - 12, lines=3)) for r in rows]
    deepest = max((len(line) for line in lines), default=1)
    halves = [
        (max(text_width(t, size) for t in line) / 2 + 8, len(line) * size * 0.62 + 7)
        for line in lines
    ]
    levels = len({round(v) for v in along})
    height = int(max(levels * (deepest * size * 1.24 + 44), 260 if not canvas.narrow else 380))
    widest = max((h[0] for h in halves), default=40)
    tallest = max((h[1] for h in halves), default=20)
    key = 20 * _key_rows(statuses, canvas) + 10
    box = Box(8, 8, key, 8, canvas.width - 16, height)
    nodes: dict[str, Node] = {}
    for row, u, v, line, (half_w, half_h) in zip(rows, across, along, lines, halves, strict=True):
        x = _scaled(u, across, widest, box.width - widest)
        y = _scaled(v, along, tallest + 2, box.height - tallest - 2)
        nodes[str(row["id"])] = Node(x, y, half_w, half_h, line, str(row.get("kind") or ""))
    return nodes, box


def _spread(across: Sequence[float], along: Sequence[float]) -> list[float]:
    """Nodes of one level side by side at even distances, in their order."""
    out = list(across)
    for level in set(along):
        mine = sorted((i for i in range(len(along)) if along[i] == level), key=lambda i: across[i])
        for place, i in enumerate(mine):
            out[i] = (place + 0.5) / len(mine)
    return [*out]


def _title(row: Row, canvas: Canvas) -> str:
    return str(
        row.get(f"name_{canvas.lang}") or row.get(canvas.lang) or canvas.name(str(row["id"]))
    )


def _scaled(value: float, values: Sequence[float], low: float, high: float) -> float:
    first, last = min(values), max(values)
    return (
        (low + high) / 2 if last == first else low + (value - first) / (last - first) * (high - low)
    )


def _route(a: Node, b: Node, nodes: Sequence[Node], taken: Sequence[Point]) -> list[Point]:
    """The least bent path that meets no other box and no other arrow's middle."""
    best: list[Point] = []
    worst = math.inf
    for bend in _BENDS:
        path = _bent(a, b, bend)
        others = [n for n in nodes if n is not a and n is not b]
        hits = sum(n.holds(x, y) for x, y in path for n in others)
        middle = path[len(path) // 2]
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
        return [
            (x0 + (x1 - x0) * t / _CURVE, y0 + (y1 - y0) * t / _CURVE) for t in range(_CURVE + 1)
        ]
    return [_quadratic((x0, y0), (cx, cy), (x1, y1), t / _CURVE) for t in range(_CURVE + 1)]


def _quadratic(p: Point, q: Point, r: Point, t: float) -> Point:
    u = 1 - t
    return (
        u * u * p[0] + 2 * u * t * q[0] + t * t * r[0],
        u * u * p[1] + 2 * u * t * q[1] + t * t * r[1],
    )


def _head(path: Sequence[Point], colour: str) -> Spec:
    (x0, y0), (x1, y1) = path[-3], path[-1]
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


def _key(statuses: Sequence[str], canvas: Canvas, box: Box) -> list[Spec]:
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
        texts.append({"x": x + 35, "y": y, "text": STATUS[status][canvas.lang]})
    return [*_lines(samples, canvas), words(texts, align="left", size=theme.small)]
