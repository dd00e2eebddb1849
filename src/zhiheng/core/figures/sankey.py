"""Flows from stage to stage as ribbons: energy from its source to its use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhiheng.core.errors import ZhihengError
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
from zhiheng.core.figures.layout import running, text_width, wrap
from zhiheng.core.figures.sankey_layout import Block, Flow, Layout, layout, stages
from zhiheng.core.text import Text

_BAR = 13.0  # px of a node's width
_POINTS = 28  # of a ribbon's edge
_TOP = 24
_EACH = 34  # px of height for each node of the fullest stage
_OPACITY = 0.5


@dataclass(frozen=True, slots=True)
class _Look:
    """Colours of flows, and the words of the key where a column gives the colours."""

    of_flow: tuple[str, ...]
    of_node: Mapping[str, str]
    key: tuple[tuple[str, str], ...]


def sankey(source: Source, canvas: Canvas) -> Spec:
    """Nodes from left to right, as high as the larger of what enters and what leaves.

    Each row of the table is a flow (`source`, `target`, `value`); rows without a value or
    with zero are not drawn. Flows carry the colour of the node they come from, or that of
    the column `colour`.
    """
    start, end = source.column("source", "source"), source.column("target", "target")
    value, colour = source.column("value", "value"), source.maybe("colour")
    flows, rows = _flows(source, start, end, value)
    scale = magnitude([f.value for f in flows], canvas.lang)
    named = {str(r[c]): canvas.word(r, c) for r in rows for c in (end, start)}
    look = _look(flows, [canvas.word(r, colour) if colour else "" for r in rows], canvas)
    tall = _height(flows, canvas)
    placed = layout(flows, height=tall, gap=15 if not canvas.narrow else 18)
    tags = _tags(placed, named, scale, canvas, canvas.width * 0.2)
    left = _side(tags, placed, 0, canvas)
    right = _side(tags, placed, placed.stages - 1, canvas)
    top = _TOP + 18 * _key_lines(look.key, canvas)
    box = Box(left, right, top, 12, canvas.width - left - right, int(tall))
    between = box.width / max(placed.stages - 1, 1) - _BAR - 14
    inner = _tags(placed, named, scale, canvas, max(between, 58.0))
    tags |= {k: t for k, t in inner.items() if 0 < placed.blocks[k].stage < placed.stages - 1}
    title = measured(canvas, _title(source, canvas, value), scale, source.unit())
    layers = [
        *_ribbons(placed, flows, look, box),
        *_bars(placed, look, box),
        *_names(tags, placed, box, canvas),
        words([{"x": 4 - left, "y": 9 - top, "text": title}], align="left",
              size=canvas.theme.small, color=canvas.theme.colour["muted"]),
        *_key(look.key, box, canvas),
    ]  # fmt: skip
    return spec_of(source.figure, canvas, layers, box=box)


def _title(source: Source, canvas: Canvas, value: str) -> str:
    named = str(source.option("y_title", "") or ("" if value == "value" else value))
    return canvas.name(named) if named in canvas.names else ""


def _flows(source: Source, start: str, end: str, value: str) -> tuple[list[Flow], list[Spec]]:
    flows: list[Flow] = []
    rows: list[Spec] = []
    for row in source.rows:
        amount = number(row, value)
        if amount is not None and amount < 0:
            raise _negative(source, f"{row[start]} → {row[end]}", amount)
        if amount:
            flows.append(Flow(str(row[start]), str(row[end]), amount))
            rows.append(dict(row))
    return flows, rows


def _negative(source: Source, flow: str, amount: float) -> ZhihengError:
    return ZhihengError(
        "R813",
        Text(
            "流图“{f}”里有负的流量：{w}。",
            'The flow figure "{f}" holds a negative flow: {w}.',
        ).format(f=source.figure.name, w=flow),
        evidence=[{"figure": source.figure.name, "flow": flow, "value": amount}],
        fix=Text(
            "把方向反过来写成正数，或查明负数的来由。",
            "Turn the flow round as a positive number, or find out why it is negative.",
        ),
        exit_code=3,
    )


def _height(flows: Sequence[Flow], canvas: Canvas) -> float:
    counts: dict[int, int] = {}
    for stage in stages(flows).values():
        counts[stage] = counts.get(stage, 0) + 1
    return float(min(max(250, _EACH * max(counts.values(), default=1)), 620))


def _look(flows: Sequence[Flow], groups: Sequence[str], canvas: Canvas) -> _Look:
    theme = canvas.theme
    colours = (theme.parts[0], theme.parts[2], theme.parts[1], theme.parts[4], *theme.lines[4:],
               theme.parts[3], theme.parts[5])  # fmt: skip
    entered = {f.target for f in flows if f.source != f.target}
    firsts = list(dict.fromkeys(f.source for f in flows if f.source not in entered))
    own = _inherited(flows, {k: colours[n % len(colours)] for n, k in enumerate(firsts)})
    grey = theme.colour["muted"]
    first = {k: own[k] for k in firsts}
    nodes = {k: first.get(k, theme.colour["total"]) for f in flows for k in (f.source, f.target)}
    if not any(groups):
        return _Look(tuple(own.get(f.source, grey) for f in flows), nodes, ())
    seen = {g: colours[n % len(colours)] for n, g in enumerate(dict.fromkeys(groups))}
    key = tuple((name, fill) for name, fill in seen.items() if name)
    nodes = dict.fromkeys(nodes, theme.colour["total"])
    return _Look(tuple(seen[g] if g else grey for g in groups), nodes, key)


def _inherited(flows: Sequence[Flow], first: Mapping[str, str]) -> dict[str, str]:
    """Colours of the first nodes, and of what is fed by nodes of one colour alone."""
    out = dict(first)
    feeding: dict[str, list[str]] = {}
    for flow in flows:
        if flow.source != flow.target:
            feeding.setdefault(flow.target, []).append(flow.source)
    for _ in feeding:  # no way is longer
        for node, sources in feeding.items():
            found = {out.get(s, "") for s in sources}
            if len(found) == 1 and "" not in found and node not in out:
                out[node] = found.pop()
    return out


def _tags(
    placed: Layout, named: Mapping[str, str], scale: Magnitude, canvas: Canvas, room: float
) -> dict[str, list[str]]:
    """The words of each node: its name and its amount, in lines of at most `room` px."""
    most = max((b.value for b in placed.blocks.values()), default=1.0) / scale.divisor
    form = ",.0f" if most >= 1000 else ",.1f" if most >= 10 else ",.2f"
    size = _size(canvas)
    out: dict[str, list[str]] = {}
    for key, block in placed.blocks.items():
        if block.passing:
            continue
        shown = block.value / scale.divisor
        amount = printed(shown, form)
        if not any(c in "123456789" for c in amount):  # small, but drawn
            amount = f"<{10.0 ** -int(form[2]):{form}}"
        one = f"{named.get(key, key)} {amount}"
        out[key] = [one] if text_width(one, size) <= room else (
            [*wrap(named.get(key, key), size, room, 2), amount]
        )  # fmt: skip
    return out


def _size(canvas: Canvas) -> int:
    return canvas.theme.tiny if canvas.narrow else canvas.theme.small


def _side(tags: Mapping[str, list[str]], placed: Layout, stage: int, canvas: Canvas) -> int:
    """Room beside the first or the last stage for its words."""
    found = [text_width(t, _size(canvas)) for k, lines in tags.items()
             if placed.blocks[k].stage == stage for t in lines]  # fmt: skip
    return int(max(found, default=0.0)) + 14


def _x(stage: int, placed: Layout, box: Box) -> float:
    """The left edge of a stage's bars."""
    return (box.width - _BAR) * stage / max(placed.stages - 1, 1)


