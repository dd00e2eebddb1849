"""Figures of distributions: ridges of densities, and a conditional density with its diagonal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zhiheng.core.figures.canvas import (
    Box,
    Canvas,
    Magnitude,
    Row,
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
from zhiheng.core.figures.layout import nice_bounds, text_width

_LEAST_SHOWN = 0.004  # of the highest density; lower tails are cut off the picture
_RISE = 2.1  # a ridge may rise over so many lines when there are many
_SHARES = (0.04, 0.15, 0.35, 0.6, 0.85)
"""Limits of the shades, as parts of the highest density of their column."""


@dataclass(frozen=True, slots=True)
class Ridge:
    """One density: its word and its points, left to right."""

    name: str
    points: tuple[tuple[float, float], ...]
    band: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to px, with the ticks that lie inside."""

    low: float
    high: float
    length: float
    ticks: tuple[tuple[float, str], ...]

    def at(self, value: float) -> float:
        """The px of a value."""
        return self.length * (value - self.low) / (self.high - self.low)


def _scale(low: float, high: float, length: float, *, most: int, form: str) -> Scale:
    """A scale over exactly these bounds, with round ticks inside them."""
    first, last, step = nice_bounds(low, high, steps=most)
    count = round((last - first) / step)
    places = [first + i * step for i in range(count + 1)]
    inside = [0.0 if abs(p) < step * 1e-6 else p for p in places if low <= p <= high]
    style = form or f",.{_decimals(step)}f"
    return Scale(low, high, length, tuple((p, printed(p, style)) for p in inside))


def _decimals(step: float) -> int:
    shown = f"{step:.10f}".rstrip("0")
    return len(shown) - shown.index(".") - 1


def _title(source: Source, canvas: Canvas, scale: Magnitude) -> str:
    named = source.column("x", "value")
    name = canvas.name(named) if named in canvas.names else ""
    return measured(canvas, name, scale, source.unit())


# ------------------------------------------------------------------------------ ridges


def ridgeline(source: Source, canvas: Canvas) -> Spec:
    """Densities one below the other on a common axis, in the order of the rows."""
    theme = canvas.theme
    ridges = _ridges(source, canvas)
    size = magnitude([x for r in ridges for x, _ in r.points], canvas.lang)
    highest = [max((*(y for _, y in r.points), *(c for _, _, c in r.band)), default=1.0)
               for r in ridges]  # fmt: skip
    top = max(highest, default=1.0)
    if not source.option("own_scale", False):
        highest = [top] * len(ridges)
    low, high = _shown(ridges, highest)
    left = int(max((text_width(r.name, theme.label) for r in ridges), default=10)) + 16
    rise = _RISE if len(ridges) > 5 else 1.0
    pitch = max(18.0, min(64.0, (300 if canvas.narrow else 380) / (len(ridges) + rise)))
    title = _title(source, canvas, size)
    box = Box(left, 14, 12, 46 if title else 30, canvas.width - left - 14,
              int(pitch * (len(ridges) - 1 + rise)) + 4)  # fmt: skip
    axis = _scale(low / size.divisor, high / size.divisor, box.width,
                  most=4 if canvas.narrow else 7,
                  form=str(source.option("axis_format", "")))  # fmt: skip
    layers = _below(axis, canvas, box, title)
    layers += _reference(source, axis, canvas, box, size)
    for i, ridge in enumerate(ridges):
        foot = box.height - pitch * (len(ridges) - 1 - i)
        tall = pitch * rise * 0.96 / (highest[i] or 1.0)
        layers += _drawn(ridge, axis, canvas, foot=foot, tall=tall, divisor=size.divisor,
                         look=_shade_of(canvas, i, len(ridges)))  # fmt: skip
    names = [
        {"x": -10, "y": box.height - pitch * (len(ridges) - 1 - i) - theme.label * 0.45,
         "text": r.name}
        for i, r in enumerate(ridges)
    ]  # fmt: skip
    layers.append(words(names, align="right", size=theme.label))
    return spec_of(source.figure, canvas, layers, box=box)


