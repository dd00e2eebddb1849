"""A specification curve: sorted estimates with intervals, and below them who chose what."""

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
    printed,
    px,
    spec_of,
    words,
)
from zhiheng.core.figures.layout import nice_bounds, text_width, wrap
from zhiheng.core.result import Json, Table

_UPPER, _UPPER_NARROW = 190, 150
_GAP = 16
_PITCH = 14.0
_HEADING = 16.0
_LONGEST = 0.38  # of the width; longer words are broken into lines
_LEADING = 1.2
_LINES = 3
_MARK = 4.0  # half the height of a mark
_FAINT = 0.02  # a mark for a smaller share would not be seen
_TAIL = 0.02  # of the places at either end whose intervals may leave the picture
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class _Choice:
    """One row below the curve: its word and the share that makes the choice at each place."""

    step: str
    word: str
    shares: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class _Plot:
    box: Box
    upper: int
    bounds: tuple[float, float, float]
    places: int

    def x(self, place: float) -> float:
        return self.box.width * (place - 0.5) / self.places

    def y(self, value: float) -> float:
        low, high, _ = self.bounds
        inside = min(max(value, low), high)
        return self.upper * (high - inside) / (high - low)


def specification_curve(source: Source, canvas: Canvas) -> Spec:
    """Estimates with intervals in sorted places; rows of marks for the choices below.

    `choices` names the table of choices: step, choice, place and the share of the place that
    makes the choice, drawn the darker the nearer it is to the largest share of its row. A
    point is dark where at least half of `share_survives` holds.
    """
    rows, theme = source.rows, canvas.theme
    choices = _choices(source, canvas)
    size = theme.tiny if canvas.narrow else theme.small
    limit = canvas.width * _LONGEST
    widest = [text_width(t, size) for c in choices for t in wrap(c.word, size, limit, _LINES)]
    left = int(max(*widest, 34.0)) + 14
    headings = list(dict.fromkeys(c.step for c in choices))
    upper = _UPPER_NARROW if canvas.narrow else _UPPER
    deep = sum(len(wrap(c.word, size, limit, _LINES)) - 1 for c in choices) * size * _LEADING
    below = _GAP + _HEADING * len(headings) + _PITCH * len(choices) + deep
    box = Box(left, 10, 12, 10, canvas.width - left - 10, int(upper + below))
    plot = _Plot(box, upper, _bounds(rows), max(len(rows), 1))
    layers = [
        *_grid(plot, canvas),
        *_estimates(plot, canvas, rows),
        *_reference(plot, canvas, source.option("reference")),
        *_below(plot, canvas, choices, size, limit),
    ]
    return spec_of(source.figure, canvas, layers, box=box)


def _choices(source: Source, canvas: Canvas) -> list[_Choice]:
    """Rows of the table of choices in its order, under the word of their step."""
    table: Table = source.tables[str(source.option("choices", "drawn_choices"))]
    found: dict[tuple[str, str], list[tuple[int, float]]] = {}
    named: dict[tuple[str, str], tuple[str, str]] = {}
    for i in range(len(table)):
        row = table.row(i)
        key = (str(row["step"]), str(row["choice"]))
        share = number(row, "share") or 0.0
        found.setdefault(key, []).append((int(str(row["place"])), share))
        named[key] = (canvas.word(row, "step"), canvas.word(row, "choice"))
    return [_Choice(*named[key], tuple(shares)) for key, shares in found.items()]


def _bounds(rows: Sequence[Row]) -> tuple[float, float, float]:
    """Of all estimates and of all but the most extreme ends of their intervals."""
    points = [v for r in rows if (v := number(r, "estimate")) is not None]
    low = sorted(v for r in rows if (v := number(r, "ci_low")) is not None)
    high = sorted(v for r in rows if (v := number(r, "ci_high")) is not None)
    out = int(len(rows) * _TAIL)
    ends = [*points, *low[out:], *high[: len(high) - out], 0.0]
    return nice_bounds(min(ends), max(ends), steps=5)


