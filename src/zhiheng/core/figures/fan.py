"""Fans: a middle path and two nested intervals over the years, side by side where units differ."""

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
from zhiheng.core.figures.layout import decimals, nice_bounds, running, text_width
from zhiheng.core.text import Text

_HEAD = 24  # px above a panel for its title
_FOOT = 24  # px below it for the years
_GUTTER = 18
_LINE = 18  # px of one line of the key
_TALL, _LOW = 250, 170  # px of a panel that stands alone, and of one among several
_DASHES: tuple[tuple[int, ...], ...] = ((), (7, 3), (2, 2), (9, 3, 2, 3))
_OUTER, _INNER = 0.16, 0.32  # opacities of the two intervals

MIDDLE = Text("中位数", "Median")
INTERVAL = Text("{p} 区间", "{p} interval")
OBSERVED = Text("实际值", "Observed")


@dataclass(frozen=True, slots=True)
class _Roles:
    """The columns of a fan."""

    x: str
    low: str
    inner_low: str
    middle: str
    inner_high: str
    high: str
    panel: str
    colour: str
    rule: str
    observed: str

    @property
    def ends(self) -> tuple[str, ...]:
        """The columns that hold values."""
        return tuple(c for c in (self.low, self.inner_low, self.middle, self.inner_high,
                                 self.high, self.observed) if c)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Panel:
    """One plot: its rows, its place in px, its scales."""

    rows: tuple[Row, ...]
    title: str
    left: float
    top: float
    width: float
    height: float
    years: tuple[float, float]
    bounds: tuple[float, float, float]
    scale: Magnitude
    ticks: tuple[tuple[float, str], ...]

    def x(self, year: float) -> float:
        """The px of a year."""
        first, last = self.years
        return self.left + 4 + (self.width - 8) * (year - first) / ((last - first) or 1.0)

    def y(self, value: float) -> float:
        """The px of a value."""
        low, high, _ = self.bounds
        return self.top + self.height * (high - value / self.scale.divisor) / (high - low)


def fan(source: Source, canvas: Canvas) -> Spec:
    """A line for the middle, a dark band for the inner interval, a light one for the outer.

    `panel` sets plots with scales of their own side by side; `colour` tells scenarios apart
    (by dash as well); `rule` is true where a dashed line marks a year; `observed` is history.
    """
    roles = _roles(source)
    scenarios = _groups(source.rows, roles.colour, canvas)
    entries = _entries(source, roles, scenarios, canvas)
    key = _key_places([e.word for e in entries], canvas)
    head = _LINE * (key[-1][1] + 1) + 6 if key else 4
    panels, height = _panels(source, roles, canvas)
    box = Box(4, 4, head, 4, canvas.width - 8, int(height))
    layers: list[Spec] = []
    for panel in panels:
        layers += _frame(panel, roles, canvas)
        for n, code in enumerate(scenarios):
            rows = [r for r in panel.rows if not roles.colour or str(r[roles.colour]) == code]
            layers += _bands(panel, rows, roles, canvas.theme.lines[n % 6], _DASHES[n % 4])
        layers += _history(panel, roles, canvas)
    return spec_of(source.figure, canvas, [*layers, *_key(entries, key, box, canvas)], box=box)


def _roles(source: Source) -> _Roles:
    return _Roles(
        source.column("x", "period"), source.column("low", "low"),
        source.maybe("inner_low", "q25"), source.column("middle", "median"),
        source.maybe("inner_high", "q75"), source.column("high", "high"),
        source.maybe("panel"), source.maybe("colour"), source.maybe("rule"),
        source.maybe("observed"),
    )  # fmt: skip


def _groups(rows: Sequence[Row], column: str, canvas: Canvas) -> dict[str, str]:
    if not column:
        return {"": ""}
    return {str(row[column]): canvas.word(row, column) for row in rows}


