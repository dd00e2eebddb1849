"""Points of two values: a Moran scatter, or places on a plane joined in order."""

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
    tick,
    words,
)
from zhiheng.core.figures.layout import nice_bounds, stops, text_width

_HEIGHT = 330
_RADIUS = 4.5


@dataclass(frozen=True, slots=True)
class Point:
    """One row: its values, its word, its colour."""

    x: float
    y: float
    label: str
    code: str
    colour: str


@dataclass(frozen=True, slots=True)
class Plane:
    """Where values stand in px."""

    box: Box
    across: tuple[float, float, float]
    up: tuple[float, float, float]
    share: bool = False

    def tick(self, value: float, step: float) -> str:
        """A value as the axes print it."""
        return tick(value, step, share=self.share)

    def x(self, value: float) -> float:
        """The px of a value across."""
        low, high, _ = self.across
        return self.box.width * (value - low) / (high - low)

    def y(self, value: float) -> float:
        """The px of a value up."""
        low, high, _ = self.up
        return self.box.height * (high - value) / (high - low)


def scatter(source: Source, canvas: Canvas) -> Spec:
    """Points with the words of those that lie farthest out, and a fitted line if wanted."""
    x, y = source.column("x", "x"), source.column("y", "y")
    points = _points(source, canvas, x, y)
    key = _key_entries(source, canvas, points)
    share = bool(source.option("share"))
    plane = _plane(points, canvas, lines_of_key=len(_broken(key, canvas)), share=share)
    order = [{**_place(plane, p), "i": i} for i, p in enumerate(points)]
    layers = [
        *_grid(
            plane, canvas, canvas.name(x), canvas.name(y), bold=bool(source.option("quadrants"))
        ),
        *(_fit(plane, points, canvas) if source.option("fit") else []),
        *(_path(order, canvas) if source.option("path") else []),
        _dots(order, canvas),
        *_labels(plane, points, canvas, every=bool(source.option("path"))),
        *_key(key, canvas, plane),
    ]
    return spec_of(source.figure, canvas, layers, box=plane.box)


def _points(source: Source, canvas: Canvas, x: str, y: str) -> list[Point]:
    label, colour = source.column("label", "entity"), source.maybe("colour")
    out: list[Point] = []
    for row in source.rows:
        across, up = number(row, x), number(row, y)
        if across is None or up is None:
            continue
        code = str(row[colour]) if colour else ""
        fill = canvas.theme.category(code) if colour else canvas.theme.colour["accent"]
        out.append(Point(across, up, canvas.word(row, label), code, fill))
    return out


def _plane(points: Sequence[Point], canvas: Canvas, *, lines_of_key: int, share: bool) -> Plane:
    across = nice_bounds(*_spread([p.x for p in points]), steps=7)
    up = nice_bounds(*_spread([p.y for p in points]))
    small = canvas.theme.small
    widest = max(text_width(tick(v, up[2], share=share), small) for v in stops(up))
    half = max(text_width(tick(v, across[2], share=share), small) for v in stops(across)) / 2
    left, right = int(max(widest + 16, half + 4)), int(half) + 8
    top = 27 + 20 * lines_of_key
    return Plane(Box(left, right, top, 40, canvas.width - left - right, _HEIGHT), across, up, share)


def _spread(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.04 * (high - low)
    return (low if 0 <= low < room else low - room), high + room


def _place(plane: Plane, p: Point) -> Spec:
    return {"x": plane.x(p.x), "y": plane.y(p.y), "colour": p.colour, "text": p.label}


def _grid(plane: Plane, canvas: Canvas, across: str, up: str, *, bold: bool) -> list[Spec]:
    """Light rules, dark ones at zero where quadrants matter, numbers and titles of the axes."""
    theme, box = canvas.theme, plane.box
    rules: list[Spec] = []
    for v in stops(plane.up):
        colour = _zero_is_bold(v, plane.up[2], canvas, bold=bold)
        rules.append({"x": 0, "x2": box.width, "y": plane.y(v), "y2": plane.y(v), "colour": colour})
    for v in stops(plane.across):
        colour = _zero_is_bold(v, plane.across[2], canvas, bold=bold)
        rules.append(
            {"x": plane.x(v), "x2": plane.x(v), "y": 0, "y2": box.height, "colour": colour}
        )
    rules.sort(key=lambda r: r["colour"] == theme.colour["ink"])
    encoding = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"},
                "color": paint("colour")}  # fmt: skip
    every = 2 if canvas.narrow and len(stops(plane.across)) > 6 else 1
    below = [
        {"x": plane.x(v), "y": box.height + 13, "text": plane.tick(v, plane.across[2])}
        for v in stops(plane.across)[::every]
    ]
    left = [{"x": -8, "y": plane.y(v), "text": plane.tick(v, plane.up[2])} for v in stops(plane.up)]
    titles = [{"x": box.width, "y": box.height + 30, "text": f"{across} →"}]
    head = [{"x": -box.left + 4, "y": -15, "text": f"↑ {up}"}]
    muted = theme.colour["muted"]
    return [
        layer({"type": "rule", "strokeWidth": 1}, rules, encoding),
        words(below, align="center", size=theme.small, color=muted),
        words(left, align="right", size=theme.small, color=muted),
        words(titles, align="right", size=theme.small, color=muted),
        words(head, align="left", size=theme.small, color=muted),
    ]


