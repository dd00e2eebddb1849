"""Figures over periods: stacked parts with a line on top, and lines with bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from zhiheng.core.figures.canvas import (
    Box,
    Canvas,
    Magnitude,
    Source,
    Spec,
    layer,
    magnitude,
    measured,
    number,
    paint,
    printed,
    px,
    spec_of,
    words,
)
from zhiheng.core.figures.layout import keep_apart, nice_bounds, text_width
from zhiheng.core.result import Cell

_DASHES: tuple[tuple[int, ...], ...] = ((), (7, 3), (2, 2), (9, 3, 2, 3), (4, 4), (12, 4))


@dataclass(frozen=True, slots=True)
class Path:
    """One part or line over the periods: its word, its values, its look."""

    name: str
    values: dict[int, float]
    colour: str
    dash: tuple[int, ...] = ()
    low: dict[int, float] | None = None
    high: dict[int, float] | None = None
    filled: bool = True


@dataclass(frozen=True, slots=True)
class Axes:
    """Where periods and values stand in px."""

    box: Box
    periods: tuple[int, ...]
    bounds: tuple[float, float, float]
    bars: bool
    ticks: tuple[tuple[float, str], ...]
    areas: bool = False

    def x(self, period: int) -> float:
        """The middle of a period's bar; lines run from edge to edge."""
        at, count = self.periods.index(period), len(self.periods)
        if self.bars or count == 1:
            return self.box.width * (at + 0.5) / count
        return 10 + (self.box.width - 20) * at / (count - 1)

    def half(self) -> float:
        """Half the width of what stands at a period: a bar, or a dot."""
        return min(self.box.width / len(self.periods) * 0.36, 26) if self.bars else 3

    def y(self, value: float) -> float:
        """The height of a value."""
        low, high, _ = self.bounds
        return self.box.height * (high - value) / (high - low)


def _colour(canvas: Canvas, index: int, *, solid: bool) -> str:
    """Filled parts differ by lightness; lines are all dark enough for paper and differ by dash."""
    colours = canvas.theme.parts if solid else canvas.theme.lines
    return colours[index % len(colours)]


def _paths(source: Source, canvas: Canvas, default: list[str], *, solid: bool) -> list[Path]:
    x = source.column("x", "period")
    parts = source.columns("parts") or [p for p in default if p in (source.rows or [{}])[0]]
    if source.maybe("colour"):
        return long(source, canvas, x, solid=solid)
    low, high = source.maybe("low"), source.maybe("high")
    return [
        Path(
            canvas.name(part), series(source, x, part), _colour(canvas, i, solid=solid),
            _DASHES[i % 6],
            series(source, x, low) if low and len(parts) == 1 else None,
            series(source, x, high) if high and len(parts) == 1 else None,
        )
        for i, part in enumerate(parts)
    ]  # fmt: skip


def long(source: Source, canvas: Canvas, x: str, *, solid: bool) -> list[Path]:
    """One path for each group of the column `colour`, in the order of the table."""
    group, value = source.column("colour", "group"), source.column("value", "value")
    low, high = source.maybe("low"), source.maybe("high")
    seen: dict[Cell, None] = dict.fromkeys(row[group] for row in source.rows)
    out: list[Path] = []
    for i, key in enumerate(seen):
        rows = [row for row in source.rows if row[group] == key]
        columns = [
            {int(number(r, x) or 0): v for r in rows if (v := number(r, c)) is not None}
            for c in (value, low, high)
        ]
        name = canvas.word(rows[0], group)
        look = _colour(canvas, i, solid=solid), _DASHES[i % 6]
        out.append(Path(name, columns[0], *look, columns[1] or None, columns[2] or None))
    return out


def series(source: Source, x: str, column: str) -> dict[int, float]:
    """The finite values of a column by period."""
    return {
        int(number(row, x) or 0): v for row in source.rows if (v := number(row, column)) is not None
    }


def scaled(paths: Sequence[Path], scale: Magnitude) -> list[Path]:
    """The same paths in units of a power of ten."""

    def less(values: dict[int, float] | None) -> dict[int, float] | None:
        return {t: v / scale.divisor for t, v in values.items()} if values is not None else None

    return [
        replace(p, values=less(p.values) or {}, low=less(p.low), high=less(p.high)) for p in paths
    ]


def _ticks(bounds: tuple[float, float, float], form: str) -> tuple[tuple[float, str], ...]:
    """Places of the value rules, and their printed numbers."""
    low, high, step = bounds
    style = form or f",.{max(0, -_exponent(step))}f"
    places = [low + i * step for i in range(round((high - low) / step) + 1)]
    return tuple((t, printed(0.0 if abs(t) < step * 1e-6 else t, style)) for t in places)