def _ribbons(placed: Layout, flows: Sequence[Flow], look: _Look, box: Box) -> list[Spec]:
    """Closed areas between two cubic curves; thick ones first, so that thin ones stay in sight."""
    out: list[Spec] = []
    order = sorted(placed.pieces, key=lambda p: (-p.thickness, p.flow))
    for n, piece in enumerate(order):
        a, b = placed.blocks[piece.start], placed.blocks[piece.end]
        x0 = _x(a.stage, placed, box) + (_BAR if not a.passing else _BAR / 2)
        x1 = _x(b.stage, placed, box) + (0 if not b.passing else _BAR / 2)
        for i in range(_POINTS + 1):
            t = i / _POINTS
            x = _bezier_x(x0, x1, t)
            y = piece.start_top + (piece.end_top - piece.start_top) * t * t * (3 - 2 * t)
            out.append({"ribbon": n, "x": x, "y": y, "y2": y + max(piece.thickness, 0.6),
                        "colour": look.of_flow[piece.flow]})  # fmt: skip
    encoding: Spec = {
        "x": px("x"), "y": px("y"), "y2": {"field": "y2"}, "color": paint("colour"),
        "detail": {"field": "ribbon", "type": "nominal"},
    }  # fmt: skip
    return [layer({"type": "area", "opacity": _OPACITY}, out, encoding)]


