"""Curves over a continuous axis: likelihood ratios, fitted shapes, with a band and marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zhiheng.core.figures.canvas import (
    Box,
    Canvas,
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
from zhiheng.core.figures.layout import cut, nice_bounds, stops, text_width

_TALL, _TALL_NARROW = 300, 240
_DASHES: tuple[tuple[int, ...], ...] = ((), (7, 3), (2, 2), (9, 3, 2, 3), (4, 4), (12, 4))
_KEY_LINE = 20
_SAMPLE = 18  # px of line shown before each word of the key


@dataclass(frozen=True, slots=True)
class Curve:
    """One line: its word, its points from left to right, its band and its look."""

    name: str
    points: tuple[tuple[float, float], ...]
    band: tuple[tuple[float, float, float], ...]
    colour: str
    dash: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plane:
    """Where values stand in px; the axis across ends where the data end."""

    box: Box
    across: tuple[float, float]
    ticks: tuple[float, ...]
    step: float
    up: tuple[float, float, float]

    def x(self, value: float) -> float:
        """The px of a value across."""
        low, high = self.across
        return self.box.width * (value - low) / (high - low)

    def y(self, value: float) -> float:
        """The px of a value up."""
        low, high, _ = self.up
        return self.box.height * (high - value) / (high - low)


def curve(source: Source, canvas: Canvas) -> Spec:
    """Lines over a continuous axis; `reference` is a rule across, `marks` are upright rules.

    `x_name` names what stands on the axis where that is not the column itself; `most` ends the
    axis up, so that a low rule stays legible beside high peaks, which are cut off.
    """
    curves = _curves(source, canvas)
    key = _broken(curves, canvas) if len(curves) > 1 else []
    reference = source.option("reference")
    level = float(reference) if isinstance(reference, int | float) else None
    most = source.option("most")
    top = float(most) if isinstance(most, int | float) else float("inf")
    plane = _plane(curves, canvas, level=level, top=top, lines_of_key=len(key))
    value, x = source.column("value", "value"), source.column("x", "x")
    across = canvas.name(str(source.option("x_name", x)))
    layers = [
        *_grid(plane, canvas, across, canvas.name(value)),
        *_bands(curves, plane),
        *_rules(source, plane, canvas, level),
        *(_line(one, plane) for one in curves),
        *_key(curves, key, canvas, plane),
    ]
    return spec_of(source.figure, canvas, layers, box=plane.box)


def _curves(source: Source, canvas: Canvas) -> list[Curve]:
    x, value = source.column("x", "x"), source.column("value", "value")
    low, high, colour = source.maybe("low"), source.maybe("high"), source.maybe("colour")
    out: list[Curve] = []
    for i, key in enumerate(dict.fromkeys(row[colour] if colour else "" for row in source.rows)):
        rows = [row for row in source.rows if not colour or row[colour] == key]
        points = [(a, b) for r in rows if (a := number(r, x)) is not None
                  and (b := number(r, value)) is not None]  # fmt: skip
        band = [(a, b, c) for r in rows if (a := number(r, x)) is not None
                and (b := number(r, low)) is not None
                and (c := number(r, high)) is not None]  # fmt: skip
        look = canvas.theme.lines[i % len(canvas.theme.lines)], _DASHES[i % len(_DASHES)]
        name = canvas.word(rows[0], colour) if colour else ""
        out.append(Curve(name, tuple(sorted(points)), tuple(sorted(band)), *look))
    return [one for one in out if one.points]


def _plane(
    curves: Sequence[Curve],
    canvas: Canvas,
    *,
    level: float | None,
    top: float,
    lines_of_key: int,
) -> Plane:
    across = [x for one in curves for x, _ in one.points] or [0.0, 1.0]
    values = [y for one in curves for _, y in one.points]
    values += [y for one in curves for band in one.band for y in band[1:]]
    values += [level] if level is not None else []
    up = nice_bounds(min(values, default=0.0), min(max(values, default=1.0), top))
    low, high = min(across), max(across)
    if not high > low:
        low, high = low - 0.5, high + 0.5
    first, last, step = nice_bounds(low, high, steps=4 if canvas.narrow else 7)
    places = [first + i * step for i in range(round((last - first) / step) + 1)]
    ticks = tuple(0.0 if abs(p) < step * 1e-6 else p for p in places if low <= p <= high)
    small = canvas.theme.small
    widest = max(text_width(tick(v, up[2]), small) for v in stops(up))
    half = max((text_width(tick(v, step), small) for v in ticks), default=10) / 2
    left, right = int(max(widest + 16, half + 4)), int(half) + 8
    tall = _TALL_NARROW if canvas.narrow else _TALL
    box = Box(left, right, 27 + _KEY_LINE * lines_of_key, 40, canvas.width - left - right, tall)
    return Plane(box, (low, high), ticks, step, up)


def _grid(plane: Plane, canvas: Canvas, across: str, up: str) -> list[Spec]:
    theme, box = canvas.theme, plane.box
    rules = [
        {"x": 0, "x2": box.width, "y": plane.y(v), "y2": plane.y(v),
         "colour": theme.colour["ink" if abs(v) < plane.up[2] * 1e-6 else "rule"]}
        for v in stops(plane.up)
    ]  # fmt: skip
    below = [{"x": plane.x(v), "y": box.height + 13, "text": tick(v, plane.step)}
             for v in plane.ticks]  # fmt: skip
    left = [{"x": -8, "y": plane.y(v), "text": tick(v, plane.up[2])} for v in stops(plane.up)]
    room, small, muted = canvas.width - 8, theme.small, theme.colour["muted"]
    title = [{"x": box.width, "y": box.height + 30, "text": cut(f"{across} →", small, room)}]
    head = [{"x": 4 - box.left, "y": -15, "text": cut(f"↑ {up}", small, room)}]
    return [
        layer({"type": "rule", "strokeWidth": 1}, rules, _span() | {"color": paint("colour")}),
        words(below, align="center", size=small, color=muted),
        words(left, align="right", size=small, color=muted),
        words(title, align="right", size=small, color=muted),
        words(head, align="left", size=small, color=muted),
    ]


def _span() -> Spec:
    return {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}


def _bands(curves: Sequence[Curve], plane: Plane) -> list[Spec]:
    out: list[Spec] = []
    for one in curves:
        rows = [{"x": plane.x(x), "y": plane.y(a), "y2": plane.y(b)} for x, a, b in one.band]
        mark = {"type": "area", "color": one.colour, "opacity": 0.15, "clip": True}
        encoding = {"x": px("x"), "y": px("y"), "y2": {"field": "y2"}}
        out += [layer(mark, rows, encoding)] if rows else []
    return out


def _rules(source: Source, plane: Plane, canvas: Canvas, level: float | None) -> list[Spec]:
    box, colour = plane.box, canvas.theme.colour["muted"]
    rows: list[Spec] = []
    if level is not None:
        rows.append({"x": 0, "x2": box.width, "y": plane.y(level), "y2": plane.y(level)})
    marks = source.option("marks")
    low, high = plane.across
    rows += [
        {"x": plane.x(at), "x2": plane.x(at), "y": 0, "y2": box.height}
        for at in (marks if isinstance(marks, list) else [])
        if isinstance(at, int | float) and low <= at <= high
    ]
    mark = {"type": "rule", "color": colour, "strokeWidth": 1.25, "strokeDash": [5, 3]}
    return [layer(mark, rows, _span())] if rows else []


def _line(one: Curve, plane: Plane) -> Spec:
    points = [{"x": plane.x(x), "y": plane.y(y), "i": i} for i, (x, y) in enumerate(one.points)]
    mark = {"type": "line", "color": one.colour, "strokeWidth": 2, "strokeDash": list(one.dash),
            "clip": True}  # fmt: skip
    return layer(mark, points, {"x": px("x"), "y": px("y"), "order": {"field": "i"}})


def _broken(curves: Sequence[Curve], canvas: Canvas) -> list[list[tuple[float, int]]]:
    """Lines of the key: where each entry starts, and its number."""
    lines: list[list[tuple[float, int]]] = []
    x = 0.0
    for i, one in enumerate(curves):
        wide = _SAMPLE + 20 + text_width(one.name, canvas.theme.small)
        if not lines or x + wide > canvas.width - 8:
            lines.append([])
            x = 0.0
        lines[-1].append((x, i))
        x += wide
    return lines


def _key(
    curves: Sequence[Curve],
    key: Sequence[Sequence[tuple[float, int]]],
    canvas: Canvas,
    plane: Plane,
) -> list[Spec]:
    out: list[Spec] = []
    texts: list[Spec] = []
    for row, entries in enumerate(key):
        y = -plane.box.top + 10 + _KEY_LINE * row
        for at, i in entries:
            x = at - plane.box.left + 4
            sample = [{"x": x, "x2": x + _SAMPLE, "y": y, "y2": y}]
            mark = {"type": "rule", "color": curves[i].colour, "strokeWidth": 2,
                    "strokeDash": list(curves[i].dash)}  # fmt: skip
            out.append(layer(mark, sample, _span()))
            texts.append({"x": x + _SAMPLE + 6, "y": y, "text": curves[i].name})
    muted = canvas.theme.colour["muted"]
    return [*out, words(texts, align="left", size=canvas.theme.small, color=muted)] if out else []
