"""A histogram of draws with the observed value and the middle of the draws."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt

from zhiheng.core.figures.canvas import (
    Box,
    Canvas,
    Source,
    Spec,
    layer,
    number,
    printed,
    px,
    spec_of,
    words,
)
from zhiheng.core.figures.layout import nice_bounds, text_width
from zhiheng.core.text import Text

_HEIGHT = 210
_HEAD = 40
_FEWEST, _MOST = 8, 40  # bars: enough for a shape, wide enough to see
OBSERVED = Text("观测值", "observed")
MIDDLE = Text("零分布的", "null")


def histogram(source: Source, canvas: Canvas) -> Spec:
    """Bars that count draws, a pale band of their middle, a thick line at the observed value.

    `observed`, `low` and `high` are columns of a table with one row, given as
    ``{"table": …, "column": …}``.
    """
    value = source.column("value", "value")
    drawn = source.numbers(value)
    observed, low, high = (_single(source, role) for role in ("observed", "low", "high"))
    marks = [v for v in (observed, low, high) if v is not None]
    bounds = nice_bounds(
        min([*drawn, *marks], default=0.0), max([*drawn, *marks], default=1.0), steps=7
    )
    box = Box(16, 16, _HEAD, 46, canvas.width - 32, _HEIGHT)
    counts = _counts(drawn, bounds)
    layers = [
        *_band(low, high, bounds, canvas, box),
        *_axis(canvas.name(value), bounds, canvas, box),
        _bars(counts, canvas, box),
        *_observed(observed, bounds, canvas, box),
    ]
    return spec_of(source.figure, canvas, layers, box=box)


def _single(source: Source, role: str) -> float | None:
    place = source.option(role)
    if not isinstance(place, dict):
        return None
    table = source.tables[str(place["table"])]
    return number(table.row(0), str(place["column"])) if len(table) else None


def _counts(drawn: Sequence[float], bounds: tuple[float, float, float]) -> list[int]:
    """Draws in bars of equal width that start and end with the axis."""
    low, high, step = bounds
    pieces = round((high - low) / step)
    wanted = min(max(ceil(sqrt(len(drawn))), _FEWEST), _MOST)
    bars = pieces * max(1, round(wanted / pieces))  # ticks stand between bars
    out = [0] * bars
    for v in drawn:
        out[min(int((v - low) / (high - low) * bars), bars - 1)] += 1
    return out


def _at(value: float, bounds: tuple[float, float, float], box: Box) -> float:
    return box.width * (value - bounds[0]) / (bounds[1] - bounds[0])


def _bars(counts: Sequence[int], canvas: Canvas, box: Box) -> Spec:
    wide, top = box.width / len(counts), max([*counts, 1])
    values = [
        {"x": wide * i + 0.5, "x2": wide * (i + 1) - 0.5,
         "y": box.height * (1 - count / top * 0.94), "y2": box.height}
        for i, count in enumerate(counts) if count
    ]  # fmt: skip
    encoding = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}
    return layer({"type": "rect", "color": canvas.theme.sequential[2]}, values, encoding)


def _band(
    low: float | None, high: float | None, bounds: tuple[float, float, float],
    canvas: Canvas, box: Box,
) -> list[Spec]:  # fmt: skip
    if low is None or high is None:
        return []
    theme = canvas.theme
    ends = _at(low, bounds, box), _at(high, bounds, box)
    values = [{"x": ends[0], "x2": ends[1], "y": 0, "y2": box.height}]
    encoding = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}
    joint = "" if canvas.lang == "zh" else " "
    text = f"{MIDDLE[canvas.lang]}{joint}5–95 %  [{printed(low, '.2f')}, {printed(high, '.2f')}]"
    middle = _kept_inside(sum(ends) / 2, text_width(text, theme.small), box)
    named = [{"x": middle, "y": -28, "text": text}]
    return [
        layer({"type": "rect", "color": theme.sequential[0]}, values, encoding),
        words(named, align="center", size=theme.small, color=theme.colour["muted"]),
    ]


def _axis(title: str, bounds: tuple[float, float, float], canvas: Canvas, box: Box) -> list[Spec]:
    theme = canvas.theme
    low, high, step = bounds
    places = [low + i * step for i in range(round((high - low) / step) + 1)]
    shown = f"{step:.10f}".rstrip("0")
    form = f",.{len(shown) - shown.index('.') - 1}f"
    every = 2 if canvas.narrow and len(places) > 6 else 1
    numbers = [
        {"x": _at(v, bounds, box), "y": box.height + 13,
         "text": printed(0.0 if abs(v) < step * 1e-6 else v, form)}
        for v in places[::every]
    ]  # fmt: skip
    rules = [{"x": _at(v, bounds, box), "y": 0, "y2": box.height} for v in places]
    base = [{"x": 0, "x2": box.width, "y": box.height, "y2": box.height}]
    zero = [{"x": _at(0.0, bounds, box), "y": 0, "y2": box.height}] if low <= 0 <= high else []
    encoding = {"x": px("x"), "y": px("y"), "y2": {"field": "y2"}}
    ink, muted = theme.colour["ink"], theme.colour["muted"]
    named = [{"x": box.width / 2, "y": box.height + 34, "text": title}]
    return [
        layer({"type": "rule", "strokeWidth": 1, "color": theme.colour["rule"]}, rules, encoding),
        layer({"type": "rule", "strokeWidth": 1, "strokeDash": [4, 3], "color": ink},
              zero, encoding),
        layer({"type": "rule", "strokeWidth": 1, "color": ink}, base,
              encoding | {"x2": {"field": "x2"}}),
        words(numbers, align="center", size=theme.small, color=muted),
        words(named, align="center", size=theme.small, color=muted),
    ]  # fmt: skip


def _observed(
    observed: float | None, bounds: tuple[float, float, float], canvas: Canvas, box: Box
) -> list[Spec]:
    if observed is None:
        return []
    theme, x = canvas.theme, _at(observed, bounds, box)
    colour = theme.colour["second"]
    text = f"{OBSERVED[canvas.lang]} {printed(observed, '.2f')}"
    named = [{"x": _kept_inside(x, text_width(text, theme.label), box), "y": -10, "text": text}]
    encoding = {"x": px("x"), "y": px("y"), "y2": {"field": "y2"}}
    line = layer(
        {"type": "rule", "strokeWidth": 3, "color": colour},
        [{"x": x, "y": 0, "y2": box.height}],
        encoding,
    )
    return [line, words(named, align="center", size=theme.label, color=colour)]


def _kept_inside(x: float, width: float, box: Box) -> float:
    """The middle of words of this width, moved so that they do not leave the picture."""
    half = width / 2 + 2
    return min(max(x, half - box.left), box.width + box.right - half)
