"""Wedges between two paths: what remains, and what each contribution takes away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from zhiheng.core.figures.canvas import (
    Canvas,
    Source,
    Spec,
    layer,
    magnitude,
    paint,
    px,
    spec_of,
)
from zhiheng.core.figures.time import (
    Axes,
    Path,
    axes_of,
    direct,
    drawn,
    grid,
    long,
    scaled,
    series,
    title,
)
from zhiheng.core.text import Text

TOTAL = Text("基准", "baseline")


def wedge(source: Source, canvas: Canvas) -> Spec:
    """Stacked areas: the scenario at the bottom, contributions between it and the baseline.

    Rows hold one `value` for each `x` and `colour`. The group `scenario` (the first one
    of the table by default) lies at the bottom; the upper line is the sum of all groups, or
    the column `total`. A contribution below zero is drawn below the scenario's line.
    """
    groups = long(source, canvas, source.column("x", "period"), solid=True)
    groups = _bottom_first(groups, source)
    total = _total(source, groups, canvas)
    named = [*groups, total]
    scale = magnitude([v for p in named for v in p.values.values()], canvas.lang)
    *groups, total = scaled(named, scale)
    piles = _piles(groups)
    ends = [0.0, *total.values.values(), *(e for pile in piles for ab in pile.values() for e in ab)]
    axes = axes_of([*groups, total], canvas, ends, bars=False,
                   form=str(source.option("axis_format", "")))  # fmt: skip
    axes = replace(axes, areas=True)
    layers = [
        _areas(groups, piles, axes, canvas),
        *grid(axes, canvas, title(source, canvas, scale)),
        *drawn(total, axes, canvas, dots=False),
        *direct([*groups, total], _middles(piles, total, axes), axes, canvas),
    ]
    return spec_of(source.figure, canvas, layers, box=axes.box)


def _bottom_first(groups: Sequence[Path], source: Source) -> list[Path]:
    column = source.column("colour", "group")
    wanted = str(source.option("scenario", ""))
    codes = list(dict.fromkeys(str(row[column]) for row in source.rows))
    at = codes.index(wanted) if wanted in codes else 0
    return [groups[at], *(g for i, g in enumerate(groups) if i != at)]


def _total(source: Source, groups: Sequence[Path], canvas: Canvas) -> Path:
    """The upper line: the column given, else the sum of all groups."""
    colour, column = canvas.theme.colour["ink"], source.maybe("total")
    if column:
        values = series(source, source.column("x", "period"), column)
        return Path(canvas.name(column), values, colour, (7, 3), filled=False)
    times = sorted({t for g in groups for t in g.values})
    values = {t: sum(g.values.get(t, 0.0) for g in groups) for t in times}
    return Path(TOTAL[canvas.lang], values, colour, (7, 3), filled=False)


def _piles(groups: Sequence[Path]) -> list[dict[int, tuple[float, float]]]:
    """From where to where each group reaches, by period."""
    base = groups[0].values
    up = dict(base)
    down = dict(base)
    out = [{t: (0.0, v) for t, v in base.items()}]
    for group in groups[1:]:
        mine: dict[int, tuple[float, float]] = {}
        for t, v in group.values.items():
            pile = up if v >= 0 else down
            start = pile.get(t, 0.0)
            pile[t] = start + v
            mine[t] = (start, start + v)
        out.append(mine)
    return out


def _areas(
    groups: Sequence[Path],
    piles: Sequence[dict[int, tuple[float, float]]],
    axes: Axes,
    canvas: Canvas,
) -> Spec:
    values = [
        {"part": n, "x": axes.x(t), "y": axes.y(a), "y2": axes.y(b), "colour": group.colour}
        for n, (group, pile) in enumerate(zip(groups, piles, strict=True))
        for t, (a, b) in sorted(pile.items())
    ]
    edge = canvas.theme.colour["paper"]
    mark = {"type": "area", "opacity": 0.92, "line": {"color": edge, "strokeWidth": 0.75}}
    encoding: Spec = {
        "x": px("x"), "y": px("y"), "y2": {"field": "y2"}, "color": paint("colour"),
        "detail": {"field": "part", "type": "nominal"},
    }  # fmt: skip
    return layer(mark, values, encoding)


def _middles(
    piles: Sequence[dict[int, tuple[float, float]]], total: Path, axes: Axes
) -> list[float]:
    """Where each group stands at the last period, and just above them the upper line."""
    last = axes.periods[-1]
    out = [axes.y(sum(pile.get(last, (0.0, 0.0))) / 2) for pile in piles]
    top = total.values.get(last, 0.0)
    return [*out, axes.y(top) - 10]