def axes_of(
    paths: Sequence[Path],
    canvas: Canvas,
    values: Sequence[float],
    *,
    bars: bool,
    form: str,
) -> Axes:
    """The plot that holds `values`, with room for the names of the paths."""
    theme = canvas.theme
    bounds = nice_bounds(min(values, default=0.0), max(values, default=1.0))
    ticks = _ticks(bounds, form)
    periods = tuple(_times(paths))
    widest = max((text_width(p.name, theme.label) for p in paths), default=0)
    beside = not canvas.narrow
    left = int(max(text_width(text, theme.small) for _, text in ticks)) + 16
    right = int(widest) + 30 if beside else 10
    top = 26 if beside else 26 + 18 * len(_key_lines(paths, canvas))
    height = 260 if beside else 220
    box = Box(left, right, top, 28, canvas.width - left - right, height)
    return Axes(box, periods, bounds, bars, ticks)


def grid(axes: Axes, canvas: Canvas, title: str) -> list[Spec]:
    """Value rules with their numbers at the left, periods below, the title above."""
    theme = canvas.theme
    rules = [
        {
            "x": 0,
            "x2": axes.box.width,
            "y": axes.y(t),
            "y2": axes.y(t),
            "colour": theme.colour["ink" if t == 0 or abs(t) < axes.bounds[2] * 1e-6 else "rule"],
        }
        for t, _ in axes.ticks
    ]
    encoding = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}
    left = [{"x": -8, "y": axes.y(t), "text": text} for t, text in axes.ticks]
    every = -(-len(axes.periods) * 40 // max(axes.box.width, 1))
    last = len(axes.periods) - 1
    below = [
        {"x": axes.x(p), "y": axes.box.height + 14, "text": str(p)}
        for i, p in enumerate(axes.periods) if (last - i) % every == 0
    ]  # fmt: skip
    head = [{"x": -axes.box.left + 4, "y": -axes.box.top + 9, "text": title}] if title else []
    muted = theme.colour["muted"]
    return [
        layer({"type": "rule", "strokeWidth": 1}, rules, encoding | {"color": paint("colour")}),
        words(left, align="right", size=theme.small, color=muted),
        words(below, align="center", size=theme.small, color=muted),
        *([words(head, align="left", size=theme.small, color=muted)] if head else []),
    ]


def _exponent(step: float) -> int:
    shown = f"{step:.10f}".rstrip("0")
    return -(len(shown) - shown.index(".") - 1)


def direct(
    paths: Sequence[Path], places: Sequence[float], axes: Axes, canvas: Canvas
) -> list[Spec]:
    """Names at the right end of what they name; on a phone, a key above the plot."""
    theme = canvas.theme
    if canvas.narrow:
        return _key(paths, canvas, axes)
    spread = keep_apart(places, theme.label * 1.35, 6, axes.box.height - 4)
    values = [
        {
            "x": axes.x(axes.periods[-1]) + axes.half() + 10,
            "y": y,
            "text": p.name,
            "colour": _legible(p.colour, canvas),
        }
        for p, y in zip(paths, spread, strict=True)
    ]
    return [words(values, align="left", size=theme.label)]


def _legible(colour: str, canvas: Canvas) -> str:
    """Light colours are no good for words: those are printed in ink."""
    theme = canvas.theme
    return colour if theme.on(colour) == theme.colour["paper"] else theme.colour["ink"]


def _key_lines(paths: Sequence[Path], canvas: Canvas) -> list[list[Path]]:
    lines: list[list[Path]] = [[]]
    used = 0.0
    for path in paths:
        need = 38 + text_width(path.name, canvas.theme.label)
        if used + need > canvas.width - 10 and lines[-1]:
            lines.append([])
            used = 0.0
        lines[-1].append(path)
        used += need
    return lines


def _key(paths: Sequence[Path], canvas: Canvas, axes: Axes) -> list[Spec]:
    swatches: list[Spec] = []
    names: list[Spec] = []
    for n, line in enumerate(_key_lines(paths, canvas)):
        x, y = 4.0 - axes.box.left, -axes.box.top + 28.0 + 18 * n
        for path in line:
            swatches.append({"x": x, "x2": x + 18, "y": y, "y2": y, "colour": path.colour,
                             "filled": path.filled,
                             "dash": list(path.dash)})  # fmt: skip
            names.append({"x": x + 24, "y": y, "text": path.name})
            x += 38 + text_width(path.name, canvas.theme.label)
    encoding = {
        "x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"},
        "color": paint("colour"),
    }  # fmt: skip
    solid = axes.bars or axes.areas
    samples = [
        layer({"type": "rule", "strokeWidth": 7 if solid and s["filled"] else 2,
               "strokeDash": [] if solid and s["filled"] else s["dash"]}, [s], encoding)
        for s in swatches
    ]  # fmt: skip
    return [*samples, words(names, align="left", size=canvas.theme.label)]


