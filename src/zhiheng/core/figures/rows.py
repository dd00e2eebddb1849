"""Figures of one row per unit: ranks, effective weights, coefficients, shares, effects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from zhiheng.core.figures.canvas import (
    Box,
    Canvas,
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
from zhiheng.core.figures.layout import decimals, nice_bounds, text_width, wrap
from zhiheng.core.text import Text

_GAP = 10
_LONGEST_LABEL = 0.42  # of the width; longer words are broken into two lines
_LEAST_PLOT = 0.45  # of the width; a phone's plot gets at least this, or words go above it
_AXIS = 40
_INDENT = 18  # of the plot where words stand above it, so that the first axis label fits


@dataclass(frozen=True, slots=True)
class Item:
    """One row: its word at the left, its printed value at the right, its positions."""

    label: str
    value: float
    text: str = ""
    low: float | None = None
    high: float | None = None
    other: float | None = None
    colour: str = ""
    start: float = 0.0
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """The layout of rows: where words, plot and values stand.

    `stacked` puts the word and the value on a line of their own above the row,
    which is how long words keep their room on a phone.
    """

    items: tuple[Item, ...]
    box: Box
    pitch: float
    stacked: bool
    lines: tuple[tuple[str, ...], ...]
    bounds: tuple[float, float]
    ticks: tuple[float, ...] = field(default=())

    def y(self, index: int) -> float:
        """The px of a row's marks."""
        return self.pitch * (index + (0.72 if self.stacked else 0.5))

    def band(self, index: int) -> float:
        """The px of a row's words when they stand above it."""
        return self.pitch * (index + 0.3)


def arrange(
    items: Sequence[Item],
    canvas: Canvas,
    bounds: tuple[float, float, float],
    *,
    pitch: float = 22,
    header: int = 0,
) -> Rows:
    """Give every word its room and the plot the rest."""
    theme, size = canvas.theme, canvas.theme.label
    longest = max((text_width(i.label, size) for i in items), default=0)
    values = max((text_width(i.text, theme.small) for i in items), default=0)
    free = canvas.width - longest - values - 3 * _GAP
    stacked = canvas.narrow and free < canvas.width * _LEAST_PLOT
    room = canvas.width * _LONGEST_LABEL
    lines = tuple(tuple(wrap(i.label, size, 9e3 if stacked else room)) for i in items)
    widest = max((text_width(t, size) for row in lines for t in row), default=0)
    deepest = max((len(row) for row in lines), default=1)
    deep = deepest * size * 1.25 + 6 if deepest > 1 else pitch
    left = _INDENT if stacked else int(widest) + _GAP + 4
    right = 14 if stacked or not values else int(values) + _GAP + 8
    step = 40.0 if stacked else max(pitch, deep)
    return Rows(
        items=tuple(items),
        box=Box(
            left, right, header + _AXIS, 8, canvas.width - left - right, int(step * len(items))
        ),
        pitch=step,
        stacked=stacked,
        lines=lines,
        bounds=bounds[:2],
        ticks=_ticks(bounds, 4 if canvas.narrow else 6),
    )


