"""A board of levers: where each stands in its range, what it does, how good the evidence is."""

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
    magnitude,
    measured,
    number,
    paint,
    printed,
    px,
    spec_of,
    words,
)
from zhiheng.core.figures.layout import text_width, wrap
from zhiheng.core.text import Text

_PITCH, _STACKED = 48.0, 58.0  # px of a row: words beside the track, and above it
_HEAD = 26
_LINE = 14
_KNOB = 6.5
_GRADE = 26.0

LEVER = Text("杠杆", "Lever")
LEVEL = Text("档位（下限至上限）", "Level (low to high)")
EFFECT = Text("作用", "Effect")
GRADE = Text("证据", "Evidence")


@dataclass(frozen=True, slots=True)
class _Lever:
    lines: tuple[str, ...]
    level: float
    low: float
    high: float
    texts: tuple[str, str, str]
    effect: float | None
    said: str
    grade: str

    @property
    def at(self) -> float:
        """The place in the range, 0 at its low end and 1 at its high end, no further."""
        whole = self.high - self.low
        return min(max((self.level - self.low) / whole, 0.0), 1.0) if whole else 0.5


@dataclass(frozen=True, slots=True)
class _Grid:
    """Columns in px: the track, the effect, the grade; rows of one height."""

    box: Box
    pitch: float
    stacked: bool
    track: tuple[float, float]
    effect: tuple[float, float]
    grade: float
    head: tuple[str, ...]

    def y(self, n: int) -> float:
        """The px of a row's marks."""
        return self.pitch * (n + (0.56 if self.stacked else 0.5))

    def band(self, n: int) -> float:
        """The px of words that stand above the marks."""
        return self.pitch * n + 12.0


def lever_board(source: Source, canvas: Canvas) -> Spec:
    """One row for each `label`: `level` between `low` and `high`, its `effect`, its `grade`.

    Each track has the scale of its own lever; a level outside its range stands at the end,
    with its own number in words. Effects share one scale.
    """
    effect, grade = source.maybe("effect"), source.maybe("grade")
    scale = magnitude(source.numbers(effect) if effect else [], canvas.lang)
    levers = [
        lever for row in source.rows
        if (lever := _lever(row, source, canvas, scale.divisor, (effect, grade))) is not None
    ]  # fmt: skip
    unit = str(source.option("effect_unit", ""))
    told = measured(canvas, _named(source, canvas), scale, unit) if effect else ""
    grid = _grid(levers, canvas, told, bool(grade))
    layers = [
        *_heads(grid, canvas, bool(grade)),
        *_lines(levers, grid, canvas),
        *_tracks(levers, grid, canvas),
        *(_effects(levers, grid, canvas) if effect else []),
        *(_grades(levers, grid, canvas) if grade else []),
    ]
    return spec_of(source.figure, canvas, layers, box=grid.box)


def _named(source: Source, canvas: Canvas) -> str:
    named = str(source.option("effect_title", ""))
    return canvas.name(named) if named in canvas.names else EFFECT[canvas.lang]


def _lever(
    row: Row, source: Source, canvas: Canvas, divisor: float, roles: tuple[str, str]
) -> _Lever | None:
    columns = (source.column("level", "level"), source.column("low", "low"),
               source.column("high", "high"))  # fmt: skip
    values = [number(row, c) for c in columns]
    level, low, high = values
    if level is None or low is None or high is None:
        return None
    label = canvas.word(row, source.column("label", "label"))
    code = str(row.get(source.maybe("level_unit", "lever_unit") or "unit") or "")
    known = canvas.names.get(f"unit:{code}")
    unit = "" if code in ("", "1") else known[canvas.lang] if known else code
    form = str(source.option("format", "")) or ",.4g"
    said = (printed(level, form) + (f" {unit}" if unit else ""), printed(low, form),
            printed(high, form))  # fmt: skip
    found = number(row, roles[0])
    effect = None if found is None else found / divisor
    most = max((abs(v) for v in source.numbers(roles[0])), default=0.0) if roles[0] else 0.0
    sign = "+" if effect else ""
    shown = printed(effect, sign + (_form(most / divisor) if effect else ".0f"))
    room = canvas.width * 0.26
    if canvas.narrow:
        room = canvas.width - 24 - text_width(said[0], canvas.theme.small)
    lines = tuple(wrap(label, canvas.theme.label, room, 1 if canvas.narrow else 2))
    return _Lever(lines, level, low, high, said, effect, shown,
                  canvas.word(row, roles[1]) if roles[1] else "")  # fmt: skip