def _zero_is_bold(value: float, step: float, canvas: Canvas, *, bold: bool) -> str:
    zero = bold and abs(value) < step * 1e-6
    return canvas.theme.colour["ink" if zero else "rule"]


def _fit(plane: Plane, points: Sequence[Point], canvas: Canvas) -> list[Spec]:
    """The least-squares line through the points, from edge to edge of the plot."""
    n = len(points)
    mean_x, mean_y = sum(p.x for p in points) / n, sum(p.y for p in points) / n
    spread = sum((p.x - mean_x) ** 2 for p in points)
    if spread == 0:
        return []
    slope = sum((p.x - mean_x) * (p.y - mean_y) for p in points) / spread
    ends = [min(p.x for p in points), max(p.x for p in points)]
    values = [
        {"x": plane.x(v), "y": plane.y(mean_y + slope * (v - mean_x)), "i": i}
        for i, v in enumerate(ends)
    ]
    mark = {"type": "line", "color": canvas.theme.colour["second"], "strokeWidth": 1.75}
    return [layer(mark, values, {"x": px("x"), "y": px("y"), "order": {"field": "i"}})]


def _path(order: list[Spec], canvas: Canvas) -> list[Spec]:
    mark = {"type": "line", "color": canvas.theme.colour["soft"], "strokeWidth": 1.5}
    return [layer(mark, order, {"x": px("x"), "y": px("y"), "order": {"field": "i"}})]


def _dots(order: list[Spec], canvas: Canvas) -> Spec:
    mark = {"type": "point", "shape": "circle", "filled": True, "opacity": 1,
            "size": 3.2 * _RADIUS**2, "stroke": canvas.theme.colour["muted"],
            "strokeWidth": 0.75}  # fmt: skip
    return layer(mark, order, {"x": px("x"), "y": px("y"), "fill": paint("colour")})


def _labels(plane: Plane, points: Sequence[Point], canvas: Canvas, *, every: bool) -> list[Spec]:
    """Words beside points, the farthest out first; one that would cover another is left out."""
    size, box = canvas.theme.small, plane.box
    middle_x = sum(plane.x(p.x) for p in points) / max(len(points), 1)
    middle_y = sum(plane.y(p.y) for p in points) / max(len(points), 1)
    out: list[Spec] = []
    taken = [(plane.x(p.x) - _RADIUS, plane.x(p.x) + _RADIUS, plane.y(p.y)) for p in points]
    far = sorted(
        points, key=lambda p: -((plane.x(p.x) - middle_x) ** 2 + (plane.y(p.y) - middle_y) ** 2)
    )
    for p in points if every else far:
        wide, x, y = text_width(p.label, size), plane.x(p.x), plane.y(p.y)
        for start in (x + _RADIUS + 3, x - _RADIUS - 3 - wide):
            clear = all(
                start + wide < a or start > b or abs(y - at) > size * 0.95
                for a, b, at in taken
                if not (a == x - _RADIUS and at == y)
            )
            if clear and start > 0 and start + wide < box.width:
                taken.append((start, start + wide, y))
                out.append({"x": start, "y": y, "text": p.label})
                break
    return [words(out, align="left", size=size)] if out else []


def _key_entries(source: Source, canvas: Canvas, points: Sequence[Point]) -> list[tuple[str, str]]:
    """Colours that occur, with their words."""
    column = source.maybe("colour")
    if not column:
        return []
    rows: dict[str, Row] = {str(row[column]): row for row in source.rows}
    codes = sorted({p.code for p in points})
    return [(canvas.theme.category(c), canvas.word(rows[c], column)) for c in codes]


def _broken(key: Sequence[tuple[str, str]], canvas: Canvas) -> list[list[tuple[float, int]]]:
    """Lines of the key: where each entry starts, and its number."""
    lines: list[list[tuple[float, int]]] = []
    x = 0.0
    for i, (_, text) in enumerate(key):
        wide = 16 + text_width(text, canvas.theme.small) + 14
        if not lines or x + wide > canvas.width - 8:
            lines.append([])
            x = 0.0
        lines[-1].append((x, i))
        x += wide
    return lines


def _key(key: Sequence[tuple[str, str]], canvas: Canvas, plane: Plane) -> list[Spec]:
    if not key:
        return []
    dots: list[Spec] = []
    texts: list[Spec] = []
    for row, line in enumerate(_broken(key, canvas)):
        for at, i in line:
            x, y = at - plane.box.left + 10, -plane.box.top + 10 + 20 * row
            dots.append({"x": x, "y": y, "colour": key[i][0]})
            texts.append({"x": x + 10, "y": y, "text": key[i][1]})
    size = canvas.theme.small
    muted = canvas.theme.colour["muted"]
    return [_dots(dots, canvas), words(texts, align="left", size=size, color=muted)]