def _ridges(source: Source, canvas: Canvas) -> list[Ridge]:
    row, x = source.column("row", "period"), source.column("x", "value")
    value = source.column("value", "density")
    low, high = source.maybe("low"), source.maybe("high")
    groups: dict[object, list[Row]] = {}
    for one in source.rows:
        groups.setdefault(one[row], []).append(one)
    out: list[Ridge] = []
    for rows in groups.values():
        points = [(a, b) for r in rows if (a := number(r, x)) is not None
                  and (b := number(r, value)) is not None]  # fmt: skip
        band = [(a, b, c) for r in rows if (a := number(r, x)) is not None
                and (b := number(r, low)) is not None
                and (c := number(r, high)) is not None]  # fmt: skip
        out.append(Ridge(canvas.word(rows[0], row), tuple(sorted(points)), tuple(sorted(band))))
    return out


def _shown(ridges: Sequence[Ridge], highest: Sequence[float]) -> tuple[float, float]:
    """The values between which some density can be seen."""
    seen = [x for r, top in zip(ridges, highest, strict=True) for x, y in r.points
            if y > _LEAST_SHOWN * top]  # fmt: skip
    low, high = min(seen, default=0.0), max(seen, default=1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _below(axis: Scale, canvas: Canvas, box: Box, title: str) -> list[Spec]:
    """Rules through the plot, numbers and the title below it."""
    theme = canvas.theme
    rules = [{"x": axis.at(v), "y": 0, "y2": box.height} for v, _ in axis.ticks]
    numbers = [{"x": axis.at(v), "y": box.height + 13, "text": t} for v, t in axis.ticks]
    encoding = {"x": px("x"), "y": px("y"), "y2": {"field": "y2"}}
    muted = theme.colour["muted"]
    named = [{"x": box.width / 2, "y": box.height + 34, "text": title}] if title else []
    return [
        layer({"type": "rule", "strokeWidth": 1, "color": theme.colour["rule"]}, rules, encoding),
        words(_inside(numbers, box, theme.small), align="center", size=theme.small, color=muted),
        *([words(named, align="center", size=theme.small, color=muted)] if named else []),
    ]


def _inside(numbers: list[Spec], box: Box, size: int) -> list[Spec]:
    """Numbers whose half width still fits beside the plot."""
    return [
        n for n in numbers
        if n["x"] + text_width(str(n["text"]), size) / 2 <= box.width + box.right
        and n["x"] - text_width(str(n["text"]), size) / 2 >= -box.left
    ]  # fmt: skip


def _reference(
    source: Source, axis: Scale, canvas: Canvas, box: Box, size: Magnitude
) -> list[Spec]:
    at = source.option("reference")
    if not isinstance(at, int | float) or not axis.low <= at / size.divisor <= axis.high:
        return []
    x = axis.at(at / size.divisor)
    mark = {"type": "rule", "strokeWidth": 1, "strokeDash": [4, 3],
            "color": canvas.theme.colour["ink"]}  # fmt: skip
    encoding = {"x": px("x"), "y": px("y"), "y2": {"field": "y2"}}
    return [layer(mark, [{"x": x, "y": 0, "y2": box.height}], encoding)]


def _shade_of(canvas: Canvas, index: int, count: int) -> str:
    """Light for the first ridge, dark for the last."""
    light, dark = canvas.theme.sequential[1], canvas.theme.sequential[3]
    part = index / (count - 1) if count > 1 else 0.6
    pairs = [(int(light[i : i + 2], 16), int(dark[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def _drawn(
    ridge: Ridge, axis: Scale, canvas: Canvas, *,
    foot: float, tall: float, divisor: float, look: str,
) -> list[Spec]:  # fmt: skip
    inside = [(x / divisor, y) for x, y in ridge.points if axis.low <= x / divisor <= axis.high]
    points = [{"x": axis.at(x), "y": foot - tall * y, "y2": foot} for x, y in inside]
    encoding = {"x": px("x"), "y": px("y"), "y2": {"field": "y2"}}
    edge = {"type": "line", "strokeWidth": 1.5, "color": canvas.theme.sequential[4],
            "strokeJoin": "round"}  # fmt: skip
    out = [layer({"type": "area", "color": look, "opacity": 0.88}, points, encoding)]
    band = [
        {"x": axis.at(x / divisor), "y": foot - tall * b, "y2": foot - tall * a}
        for x, a, b in ridge.band if axis.low <= x / divisor <= axis.high
    ]  # fmt: skip
    if band:
        pale = {"type": "area", "color": canvas.theme.colour["second"], "opacity": 0.3}
        out.append(layer(pale, band, encoding))
    line = {"x": px("x"), "y": px("y"), "order": {"field": "x"}}
    return [*out, layer(edge, points, line)]


# ----------------------------------------------------------------------------- contour


def contour(source: Source, canvas: Canvas) -> Spec:
    """A conditional density over start and end as shaded steps, with the diagonal."""
    x, y = source.column("x", "from_value"), source.column("y", "to_value")
    value, theme = source.column("value", "density"), canvas.theme
    cells = {
        (a, b): v for r in source.rows
        if (a := number(r, x)) is not None and (b := number(r, y)) is not None
        and (v := number(r, value)) is not None
    }  # fmt: skip
    size = magnitude([b for _, b in cells], canvas.lang)
    low, high = _ends([b for _, b in cells])
    bounds = low / size.divisor, high / size.divisor
    form = str(source.option("axis_format", ""))
    wide = _scale(*bounds, 1.0, most=4 if canvas.narrow else 6, form=form)
    left = int(max((text_width(t, theme.small) for _, t in wide.ticks), default=10)) + 16
    unit = measured(canvas, "", size, source.unit())
    side = min(canvas.width - left - 14, 400)
    margin = max(0, (canvas.width - left - 14 - side) // 2)
    box = Box(left + margin, canvas.width - left - margin - side, 48, 62, side, side)
    axis = Scale(*bounds, float(side), wide.ticks)
    layers = [
        *_frame(axis, canvas, box),
        *_areas(cells, axis, canvas, size.divisor),
        *_diagonal(axis, canvas),
        *_named(source, canvas, box, unit, (x, y)),
        *_legend(canvas, box),
    ]
    return spec_of(source.figure, canvas, layers, box=box)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values, default=0.0), max(values, default=1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _frame(axis: Scale, canvas: Canvas, box: Box) -> list[Spec]:
    """Numbers at the left and below, and pale rules both ways."""
    theme, side = canvas.theme, axis.length
    rules = [{"x": axis.at(v), "x2": axis.at(v), "y": 0, "y2": side} for v, _ in axis.ticks]
    rules += [{"x": 0, "x2": side, "y": side - axis.at(v), "y2": side - axis.at(v)}
              for v, _ in axis.ticks]  # fmt: skip
    encoding = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}
    below = [{"x": axis.at(v), "y": side + 13, "text": t} for v, t in axis.ticks]
    beside = [{"x": -8, "y": side - axis.at(v), "text": t} for v, t in axis.ticks]
    muted = theme.colour["muted"]
    return [
        layer({"type": "rule", "strokeWidth": 1, "color": theme.colour["rule"]}, rules, encoding),
        words(_inside(below, box, theme.small), align="center", size=theme.small, color=muted),
        words(beside, align="right", size=theme.small, color=muted),
    ]


def _areas(
    cells: dict[tuple[float, float], float], axis: Scale, canvas: Canvas, divisor: float
) -> list[Spec]:
    """For every limit the places above it, joined from column to column, light below dark."""
    columns: dict[float, list[tuple[float, float]]] = {}
    for (a, b), v in sorted(cells.items()):
        columns.setdefault(a / divisor, []).append((b / divisor, v))
    at = sorted(columns)
    half = (at[1] - at[0]) / 2 if len(at) > 1 else 0.0
    out: list[Spec] = []
    for share, colour in zip(_SHARES, canvas.theme.sequential, strict=True):
        spans = [_above(columns[a], share) for a in at]
        for first, last in _runs([len(s) for s in spans]):
            for k in range(len(spans[first])):
                points = [(a, *spans[i][k]) for i, a in enumerate(at) if first <= i <= last]
                points = [(points[0][0] - half, *points[0][1:]), *points,
                          (points[-1][0] + half, *points[-1][1:])]  # fmt: skip
                out.append(_area(points, axis, colour))
    return out


def _area(points: Sequence[tuple[float, float, float]], axis: Scale, colour: str) -> Spec:
    values = [
        {"x": min(max(axis.at(a), 0.0), axis.length), "y": axis.length - axis.at(high),
         "y2": axis.length - axis.at(low)}
        for a, low, high in points
    ]  # fmt: skip
    encoding = {"x": px("x"), "y": px("y"), "y2": {"field": "y2"}}
    return layer({"type": "area", "color": colour}, values, encoding)


def _above(column: Sequence[tuple[float, float]], share: float) -> list[tuple[float, float]]:
    """The stretches of a column where the density is this part of the column's highest or more."""
    limit = share * max(v for _, v in column)
    out: list[tuple[float, float]] = []
    start = column[0][0] if column[0][1] >= limit > 0 else None
    for (a, u), (b, v) in zip(column, column[1:], strict=False):
        if (u < limit) == (v < limit):
            continue
        place = a + (b - a) * (limit - u) / (v - u)
        if start is None:
            start = place
        else:
            out.append((start, place))
            start = None
    return out if start is None else [*out, (start, column[-1][0])]


def _runs(counts: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbouring columns with equally many stretches, from and to."""
    out: list[tuple[int, int]] = []
    for i, count in enumerate(counts):
        if count == 0:
            continue
        if out and out[-1][1] == i - 1 and counts[i - 1] == count:
            out[-1] = (out[-1][0], i)
        else:
            out.append((i, i))
    return out


def _diagonal(axis: Scale, canvas: Canvas) -> list[Spec]:
    ends = [{"x": 0, "y": axis.length}, {"x": axis.length, "y": 0}]
    mark = {"type": "line", "strokeWidth": 1.5, "strokeDash": [6, 4],
            "color": canvas.theme.colour["second"]}  # fmt: skip
    return [layer(mark, ends, {"x": px("x"), "y": px("y"), "order": {"field": "x"}})]


def _named(
    source: Source, canvas: Canvas, box: Box, unit: str, axes: tuple[str, str]
) -> list[Spec]:
    """Words of both axes, the upper one above the plot so that nothing stands upright."""
    theme = canvas.theme
    across, upwards = (canvas.name(column) for column in axes)
    tail = (f"（{unit}）" if canvas.lang == "zh" else f" ({unit})") if unit else ""
    muted = theme.colour["muted"]
    below = [{"x": box.width / 2, "y": box.height + 32, "text": f"→ {across}{tail}"}]
    above = [{"x": 0, "y": -12, "text": f"↑ {upwards}{tail}"}]
    return [
        words(below, align="center", size=theme.small, color=muted),
        words(above, align="left", size=theme.small, color=muted),
    ]


def _legend(canvas: Canvas, box: Box) -> list[Spec]:
    """Shades from unlikely to likely."""
    theme = canvas.theme
    side, y = 18.0, -38.0
    ends = {"zh": ("少见", "多见"), "en": ("rare", "frequent")}[canvas.lang]
    first = text_width(ends[0], theme.small) + 6
    swatches = [
        {"x": first + i * side, "x2": first + (i + 1) * side, "y": y - 5, "y2": y + 5,
         "colour": colour}
        for i, colour in enumerate(theme.sequential)
    ]  # fmt: skip
    encoding = {
        "x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"},
        "color": paint("colour"),
    }  # fmt: skip
    texts = [
        {"x": 0, "y": y, "text": ends[0]},
        {"x": first + side * len(theme.sequential) + 6, "y": y, "text": ends[1]},
    ]
    return [
        layer({"type": "rect"}, swatches, encoding),
        words(texts, align="left", size=theme.small, color=theme.colour["muted"]),
    ]