def _panels(source: Source, roles: _Roles, canvas: Canvas) -> tuple[list[_Panel], float]:
    """Plots in two columns, on a phone in one; all share the years."""
    groups: dict[str, list[Row]] = {}
    for row in source.rows:
        groups.setdefault(str(row[roles.panel]) if roles.panel else "", []).append(row)
    abreast = 1 if canvas.narrow or len(groups) == 1 else 2
    tall = _TALL if len(groups) == 1 else _LOW
    years = source.numbers(roles.x)
    span = (min(years, default=0.0), max(years, default=1.0))
    column = (canvas.width - 8 - _GUTTER * (abreast - 1)) / abreast
    lefts = [_scales(rows, roles, source, canvas) for rows in groups.values()]
    gutter = max((int(max(text_width(t, canvas.theme.small) for _, t in ticks)) + 8
                  for _, _, ticks, _ in lefts), default=8)  # fmt: skip
    out: list[_Panel] = []
    for n, (rows, (scale, bounds, ticks, title)) in enumerate(
        zip(groups.values(), lefts, strict=True)
    ):
        left = (n % abreast) * (column + _GUTTER) + gutter
        top = (n // abreast) * (tall + _HEAD + _FOOT) + _HEAD
        out.append(_Panel(tuple(rows), title, left, top, column - gutter, tall, span, bounds,
                          scale, ticks))  # fmt: skip
    return out, -(-len(groups) // abreast) * (tall + _HEAD + _FOOT)


def _scales(
    rows: Sequence[Row], roles: _Roles, source: Source, canvas: Canvas
) -> tuple[Magnitude, tuple[float, float, float], tuple[tuple[float, str], ...], str]:
    """Power of ten, bounds, printed ticks and title of one plot."""
    values = [v for row in rows for c in roles.ends if (v := number(row, c)) is not None]
    scale = magnitude(values, canvas.lang)
    shown = [v / scale.divisor for v in values]
    if source.option("zero", default=False):
        shown.append(0.0)
    bounds = nice_bounds(min(shown, default=0.0), max(shown, default=1.0), 4)
    low, high, step = bounds
    places = [low + i * step for i in range(round((high - low) / step) + 1)]
    digits = max(0, *(decimals(step * k) for k in (1, 2)))
    form = str(source.option("axis_format", "")) or f",.{digits}f"
    ticks = tuple((p, printed(0.0 if abs(p) < step * 1e-6 else p, form)) for p in places)
    units = {str(row["unit"]) for row in rows if row.get("unit")}
    unit = units.pop() if len(units) == 1 else source.unit()
    name = canvas.word(rows[0], roles.panel) if roles.panel else _named(source, canvas)
    return scale, bounds, ticks, measured(canvas, name, scale, unit)


def _named(source: Source, canvas: Canvas) -> str:
    named = str(source.option("y_title", ""))
    return canvas.name(named) if named in canvas.names else named


_SPAN: Spec = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}


def _frame(panel: _Panel, roles: _Roles, canvas: Canvas) -> list[Spec]:
    """Value rules with numbers, years below, the title above, dashed lines at marked years."""
    theme = canvas.theme
    colour = theme.colour
    level = {t: panel.y(t * panel.scale.divisor) for t, _ in panel.ticks}
    rules = [{"x": panel.left, "x2": panel.left + panel.width, "y": y, "y2": y,
              "colour": colour["ink" if t == 0 else "rule"]} for t, y in level.items()]  # fmt: skip
    numbers = [{"x": panel.left - 6, "y": level[t], "text": text} for t, text in panel.ticks]
    marked = sorted({v for r in panel.rows if roles.rule and r.get(roles.rule) is True
                     and (v := number(r, roles.x)) is not None})  # fmt: skip
    years = _years(panel, marked, canvas)
    said = {f"{year:.0f}" for year in marked}
    below = [
        {"x": x, "y": panel.top + panel.height + 12, "text": text,
         "colour": colour["ink" if text in said else "muted"]}
        for x, text in years
    ]  # fmt: skip
    head = [{"x": panel.left, "y": panel.top - 14, "text": panel.title}]
    lines = [{"x": panel.x(v), "x2": panel.x(v), "y": panel.top - 4,
              "y2": panel.top + panel.height} for v in marked]  # fmt: skip
    dash = {"type": "rule", "strokeDash": [4, 3], "strokeWidth": 1, "color": colour["muted"]}
    out = [
        layer({"type": "rule", "strokeWidth": 1}, rules, _SPAN | {"color": paint("colour")}),
        words(numbers, align="right", size=theme.small, color=colour["muted"]),
        words(below, align="center", size=theme.small),
    ]
    out += [words(head, align="left", size=theme.small, color=colour["ink"])] if panel.title else []
    return [*out, layer(dash, lines, _SPAN)] if lines else out


def _years(panel: _Panel, marked: Sequence[float], canvas: Canvas) -> list[tuple[float, str]]:
    """Marked years first, then round ones that keep clear of them."""
    first, last = panel.years
    need = text_width("2000", canvas.theme.small) + 8
    step = next((s for s in (1, 2, 5, 10, 20, 50, 100)
                 if panel.width * s / ((last - first) or 1.0) >= need), 100)  # fmt: skip
    rounds = [y for y in range(int(first), int(last) + 1) if y % step == 0]
    found: list[tuple[float, str]] = []
    for year in [*marked, *rounds, first]:
        x = panel.x(year)
        if all(abs(x - other) >= need for other, _ in found):
            edge = need / 2 - 4
            kept = min(max(x, panel.left + edge - 8), panel.left + panel.width - edge + 4)
            found.append((kept, f"{year:.0f}"))
    return found


def _points(panel: _Panel, rows: Sequence[Row], x: str, y: str, y2: str = "") -> list[Spec]:
    out: list[Spec] = []
    for row in sorted(rows, key=lambda r: number(r, x) or 0.0):
        at, a, b = number(row, x), number(row, y), number(row, y2 or y)
        if at is not None and a is not None and b is not None:
            out.append({"x": panel.x(at), "y": panel.y(a), "y2": panel.y(b)})
    return out


def _bands(
    panel: _Panel, rows: Sequence[Row], roles: _Roles, colour: str, dash: tuple[int, ...]
) -> list[Spec]:
    out: list[Spec] = []
    area: Spec = {"x": px("x"), "y": px("y"), "y2": {"field": "y2"}}
    pairs = ((roles.low, roles.high, _OUTER), (roles.inner_low, roles.inner_high, _INNER))
    for low, high, opacity in pairs:
        values = _points(panel, rows, roles.x, low, high) if low and high else []
        if values:
            out.append(layer({"type": "area", "color": colour, "opacity": opacity}, values, area))
    middle = _points(panel, rows, roles.x, roles.middle)
    mark = {"type": "line", "color": colour, "strokeWidth": 2, "strokeDash": list(dash)}
    line = {"x": px("x"), "y": px("y"), "order": {"field": "x"}}
    return [*out, layer(mark, middle, line)] if middle else out


def _history(panel: _Panel, roles: _Roles, canvas: Canvas) -> list[Spec]:
    values = _points(panel, panel.rows, roles.x, roles.observed) if roles.observed else []
    values = list({v["x"]: v for v in values}.values())  # scenarios repeat the same history
    mark = {"type": "line", "color": canvas.theme.colour["ink"], "strokeWidth": 1.75}
    encoding = {"x": px("x"), "y": px("y"), "order": {"field": "x"}}
    return [layer(mark, values, encoding)] if values else []


@dataclass(frozen=True, slots=True)
class _Entry:
    """One sample of the key: its word, a line or a band."""

    word: str
    colour: str
    opacity: float = 1.0
    dash: tuple[int, ...] = ()
    band: bool = False


def _entries(
    source: Source, roles: _Roles, scenarios: dict[str, str], canvas: Canvas
) -> list[_Entry]:
    theme, lang = canvas.theme, canvas.lang
    out: list[_Entry] = []
    if roles.observed and source.numbers(roles.observed):
        out.append(_Entry(OBSERVED[lang], theme.colour["ink"]))
    for n, name in enumerate(scenarios.values()):
        out.append(_Entry(name or MIDDLE[lang], theme.lines[n % 6], 1.0, _DASHES[n % 4]))
    colour = theme.lines[0] if len(scenarios) == 1 else theme.colour["muted"]
    for role, given, opacity in (("inner", 0.5, _OUTER + _INNER), ("outer", 0.9, _OUTER)):
        if role == "inner" and not roles.inner_low:
            continue
        share = source.option(role, given)
        level = f"{float(share):.0%}" if isinstance(share, int | float) else ""
        out.append(_Entry(INTERVAL.format(p=level)[lang], colour, opacity, (), True))
    return out


def _key_places(names: Sequence[str], canvas: Canvas) -> list[tuple[float, int]]:
    small = canvas.theme.small
    return running((24 + text_width(n, small) + 16 for n in names), canvas.width - 8 + 16)


def _key(
    entries: Sequence[_Entry], places: Sequence[tuple[float, int]], box: Box, canvas: Canvas
) -> list[Spec]:
    out: list[Spec] = []
    texts: list[Spec] = []
    for entry, (x, line) in zip(entries, places, strict=True):
        y = -box.top + 9.0 + _LINE * line
        half = 5.5 if entry.band else 0.0
        mark: Spec = {"type": "rect" if entry.band else "rule", "color": entry.colour,
                      "opacity": entry.opacity}  # fmt: skip
        if not entry.band:
            mark |= {"strokeWidth": 2, "strokeDash": list(entry.dash)}
        at = {"x": x, "x2": x + 18, "y": y - half, "y2": y + half}
        out.append(layer(mark, [at], _SPAN))
        texts.append({"x": x + 24, "y": y, "text": entry.word})
    return [*out, words(texts, align="left", size=canvas.theme.small)]