def _ticks(bounds: tuple[float, float, float], most: int) -> tuple[float, ...]:
    low, high, step = bounds
    count = round((high - low) / step)
    while count > most:
        step, count = step * 2, count // 2
    first = step * -(-low // step) if low < 0 else low
    return tuple(round(first + i * step, 10) for i in range(count + 1) if first + i * step <= high)


def x_scale(rows: Rows, title: str, form: str = "", *, field_name: str = "value") -> Spec:
    """The one quantitative axis, above the rows, with few grid lines and no frame."""
    axis: Spec = {
        "orient": "top", "title": title or None, "values": list(rows.ticks), "titleAnchor": "start",
        "titleAlign": "left", "titleX": 0, "titleY": -24,
    }  # fmt: skip
    # without a format the builder rounds ticks such as 2.5 to whole numbers
    digits = max((decimals(t) for t in rows.ticks), default=0)
    if form.endswith("%"):
        form = f".{max(digits - 2, 0)}%"
    axis["format"] = form or f",.{digits}f"
    if rows.stacked:
        axis["grid"] = False
    scale = {"domain": list(rows.bounds), "nice": False, "zero": False}
    return {"field": field_name, "type": "quantitative", "scale": scale, "axis": axis}


def _share(form: str) -> str:
    """The format of the axis where values are printed as percentages; none else."""
    return "%" if form.endswith("%") else ""


def captions(rows: Rows, canvas: Canvas) -> list[Spec]:
    """The words at the left and the values at the right."""
    theme = canvas.theme
    place: Callable[[int], float] = rows.band if rows.stacked else rows.y
    left: list[Spec] = []
    for i, lines in enumerate(rows.lines):
        top = place(i) - (len(lines) - 1) * theme.label * 0.625
        for j, line in enumerate(lines):
            left.append(
                _label(line, top + j * theme.label * 1.25, rows, canvas, rows.items[i].bold)
            )
    right: list[Spec] = [
        {"x": rows.box.width + rows.box.right - 4, "y": place(i),
         "text": item.text, "colour": theme.colour["ink" if item.bold else "muted"]}
        for i, item in enumerate(rows.items) if item.text
    ]  # fmt: skip
    anchor = "left" if rows.stacked else "right"
    out = [words(left, align=anchor, size=theme.label)]
    return [*out, words(right, align="right", size=theme.small)] if right else out


def _label(line: str, y: float, rows: Rows, canvas: Canvas, bold: bool) -> Spec:
    colour = canvas.theme.colour["total" if bold else "ink"]
    return {"x": 4 - _INDENT if rows.stacked else -_GAP, "y": y, "text": line, "colour": colour}


def zero_line(rows: Rows, canvas: Canvas, at: float, axis: Spec) -> Spec:
    """A rule at a reference value: through all rows, or beside each mark, clear of the words."""
    reach = [(rows.y(i) - 11, rows.y(i) + 11) for i in range(len(rows.items))]
    reach = reach if rows.stacked else [(0, rows.box.height)]
    encoding = {"x": axis | {"field": "value"}, "y": px("y"), "y2": {"field": "y2"}}
    return layer(
        {"type": "rule", "color": canvas.theme.colour["ink"], "strokeWidth": 1},
        [{"value": at, "y": a, "y2": b} for a, b in reach],
        encoding,
    )


def ordered(source: Source, column: str, default: str = "given") -> list[Row]:
    """The rows by ``sort``: ``value`` ascending, ``-value`` descending, ``given``; then ``top``."""
    rows = [row for row in source.rows if number(row, column) is not None]
    how = str(source.option("sort", default))
    if how in ("value", "-value"):
        rows.sort(key=lambda row: number(row, column) or 0.0, reverse=how == "-value")
    top = source.option("top")
    return rows[: int(top)] if isinstance(top, int | float) and top else rows


def span(values: Sequence[float | None], *, at: float | None = None) -> tuple[float, float, float]:
    """Round bounds that hold all values and the reference."""
    known = [v for v in [*values, at] if v is not None]
    return nice_bounds(min(known, default=0.0), max(known, default=1.0))


RANK = Text("名次（最左为最好）", "Rank (leftmost is best)")


def rank_interval(source: Source, canvas: Canvas) -> Spec:
    """Ranks with the interval over method choices, best first."""
    theme = canvas.theme
    label, value = source.column("label", "entity"), source.column("value", "rank")
    low, high = source.column("low", "rank_low"), source.column("high", "rank_high")
    items: list[Item] = []
    for row in ordered(source, value, "value"):
        ends = (number(row, low), number(row, high))
        at = number(row, value) or 0.0
        text = f"{at:.0f}" if None in ends else f"{at:.0f}  [{ends[0]:.0f}, {ends[1]:.0f}]"
        items.append(Item(canvas.word(row, label), at, text, *ends))
    last = max((i.high or i.value for i in items), default=1.0)
    rows = arrange(items, canvas, (1.0, max(last, 2.0), 1.0), pitch=15.5 if canvas.narrow else 16.5)
    axis = x_scale(rows, RANK[canvas.lang], "d")
    axis["axis"]["values"] = [1, *range(5, int(last) + 1, 5)]
    axis["scale"]["padding"] = 6
    values = [
        {"value": i.value, "low": i.low, "high": i.high, "y": rows.y(n), "label": i.label}
        for n, i in enumerate(items)
    ]
    band = layer(
        {"type": "rule", "strokeWidth": 6, "strokeCap": "round", "color": theme.colour["soft"]},
        values,
        {"x": axis | {"field": "low"}, "x2": {"field": "high"}, "y": px("y")},
    )
    dot = layer(
        {
            "type": "point",
            "filled": True,
            "size": 52,
            "opacity": 1,
            "color": theme.colour["accent"],
        },
        values,
        {"x": axis, "y": px("y")},
    )
    return spec_of(source.figure, canvas, [band, dot, *captions(rows, canvas)], box=rows.box)


def interval(source: Source, canvas: Canvas) -> Spec:
    """Estimates with confidence intervals and the value of no effect."""
    theme, form = canvas.theme, str(source.option("format", ".3f"))
    label, value = source.column("label", "term"), source.column("value", "estimate")
    low, high = source.column("low", "ci_low"), source.column("high", "ci_high")
    reference = source.option("reference", 0)
    items: list[Item] = []
    for row in ordered(source, value):
        ends = (number(row, low), number(row, high))
        at = number(row, value) or 0.0
        text = f"{printed(at, form)}  [{printed(ends[0], form)}, {printed(ends[1], form)}]"
        items.append(Item(canvas.word(row, label), at, text, *ends))
    zero = float(reference) if isinstance(reference, int | float) else None
    bounds = span([e for i in items for e in (i.value, i.low, i.high)], at=zero)
    rows = arrange(items, canvas, bounds, pitch=26)
    title = measured(canvas, canvas.name(value), magnitude([], canvas.lang), source.unit())
    axis = x_scale(rows, title, _share(form))
    values = [
        {"value": i.value, "low": i.low, "high": i.high, "y": rows.y(n), "label": i.label}
        for n, i in enumerate(items)
    ]
    line = layer(
        {"type": "rule", "strokeWidth": 2, "color": theme.colour["accent"]},
        values,
        {"x": axis | {"field": "low"}, "x2": {"field": "high"}, "y": px("y")},
    )
    dot = layer(
        {
            "type": "point",
            "filled": True,
            "size": 64,
            "opacity": 1,
            "color": theme.colour["accent"],
        },
        values,
        {"x": axis, "y": px("y")},
    )
    layers = [line, dot, *captions(rows, canvas)]
    if zero is not None:
        layers.insert(0, zero_line(rows, canvas, zero, axis))
    return spec_of(source.figure, canvas, layers, box=rows.box)


def dumbbell(source: Source, canvas: Canvas) -> Spec:
    """Two values per row, joined: what was declared against what holds."""
    theme, form = canvas.theme, str(source.option("format", ".3f"))
    label, one = source.column("label", "indicator"), source.column("value", "nominal")
    two = source.column("other", "effective")
    items: list[Item] = []
    for row in ordered(source, two, "-value"):
        a, b = number(row, one) or 0.0, number(row, two) or 0.0
        text = f"{printed(a, form)} → {printed(b, form)}"
        items.append(Item(canvas.word(row, label), a, text, other=b))
    bounds = span([v for i in items for v in (i.value, i.other)], at=0.0)
    rows = arrange(items, canvas, bounds, pitch=24, header=22)
    axis = x_scale(rows, "", _share(form))
    values = [
        {"value": i.value, "other": i.other, "y": rows.y(n), "label": i.label}
        for n, i in enumerate(items)
    ]
    joint = layer(
        {"type": "rule", "strokeWidth": 3, "color": theme.colour["soft"]},
        values,
        {"x": axis, "x2": {"field": "other"}, "y": px("y")},
    )
    hollow = layer(
        {"type": "point", "filled": True, "size": 62, "opacity": 1, "fill": theme.colour["paper"],
         "stroke": theme.colour["muted"], "strokeWidth": 1.75},
        values, {"x": axis, "y": px("y")},
    )  # fmt: skip
    full = layer(
        {"type": "point", "filled": True, "size": 70, "opacity": 1,
         "color": theme.colour["accent"]},
        values, {"x": axis | {"field": "other"}, "y": px("y")},
    )  # fmt: skip
    key = _dot_key([(canvas.name(one), False), (canvas.name(two), True)], rows, canvas)
    layers = [joint, hollow, full, *captions(rows, canvas), *key]
    return spec_of(source.figure, canvas, layers, box=rows.box)


def _dot_key(entries: list[tuple[str, bool]], rows: Rows, canvas: Canvas) -> list[Spec]:
    theme, x, y = canvas.theme, 6.0, -rows.box.top + 10.0
    dots: list[Spec] = []
    texts: list[Spec] = []
    for name, full in entries:
        fill = theme.colour["accent" if full else "paper"]
        line = theme.colour["accent" if full else "muted"]
        dots.append({"x": x, "y": y, "fill": fill, "stroke": line})
        texts.append({"x": x + 10, "y": y, "text": name})
        x += 34 + text_width(name, theme.label)
    mark = {"type": "point", "filled": True, "size": 62, "opacity": 1, "strokeWidth": 1.75}
    encoding = {"x": px("x"), "y": px("y"), "fill": paint("fill"), "stroke": paint("stroke")}
    return [layer(mark, dots, encoding), words(texts, align="left", size=theme.label)]


TOTAL = Text("合计", "Total")


def bar(source: Source, canvas: Canvas) -> Spec:
    """One bar per row from a reference value; flagged rows in their own colour and named so."""
    label, value = source.column("label", "entity"), source.column("value", "value")
    flag, form = source.maybe("colour"), str(source.option("format", ".3f"))
    items: list[Item] = []
    for row in ordered(source, value):
        at = number(row, value) or 0.0
        flagged = bool(flag) and bool(row.get(flag)) and row.get(flag) != "none"
        colour = canvas.theme.colour["flagged" if flagged else "accent"]
        name = canvas.word(row, label) + (" ◆" if flagged else "")
        items.append(Item(name, at, printed(at, form), colour=colour))
    key = f"◆ {canvas.name(flag)}" if flag and any("◆" in i.label for i in items) else ""
    return _bars(items, canvas, source, title=canvas.name(value), key=key, form=_share(form))


def waterfall(source: Source, canvas: Canvas) -> Spec:
    """Effects one after the other, each starting where the last ended, and their sum."""
    label, value = source.column("label", "factor"), source.column("value", "effect")
    theme, colour = canvas.theme, canvas.theme.colour
    scale = magnitude(source.numbers(value), canvas.lang)
    form = "+" + scale.form(str(source.option("format", ",.1f")).lstrip("+"))
    items: list[Item] = []
    at = 0.0
    for row in ordered(source, value):
        step = (number(row, value) or 0.0) / scale.divisor
        fill = colour["positive" if step >= 0 else "negative"]
        text = printed(step, form)
        items.append(Item(canvas.word(row, label), at + step, text, colour=fill, start=at))
        at += step
    total = printed(at, form)
    items.append(Item(TOTAL[canvas.lang], at, total, colour=theme.colour["total"], bold=True))
    title = measured(canvas, canvas.name(value), scale, source.unit())
    return _bars(items, canvas, source, title=title, thick=0.62)


def _bars(
    items: list[Item], canvas: Canvas, source: Source, *, title: str, key: str = "",
    thick: float = 0.7, form: str = "",
) -> Spec:  # fmt: skip
    reference = source.option("reference", 0)
    zero = float(reference) if isinstance(reference, int | float) else 0.0
    bounds = span([v for i in items for v in (i.value, i.start)], at=zero)
    many = len(items) > 16
    rows = arrange(items, canvas, bounds, pitch=16 if many else 24, header=20 if key else 0)
    axis = x_scale(rows, title, form)
    half = (14.0 if rows.stacked else rows.pitch * thick) / 2
    values = [
        {"start": i.start or zero, "value": i.value, "y": rows.y(n) - half, "y2": rows.y(n) + half,
         "colour": i.colour, "label": i.label}
        for n, i in enumerate(items)
    ]  # fmt: skip
    bars = layer(
        {"type": "rect"},
        values,
        {"x": axis | {"field": "start"}, "x2": {"field": "value"}, "y": px("y"),
         "y2": {"field": "y2"}, "color": paint("colour")},
    )  # fmt: skip
    layers = [bars, zero_line(rows, canvas, zero, axis), *captions(rows, canvas)]
    if key:
        at = {"x": 4 - rows.box.left, "y": -rows.box.top + 9, "text": key}
        layers.append(words([at], align="left", size=canvas.theme.small))
    return spec_of(source.figure, canvas, layers, box=rows.box)