def stack(source: Source, canvas: Canvas) -> Spec:
    """Parts of a whole by period as stacked bars; the whole, if given, as a line with dots."""
    paths = _paths(source, canvas, ["between", "within", "transvariation"], solid=True)
    named = [*paths, *_whole(source, canvas)]
    scale = magnitude([v for p in named for v in p.values.values()], canvas.lang)
    named = scaled(named, scale)
    paths, whole = named[: len(paths)], named[len(paths) :]
    up = [sum(max(p.values.get(t, 0.0), 0.0) for p in paths) for t in _times(paths)]
    down = [sum(min(p.values.get(t, 0.0), 0.0) for p in paths) for t in _times(paths)]
    ends = [0.0, *up, *down, *(v for p in whole for v in p.values.values())]
    axes = axes_of(named, canvas, ends, bars=True, form=str(source.option("axis_format", "")))
    values, places = _piles(paths, axes)
    encoding = {
        "x": px("x"),
        "x2": {"field": "x2"},
        "y": px("y"),
        "y2": {"field": "y2"},
        "color": paint("colour"),
    }
    edge = canvas.theme.colour["paper"]
    bars = layer({"type": "rect", "stroke": edge, "strokeWidth": 0.75}, values, encoding)
    layers = [*grid(axes, canvas, title(source, canvas, scale)), bars]
    for path in whole:
        layers += drawn(path, axes, canvas, dots=True)
        places.append(axes.y(path.values[max(path.values)]) - 14)
    layers += direct(named, places, axes, canvas)
    return spec_of(source.figure, canvas, layers, box=axes.box)


def title(source: Source, canvas: Canvas, scale: Magnitude) -> str:
    """What is measured, in which unit and power of ten."""
    named = str(source.option("y_title", "") or source.option("value", ""))
    generic = named == "value"  # says nothing that the unit does not say
    name = canvas.name(named) if named in canvas.names and not generic else ""
    return measured(canvas, name, scale, source.unit())


def _times(paths: Sequence[Path]) -> list[int]:
    return sorted({t for p in paths for t in p.values})


def _whole(source: Source, canvas: Canvas) -> list[Path]:
    column = source.maybe("line")
    if not column:
        return []
    values = series(source, source.column("x", "period"), column)
    return [Path(canvas.name(column), values, canvas.theme.colour["ink"], filled=False)]


def _piles(paths: Sequence[Path], axes: Axes) -> tuple[list[Spec], list[float]]:
    """Rectangles of each part, and the middle of each part in the last period."""
    half = axes.half()
    up, down = dict.fromkeys(axes.periods, 0.0), dict.fromkeys(axes.periods, 0.0)
    out: list[Spec] = []
    middles: list[float] = []
    for path in paths:
        middle = axes.y(0)
        for period, value in path.values.items():
            base = up if value >= 0 else down
            y, y2 = axes.y(base[period]), axes.y(base[period] + value)
            base[period] += value
            x = axes.x(period)
            out.append({"x": x - half, "x2": x + half, "y": y, "y2": y2, "colour": path.colour})
            middle = (y + y2) / 2 if period == axes.periods[-1] else middle
        middles.append(middle)
    return out, middles


def drawn(path: Path, axes: Axes, canvas: Canvas, *, dots: bool) -> list[Spec]:
    """The line of a path with its band, if it has one, and dots at its periods."""
    points = [{"x": axes.x(t), "y": axes.y(v)} for t, v in sorted(path.values.items())]
    encoding: Spec = {"x": px("x"), "y": px("y")}
    style = {"type": "line", "color": path.colour, "strokeWidth": 2, "strokeDash": list(path.dash)}
    out: list[Spec] = []
    if path.low and path.high:
        band = [
            {"x": axes.x(t), "y": axes.y(path.low[t]), "y2": axes.y(path.high[t])}
            for t in sorted(path.low) if t in path.high
        ]  # fmt: skip
        area = {"type": "area", "color": path.colour, "opacity": 0.15}
        out.append(layer(area, band, encoding | {"y2": {"field": "y2"}}))
    out.append(layer(style, points, encoding | {"order": {"field": "x"}}))
    if dots:
        mark = {"type": "point", "filled": True, "size": 34, "opacity": 1, "color": path.colour,
                "stroke": canvas.theme.colour["paper"], "strokeWidth": 1}  # fmt: skip
        out.append(layer(mark, points, encoding))
    return out


def line(source: Source, canvas: Canvas) -> Spec:
    """One line per series or group over the periods, named at its end."""
    raw = [p for p in _paths(source, canvas, [], solid=False) if p.values]
    scale = magnitude([v for p in raw for v in p.values.values()], canvas.lang)
    paths = scaled(raw, scale)
    ends = [v for p in paths for part in (p.values, p.low, p.high) for v in (part or {}).values()]
    reference = source.option("reference")
    if isinstance(reference, int | float):
        ends.append(float(reference) / scale.divisor)
    axes = axes_of(paths, canvas, ends, bars=False, form=str(source.option("axis_format", "")))
    layers = grid(axes, canvas, title(source, canvas, scale))
    for path in paths:
        layers += drawn(path, axes, canvas, dots=len(axes.periods) <= 24)
    places = [axes.y(p.values[max(p.values)]) for p in paths]
    layers += direct(paths, places, axes, canvas)
    return spec_of(source.figure, canvas, layers, box=axes.box)