def _grid(plot: _Plot, canvas: Canvas) -> list[Spec]:
    theme, (low, high, step) = canvas.theme, plot.bounds
    ticks = [low + i * step for i in range(round((high - low) / step) + 1)]
    ticks = [0.0 if abs(t) < step * 1e-6 else t for t in ticks]
    shown = f"{step:.6f}".rstrip("0")
    form = f".{max(1, len(shown) - shown.index('.') - 1)}f"
    rules = [{"x": 0, "x2": plot.box.width, "y": plot.y(t)} for t in ticks]
    texts = [{"x": -8, "y": plot.y(t), "text": printed(t, form)} for t in ticks]
    across = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y")}
    return [
        layer({"type": "rule", "strokeWidth": 1, "color": theme.colour["rule"]}, rules, across),
        words(texts, align="right", size=theme.small, color=theme.colour["muted"]),
    ]


def _reference(plot: _Plot, canvas: Canvas, at: Json) -> list[Spec]:
    """A line over the intervals, which would otherwise cut it into pieces."""
    low, high, _ = plot.bounds
    if not isinstance(at, int | float) or not low <= at <= high:
        return []
    across = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y")}
    line = [{"x": 0, "x2": plot.box.width, "y": plot.y(at)}]
    mark = {"type": "rule", "strokeWidth": 1, "color": canvas.theme.colour["ink"]}
    return [layer(mark, line, across)]


def _estimates(plot: _Plot, canvas: Canvas, rows: Sequence[Row]) -> list[Spec]:
    colour, marks = canvas.theme.colour, list[Spec]()
    for i, row in enumerate(rows):
        value, low, high = (number(row, c) for c in ("estimate", "ci_low", "ci_high"))
        if value is None or low is None or high is None:
            continue
        holds = (number(row, "share_survives") or 0.0) >= _HALF
        marks.append({
            "x": plot.x(i + 1), "y": plot.y(value), "low": plot.y(low), "high": plot.y(high),
            "point": colour["accent"] if holds else colour["second"],
            "bar": colour["soft"] if holds else colour["rule"],
        })  # fmt: skip
    apart = plot.box.width / plot.places
    bars = {"x": px("x"), "y": px("low"), "y2": {"field": "high"}, "color": paint("bar")}
    dots = {"x": px("x"), "y": px("y"), "color": paint("point")}
    side = max(1.0, min(apart * 0.7, 4.0))
    return [
        layer({"type": "rule", "strokeWidth": side}, marks, bars),
        layer({"type": "point", "filled": True, "opacity": 1, "size": max(6.0, side**2 * 2)},
              marks, dots),
    ]  # fmt: skip


def _below(
    plot: _Plot, canvas: Canvas, choices: Sequence[_Choice], size: int, limit: float
) -> list[Spec]:
    """A line of marks for each choice, under the heading of its step."""
    theme = canvas.theme
    y, step = plot.upper + _GAP, ""
    names, headings, marks, lines = list[Spec](), list[Spec](), list[Spec](), list[Spec]()
    for choice in choices:
        if choice.step != step:
            step = choice.step
            lines.append({"x": 0, "x2": plot.box.width, "y": y})
            headings.append({"x": 0, "y": y + _HEADING * 0.55, "text": step})
            y += _HEADING
        lines_of = wrap(choice.word, size, limit, _LINES)
        tall = _PITCH + (len(lines_of) - 1) * size * _LEADING
        middle = y + tall / 2
        first = middle - (len(lines_of) - 1) * size * _LEADING / 2
        names += [{"x": -8, "y": first + i * size * _LEADING, "text": t}
                  for i, t in enumerate(lines_of)]  # fmt: skip
        most = max((share for _, share in choice.shares), default=1.0)
        marks += [
            {"x": plot.x(place), "y": middle - _MARK, "y2": middle + _MARK,
             "colour": _shade(canvas, share / most)}
            for place, share in choice.shares if share >= _FAINT * most
        ]  # fmt: skip
        y += tall
    across = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y")}
    side = max(1.5, min(plot.box.width / plot.places * 0.7, 5.0))
    mark = {"type": "rule", "strokeWidth": side}
    where = {"x": px("x"), "y": px("y"), "y2": {"field": "y2"}, "color": paint("colour")}
    return [
        layer({"type": "rule", "strokeWidth": 1, "color": theme.colour["rule"]}, lines, across),
        words(headings, align="left", size=size, color=theme.colour["muted"]),
        words(names, align="right", size=size),
        layer(mark, marks, where),
    ]


def _shade(canvas: Canvas, share: float) -> str:
    """From pale for a small share to the ink of the curve for all."""
    pale, full = canvas.theme.sequential[0], canvas.theme.colour["accent"]
    ends = [(int(pale[i : i + 2], 16), int(full[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * min(share, 1.0)):02x}" for a, b in ends)