def _form(value: float) -> str:
    return ",.0f" if abs(value) >= 1000 else ",.1f" if abs(value) >= 10 else ",.2f"


def _grid(levers: Sequence[_Lever], canvas: Canvas, effect: str, grade: bool) -> _Grid:
    width, size = canvas.width - 8.0, canvas.theme.label
    stacked = canvas.narrow
    labels = max((text_width(t, size) for lever in levers for t in lever.lines), default=40.0)
    start = 8.0 if stacked else max(labels, text_width(LEVER[canvas.lang], size)) + 18
    word = max([text_width(GRADE[canvas.lang], canvas.theme.small),
                *(text_width(x.grade, canvas.theme.small) + 10 for x in levers)])  # fmt: skip
    last = max(_GRADE, word + 2) if grade else 0.0
    free = width - start - last - (12 if grade else 0)
    share = free * (0.36 if stacked else 0.4) if effect else 0.0
    track = (start, start + free - share - (18 if effect else 8))
    pitch = _STACKED if stacked else _PITCH
    column = (track[1] + 18, track[1] + 18 + share - 6)
    head = _head(effect, canvas, column[1] - column[0] + 8) if effect else ()
    top = _HEAD + _LINE * max(len(head) - 1, 0)
    box = Box(4, 4, top, 4, int(width), int(pitch * len(levers)))
    return _Grid(box, pitch, stacked, track, column, width - last / 2, head)


_SPAN: Spec = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}


def _head(title: str, canvas: Canvas, room: float) -> tuple[str, ...]:
    """The lines of a heading; where it does not fit its unit begins a line."""
    size = canvas.theme.small
    at = max(title.find("（"), title.find(" ("))
    whole = at <= 0 or text_width(title, size) <= room
    parts = [title] if whole else [title[:at], title[at:].strip()]
    return tuple(line for part in parts for line in wrap(part, size, room, 4))


def _heads(grid: _Grid, canvas: Canvas, grade: bool) -> list[Spec]:
    size, muted = canvas.theme.small, canvas.theme.colour["muted"]
    left: list[Spec] = []
    if not grid.stacked:
        left.append({"x": 0, "y": -14, "text": LEVER[canvas.lang]})
    left.append({"x": 0 if grid.stacked else grid.track[0], "y": -14, "text": LEVEL[canvas.lang]})
    for n, text in enumerate(grid.head[::-1]):
        left.append({"x": grid.effect[0], "y": -14 - _LINE * n, "text": text})
    out = [words(left, align="left", size=size, color=muted)]
    if grade:
        last = [{"x": grid.grade, "y": -14, "text": GRADE[canvas.lang]}]
        out.append(words(last, align="center", size=size, color=muted))
    return out


def _lines(levers: Sequence[_Lever], grid: _Grid, canvas: Canvas) -> list[Spec]:
    """The names, and a hair line under each row but the last."""
    size = canvas.theme.label
    values: list[Spec] = []
    for n, lever in enumerate(levers):
        for j, text in enumerate(lever.lines[: 1 if grid.stacked else 2]):
            y = grid.band(n) if grid.stacked else (
                grid.y(n) + (j - (len(lever.lines) - 1) / 2) * size * 1.2
            )  # fmt: skip
            values.append({"x": 0, "y": y, "text": text})
    hair = [{"x": 0, "x2": grid.box.width, "y": grid.pitch * n, "y2": grid.pitch * n}
            for n in range(len(levers))]  # fmt: skip
    return [
        layer({"type": "rule", "color": canvas.theme.colour["rule"]}, hair, _SPAN),
        words(values, align="left", size=size),
    ]


