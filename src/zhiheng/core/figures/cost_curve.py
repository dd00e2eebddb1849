"""A cost curve: bars side by side, as wide as their quantity and as high as their unit cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zhiheng.core.figures.canvas import (
    Box,
    Canvas,
    Source,
    Spec,
    layer,
    magnitude,
    measured,
    number,
    paint,
    px,
    spec_of,
    tick,
    words,
)
from zhiheng.core.figures.layout import nice_bounds, running, stops, text_width

_HEIGHT = 250
_HEAD = 30
_FOOT = 50
_LINE = 17


@dataclass(frozen=True, slots=True)
class _Bar:
    first: float
    last: float
    value: float
    name: str


def cost_curve(source: Source, canvas: Canvas) -> Spec:
    """One bar for each `label` between `from` and `to`, as high as `value`.

    Bars are numbered in the order of the table, and the numbers are explained below; a number
    is left out where its bar is too narrow for it. `x_unit` names the column with the unit of
    the widths.
    """
    label, value = source.column("label", "item"), source.column("value", "value")
    first, last = source.column("from", "from"), source.column("to", "to")
    bars = [
        _Bar(number(r, first) or 0.0, number(r, last) or 0.0, number(r, value) or 0.0,
             canvas.word(r, label))
        for r in source.rows
    ]  # fmt: skip
    heights = nice_bounds(
        min([0.0, *(b.value for b in bars)]), max([0.0, *(b.value for b in bars)])
    )
    scale = magnitude([b.last for b in bars], canvas.lang)
    most = max([b.last for b in bars], default=1.0) / scale.divisor
    widths = nice_bounds(0.0, most, steps=4 if canvas.narrow else 6)
    wide = max(text_width(tick(v, heights[2]), canvas.theme.small) for v in stops(heights))
    key = _key_lines([f"{n}  {b.name}" for n, b in enumerate(bars, 1)], canvas)
    # the last tick is centred under its line and must not leave the picture
    box = Box(int(wide) + 14, 22, _HEAD, _FOOT + _LINE * (key[-1][1] + 1 if key else 0),
              canvas.width - int(wide) - 36, _HEIGHT)  # fmt: skip
    unit_x = source.maybe("x_unit", "x_unit")
    unit = str(source.rows[0][unit_x]) if unit_x and source.rows else ""
    layers = [
        *_axes(box, heights, widths, canvas),
        *_titles(box, measured(canvas, canvas.name(value), magnitude([], canvas.lang),
                               source.unit()),
                 measured(canvas, canvas.name("abated"), scale, unit), canvas),
        *_drawn(bars, box, heights, widths[1] * scale.divisor, canvas),
        _key(bars, key, box, canvas),
    ]  # fmt: skip
    return spec_of(source.figure, canvas, layers, box=box)


def _y(value: float, bounds: tuple[float, float, float], box: Box) -> float:
    return box.height * (bounds[1] - value) / (bounds[1] - bounds[0])


def _axes(
    box: Box, heights: tuple[float, float, float], widths: tuple[float, float, float],
    canvas: Canvas,
) -> list[Spec]:  # fmt: skip
    theme = canvas.theme
    rows = [{"x": 0, "x2": box.width, "y": _y(v, heights, box)} for v in stops(heights)]
    zero = [{"x": 0, "x2": box.width, "y": _y(0.0, heights, box)}]
    left = [
        {"x": -6, "y": _y(v, heights, box), "text": tick(v, heights[2])} for v in stops(heights)
    ]
    below = [
        {"x": box.width * v / widths[1], "y": box.height + 13, "text": tick(v, widths[2])}
        for v in stops(widths)
    ]
    across = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y")}
    muted = theme.colour["muted"]
    return [
        layer({"type": "rule", "color": theme.colour["rule"]}, rows, across),
        layer({"type": "rule", "color": theme.colour["ink"]}, zero, across),
        words(left, align="right", size=theme.small, color=muted),
        words(below, align="center", size=theme.small, color=muted),
    ]


def _titles(box: Box, upper: str, lower: str, canvas: Canvas) -> list[Spec]:
    size, colour = canvas.theme.small, canvas.theme.colour["muted"]
    return [
        words(
            [{"x": 6 - box.left, "y": -16, "text": upper}], align="left", size=size, color=colour
        ),
        words(
            [{"x": box.width / 2, "y": box.height + 34, "text": lower}],
            align="center",
            size=size,
            color=colour,
        ),
    ]


def _drawn(
    bars: Sequence[_Bar], box: Box, heights: tuple[float, float, float], most: float,
    canvas: Canvas,
) -> list[Spec]:  # fmt: skip
    theme = canvas.theme
    shapes: list[Spec] = []
    texts: list[Spec] = []
    zero = _y(0.0, heights, box)
    for n, bar in enumerate(bars, 1):
        x, x2 = (box.width * v / most for v in (bar.first, bar.last))
        y = _y(bar.value, heights, box)
        colour = theme.colour["second"] if bar.value < 0 else theme.colour["accent"]
        shapes.append({"x": x, "x2": max(x2 - 1, x + 0.5), "y": min(y, zero), "y2": max(y, zero),
                       "colour": colour})  # fmt: skip
        if x2 - x > text_width(str(n), theme.small) + 2:
            texts.append({"x": (x + x2) / 2, "y": zero + (-9 if bar.value < 0 else 9),
                          "text": str(n)})  # fmt: skip
    span: Spec = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}
    return [
        layer({"type": "rect", "opacity": 0.85}, shapes, span | {"color": paint("colour")}),
        words(texts, align="center", size=theme.small, color=theme.colour["ink"]),
    ]


def _key_lines(texts: Sequence[str], canvas: Canvas) -> list[tuple[float, int]]:
    """Where each word of the key stands: px from the left, and its line."""
    small = canvas.theme.small
    return running((text_width(t, small) + 16 for t in texts), canvas.width - 16)


def _key(
    bars: Sequence[_Bar], places: Sequence[tuple[float, int]], box: Box, canvas: Canvas
) -> Spec:
    values = [
        {"x": x - box.left + 8, "y": box.height + _FOOT + 4 + _LINE * line,
         "text": f"{n}  {bar.name}"}
        for n, (bar, (x, line)) in enumerate(zip(bars, places, strict=True), 1)
    ]  # fmt: skip
    return words(values, align="left", size=canvas.theme.small)
