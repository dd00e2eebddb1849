"""Bullet rows: how much of a budget or target is used, with a tick where it is reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from zhiheng.core.figures.canvas import (
    Canvas,
    Magnitude,
    Row,
    Source,
    Spec,
    layer,
    magnitude,
    number,
    paint,
    printed,
    px,
    spec_of,
    words,
)
from zhiheng.core.figures.layout import nice_bounds, running, text_width
from zhiheng.core.figures.rows import Item, Rows, arrange, captions, x_scale
from zhiheng.core.text import Text

SHARE = Text("占目标或预算的份额", "Share of the target or budget")
USED = Text("已用或已达", "Used or reached")
OVER = Text("超出", "Beyond")
TICK = Text("目标或预算", "Target or budget")
SPAN = Text("区间", "Interval")
NO_TARGET = Text("无目标", "no target")
_PITCH = 30.0
_LINE = 18  # px of one line of the key
_BAR, _TRACK, _TICK = 5.0, 9.0, 11.0  # half heights, px


def gauge(source: Source, canvas: Canvas) -> Spec:
    """One row for each `label`: `value` as a share of `target`, a tick at the whole.

    What lies beyond the target has its own colour and a mark in the words; `low` and
    `high` are an interval of the value. A row without a target prints its value only.
    """
    roles = (source.column("label", "label"), source.column("value", "value"),
             source.column("target", "target"))  # fmt: skip
    low, high = source.maybe("low"), source.maybe("high")
    rows = [r for r in source.rows if number(r, roles[1]) is not None]
    items = [_item(r, roles, (low, high), source, canvas) for r in rows]
    most = max([1.15, *(e for i in items for e in (i.value, i.high) if e is not None)])
    least = min([0.0, *(e for i in items for e in (i.value, i.low) if e is not None)])
    bounds = nice_bounds(least, most, 5)
    entries = _entries(items, canvas)
    laid = arrange(items, canvas, bounds, pitch=_PITCH, header=4 + _LINE * _lines(entries))
    axis = x_scale(laid, str(source.option("x_title", "")) or SHARE[canvas.lang], "%")
    layers = [
        *_marks(items, laid, axis, canvas),
        *captions(laid, canvas),
        *_key(entries, laid, canvas),
    ]
    return spec_of(source.figure, canvas, layers, box=laid.box)


def _item(
    row: Row, roles: tuple[str, str, str], ends: tuple[str, str], source: Source, canvas: Canvas
) -> Item:
    """The share of the target with its words; without a target the share is zero and unsaid."""
    label, value, target = roles
    used, whole = number(row, value) or 0.0, number(row, target)
    known = whole is not None and whole > 0
    scale = magnitude([used, whole or 0.0], canvas.lang)
    unit = _unit(row, scale, source, canvas)
    share = used / whole if known and whole is not None else 0.0
    amount = _amount(used, scale, source)
    name = canvas.word(row, label) + (" ◆" if share > 1 else "")
    if known and whole is not None:
        both, said = f"{amount} / {_amount(whole, scale, source)}", printed(share, ".0%")
        text = _fitting(name, (f"{both}{unit} · {said}", f"{both} · {said}", said), canvas)
    else:
        text = f"{amount}{unit} · {NO_TARGET[canvas.lang]}"
    low, high = (
        v / whole if known and whole is not None and (v := number(row, end)) is not None else None
        for end in ends
    )
    return Item(name, share, text, low, high, other=1.0 if known else None)


def _fitting(name: str, texts: Sequence[str], canvas: Canvas) -> str:
    """On a phone the longest words that stand beside the name on one line, else the first."""
    if not canvas.narrow:
        return texts[0]
    room = canvas.width - 24 - text_width(name, canvas.theme.label)
    return next((t for t in texts if text_width(t, canvas.theme.small) <= room), texts[-1])


def _amount(value: float, scale: Magnitude, source: Source) -> str:
    shown = value / scale.divisor
    digits = 0 if abs(shown) >= 1000 else 1 if abs(shown) >= 10 else 2
    return printed(shown, str(source.option("format", "")) or scale.form(f",.{digits}f"))


def _unit(row: Row, scale: Magnitude, source: Source, canvas: Canvas) -> str:
    code = str(row.get("unit") or source.unit() or "")
    known = canvas.names.get(f"unit:{code}")
    unit = "" if code in ("", "1") else known[canvas.lang] if known else code
    joint = "" if canvas.lang == "zh" else " "
    word = joint.join(w for w in (scale.word, unit) if w)
    return f" {word}" if word else ""


def _marks(items: Sequence[Item], laid: Rows, axis: Spec, canvas: Canvas) -> list[Spec]:
    """The track up to the target, what is used, what lies beyond, the interval, the tick."""
    colour = canvas.theme.colour
    rects: list[Spec] = []
    ticks: list[Spec] = []
    spans: list[Spec] = []
    for n, item in enumerate(items):
        y = laid.y(n)

        def rect(start: float, stop: float, half: float, fill: str, y: float = y) -> None:
            rects.append({"value": start, "stop": stop, "y": y - half, "y2": y + half,
                          "colour": fill})  # fmt: skip

        if item.other is None:
            continue
        rect(0.0, 1.0, _TRACK, colour["rule"])
        rect(0.0, min(item.value, 1.0), _BAR, colour["accent"])
        if item.value > 1:
            rect(1.0, item.value, _BAR, colour["second"])
        ticks.append({"value": 1.0, "y": y - _TICK, "y2": y + _TICK})
        if item.low is not None and item.high is not None:
            spans.append({"value": item.low, "stop": item.high, "y": y})
    across: Spec = {"x": axis | {"field": "value"}, "x2": {"field": "stop"}, "y": px("y")}
    up: Spec = {"x": axis | {"field": "value"}, "y": px("y"), "y2": {"field": "y2"}}
    out = [layer({"type": "rect"}, rects, across | {"y2": {"field": "y2"},
                                                     "color": paint("colour")})]  # fmt: skip
    if spans:
        out += [
            layer({"type": "rule", "strokeWidth": 4, "color": colour["paper"]}, spans, across),
            layer({"type": "rule", "strokeWidth": 1.75, "color": colour["ink"]}, spans, across),
        ]
    out.append(layer({"type": "rule", "strokeWidth": 2.5, "color": colour["ink"]}, ticks, up))
    return out


@dataclass(frozen=True, slots=True)
class _Entry:
    """One sample of the key with its place: px from the left, and its line."""

    word: str
    colour: str
    half: float
    tick: bool
    x: float
    line: int

    @property
    def indent(self) -> float:
        """From the sample to its word."""
        return 13.0 if self.tick else 19.0


def _entries(items: Sequence[Item], canvas: Canvas) -> list[_Entry]:
    """Samples of what occurs, as many on a line as fit."""
    colour, lang = canvas.theme.colour, canvas.lang
    found = [(USED[lang], colour["accent"], _BAR, False)]
    if any(i.value > 1 for i in items):
        found.append((f"{OVER[lang]} ◆", colour["second"], _BAR, False))
    found.append((TICK[lang], colour["ink"], 7.0, True))
    if any(i.low is not None and i.high is not None for i in items):
        found.append((SPAN[lang], colour["ink"], 0.9, False))
    entries = [_Entry(*one, 0.0, 0) for one in found]
    small = canvas.theme.small
    widths = (e.indent + text_width(e.word, small) + 14 for e in entries)
    places = running(widths, canvas.width - 10 + 14)
    return [replace(e, x=x, line=line) for e, (x, line) in zip(entries, places, strict=True)]


def _lines(entries: Sequence[_Entry]) -> int:
    return entries[-1].line + 1


def _key(entries: Sequence[_Entry], laid: Rows, canvas: Canvas) -> list[Spec]:
    """The samples above the axis."""
    rects: list[Spec] = []
    texts: list[Spec] = []
    for e in entries:
        x, y = 4.0 - laid.box.left + e.x, -laid.box.top + 10.0 + _LINE * e.line
        wide = (5.0, 7.5) if e.tick else (0.0, 14.0)
        rects.append({"x": x + wide[0], "x2": x + wide[1], "y": y - e.half, "y2": y + e.half,
                      "colour": e.colour})  # fmt: skip
        texts.append({"x": x + e.indent, "y": y, "text": e.word})
    span: Spec = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}
    return [
        layer({"type": "rect"}, rects, span | {"color": paint("colour")}),
        words(texts, align="left", size=canvas.theme.small),
    ]