def _tracks(levers: Sequence[_Lever], grid: _Grid, canvas: Canvas) -> list[Spec]:
    """The range, the part of it up to the level, the knob, its number; both ends in small."""
    theme, colour = canvas.theme, canvas.theme.colour
    a, b = grid.track
    tracks: list[Spec] = []
    done: list[Spec] = []
    knobs: list[Spec] = []
    texts: list[Spec] = []
    lows: list[Spec] = []
    highs: list[Spec] = []
    for n, lever in enumerate(levers):
        y, x = grid.y(n), a + (b - a) * lever.at
        zero = 0.0 if lever.low <= 0.0 <= lever.high else lever.low
        base = a + (b - a) * ((zero - lever.low) / (lever.high - lever.low or 1.0))
        tracks.append({"x": a, "x2": b, "y": y, "y2": y})
        done.append({"x": base, "x2": x, "y": y, "y2": y})
        knobs.append({"x": x, "y": y})
        said, low, high = lever.texts
        half = text_width(said, theme.small) / 2
        texts.append({"x": min(max(x, a + half - 4), b - half + 4), "y": y - 14, "text": said})
        lows.append({"x": a, "y": y + 13, "text": low})
        highs.append({"x": b, "y": y + 13, "text": high})
    if grid.stacked:  # the name stands above the track: the level goes to the right of that line
        texts = [{"x": grid.box.width, "y": grid.band(n), "text": lever.texts[0]}
                 for n, lever in enumerate(levers)]  # fmt: skip
    line = {"type": "rule", "strokeWidth": 5, "strokeCap": "round"}
    knob = {"type": "point", "filled": True, "size": 120, "opacity": 1, "color": colour["accent"],
            "stroke": colour["paper"], "strokeWidth": 1.5}  # fmt: skip
    small: Spec = {"size": theme.tiny, "color": colour["muted"]}
    return [
        layer(line | {"color": colour["rule"]}, tracks, _SPAN),
        layer(line | {"color": colour["accent"]}, done, _SPAN),
        layer(knob, knobs, {"x": px("x"), "y": px("y")}),
        words(texts, align="right" if grid.stacked else "center", size=theme.small),
        words(lows, align="left", **small),
        words(highs, align="right", **small),
    ]


def _effects(levers: Sequence[_Lever], grid: _Grid, canvas: Canvas) -> list[Spec]:
    """Bars from a common zero, their numbers beside them; zero stands where there is room."""
    colour, size = canvas.theme.colour, canvas.theme.small
    a, b = grid.effect
    found = [x.effect for x in levers if x.effect is not None]
    low, high = min([0.0, *found]), max([0.0, *found])
    left_of = [x for x in levers if x.effect is not None and _stands_left(x.effect, high)]
    right_of = [x for x in levers if x.effect is not None and not _stands_left(x.effect, high)]
    left = a + max((text_width(x.said, size) + 6 for x in left_of), default=0.0)
    right = b - max((text_width(x.said, size) + 6 for x in right_of), default=0.0)
    scale = max(right - left, 6.0) / ((high - low) or 1.0)
    zero = left - low * scale
    bars: list[Spec] = []
    after: list[Spec] = []
    before: list[Spec] = []
    for n, lever in enumerate(levers):
        if lever.effect is None:
            continue
        y, x = grid.y(n), zero + lever.effect * scale
        fill = colour["positive" if lever.effect >= 0 else "negative"]
        bars.append({"x": zero, "x2": x, "y": y - 6, "y2": y + 6, "colour": fill})
        on_left = _stands_left(lever.effect, high)
        side = before if on_left else after
        side.append({"x": x + (-5 if on_left else 5), "y": y, "text": lever.said})
    line = [{"x": zero, "x2": zero, "y": 0, "y2": grid.box.height}]
    if grid.stacked:
        line = [{"x": zero, "x2": zero, "y": grid.y(n) - 10, "y2": grid.y(n) + 10}
                for n in range(len(levers))]  # fmt: skip
    return [
        layer({"type": "rect"}, bars, _SPAN | {"color": paint("colour")}),
        layer({"type": "rule", "color": colour["ink"]}, line, _SPAN),
        *([words(after, align="left", size=size)] if after else []),
        *([words(before, align="right", size=size)] if before else []),
    ]


def _stands_left(effect: float, high: float) -> bool:
    """Whether the number of an effect stands left of its bar: it takes away, or none adds."""
    return effect < 0 or (effect == 0 and high == 0)


def _grades(levers: Sequence[_Lever], grid: _Grid, canvas: Canvas) -> list[Spec]:
    values = [{"x": grid.grade, "y": grid.y(n), "text": x.grade}
              for n, x in enumerate(levers) if x.grade]  # fmt: skip
    return [words(values, align="center", size=canvas.theme.small)] if values else []