def _bezier_x(x0: float, x1: float, t: float) -> float:
    """Across, of the cubic curve whose handles stand half way and level with its ends."""
    u, half = 1 - t, (x0 + x1) / 2
    return u**3 * x0 + 3 * u * u * t * half + 3 * u * t * t * half + t**3 * x1


def _bars(placed: Layout, look: _Look, box: Box) -> list[Spec]:
    values = [
        {"x": _x(b.stage, placed, box), "x2": _x(b.stage, placed, box) + _BAR, "y": b.top,
         "y2": b.top + max(b.height, 1.0), "colour": look.of_node[k]}
        for k, b in placed.blocks.items() if not b.passing
    ]  # fmt: skip
    span: Spec = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}
    return [layer({"type": "rect"}, values, span | {"color": paint("colour")})]


def _names(tags: Mapping[str, list[str]], placed: Layout, box: Box, canvas: Canvas) -> list[Spec]:
    """First stage: words at the left; last: at the right; between: beside the bar on a halo."""
    size = _size(canvas)
    sides: dict[str, list[Spec]] = {"right": [], "left": [], "inside": []}
    for stage in range(placed.stages):
        mine = [placed.blocks[k] for k in tags if placed.blocks[k].stage == stage]
        mine.sort(key=lambda b: b.middle)
        middles = _spread(mine, tags, size, box)
        for block, y in zip(mine, middles, strict=True):
            lines = tags[block.key]
            side, x = _anchor(stage, placed, box)
            for j, text in enumerate(lines):
                at = y + (j - (len(lines) - 1) / 2) * size * 1.2
                sides[side].append({"x": x, "y": at, "text": text})
    halo = canvas.theme.colour["paper"]
    out: list[Spec] = []
    if sides["inside"]:
        out.append(words(sides["inside"], align="left", size=size, stroke=halo, strokeWidth=3.5,
                         strokeJoin="round", opacity=0.85))  # fmt: skip
    for side, values in sides.items():
        if values:
            out.append(words(values, align="right" if side == "right" else "left", size=size))
    return out


def _anchor(stage: int, placed: Layout, box: Box) -> tuple[str, float]:
    x = _x(stage, placed, box)
    if stage == placed.stages - 1:
        return "left", x + _BAR + 6
    return ("right", x - 6) if stage == 0 else ("inside", x + _BAR + 5)


def _spread(
    blocks: Sequence[Block], tags: Mapping[str, list[str]], size: int, box: Box
) -> list[float]:
    """Middles of the words, moved as little as needed so that none overlap."""
    deep = [len(tags[b.key]) * size * 1.2 for b in blocks]
    out: list[float] = []
    floor = -6.0
    for block, d in zip(blocks, deep, strict=True):
        out.append(max(block.middle, floor + d / 2))
        floor = out[-1] + d / 2 + 1
    ceiling = box.height + 8.0
    for i in range(len(blocks) - 1, -1, -1):
        out[i] = min(out[i], ceiling - deep[i] / 2)
        ceiling = out[i] - deep[i] / 2 - 1
    return out


def _key_places(key: Sequence[tuple[str, str]], canvas: Canvas) -> list[tuple[float, int]]:
    small = canvas.theme.small
    return running((text_width(name, small) + 30 for name, _ in key), canvas.width - 8)


def _key_lines(key: Sequence[tuple[str, str]], canvas: Canvas) -> int:
    return _key_places(key, canvas)[-1][1] + 1 if key else 0


def _key(key: Sequence[tuple[str, str]], box: Box, canvas: Canvas) -> list[Spec]:
    if not key:
        return []
    squares: list[Spec] = []
    texts: list[Spec] = []
    for (name, fill), (x, line) in zip(key, _key_places(key, canvas), strict=True):
        left, y = x - box.left + 4, -box.top + 27 + 18 * line
        squares.append({"x": left, "x2": left + 11, "y": y - 5.5, "y2": y + 5.5, "colour": fill})
        texts.append({"x": left + 16, "y": y, "text": name})
    span: Spec = {"x": px("x"), "x2": {"field": "x2"}, "y": px("y"), "y2": {"field": "y2"}}
    return [
        layer({"type": "rect", "opacity": 0.75}, squares, span | {"color": paint("colour")}),
        words(texts, align="left", size=canvas.theme.small),
    ]
