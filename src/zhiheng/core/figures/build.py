"""From a figure, its tables and a canvas to one Vega-Lite spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from zhiheng.core.errors import unknown_name
from zhiheng.core.figures.canvas import Canvas, Source, Spec, Tile
from zhiheng.core.figures.class_grid import class_grid
from zhiheng.core.figures.cost_curve import cost_curve
from zhiheng.core.figures.curve import curve
from zhiheng.core.figures.fan import fan
from zhiheng.core.figures.gauge import gauge
from zhiheng.core.figures.graph import graph
from zhiheng.core.figures.grids import heatmap, tilemap
from zhiheng.core.figures.hasse import hasse
from zhiheng.core.figures.histogram import histogram
from zhiheng.core.figures.lever_board import lever_board
from zhiheng.core.figures.parts import parts
from zhiheng.core.figures.rows import bar, dumbbell, interval, rank_interval, waterfall
from zhiheng.core.figures.sankey import sankey
from zhiheng.core.figures.scatter import scatter
from zhiheng.core.figures.specification_curve import specification_curve
from zhiheng.core.figures.surface import contour, ridgeline
from zhiheng.core.figures.theme import Theme
from zhiheng.core.figures.time import line, stack
from zhiheng.core.figures.wedge import wedge
from zhiheng.core.result import Figure, Table
from zhiheng.core.text import Lang, Text

KINDS: Mapping[str, Callable[[Source, Canvas], Spec]] = {
    "rank_interval": rank_interval,
    "interval": interval,
    "dumbbell": dumbbell,
    "bar": bar,
    "waterfall": waterfall,
    "stack": stack,
    "line": line,
    "heatmap": heatmap,
    "class_grid": class_grid,
    "tilemap": tilemap,
    "scatter": scatter,
    "graph": graph,
    "hasse": hasse,
    "histogram": histogram,
    "parts": parts,
    "ridgeline": ridgeline,
    "contour": contour,
    "curve": curve,
    "cost_curve": cost_curve,
    "specification_curve": specification_curve,
    "sankey": sankey,
    "fan": fan,
    "wedge": wedge,
    "gauge": gauge,
    "lever_board": lever_board,
}
"""The kinds of figure that a method may return."""


def build(
    figure: Figure,
    tables: Mapping[str, Table],
    *,
    lang: Lang,
    width: int,
    theme: Mapping[str, Any],
    names: Mapping[str, Text] | None = None,
    tiles: Mapping[str, Tile] | None = None,
) -> Spec:
    """Make the Vega-Lite spec of a figure, with its rows inlined.

    Parameters
    ----------
    figure : Figure
    tables : mapping of str to Table
        The tables of the result that the figure belongs to.
    lang : {"zh", "en"}
    width : int
        Whole width in px, from 320 up; below 520 long words go above their row.
    theme : mapping
        Type scale and colours (catalog ``theme.toml``).
    names : mapping of str to Text, optional
        Printed words for codes, indicators and columns.
    tiles : mapping of str to Tile, optional
        Places on the tile map, needed by that kind only.

    Returns
    -------
    dict
        A complete spec. Sizes are fixed: the drawing is exactly `width` px wide.

    Raises
    ------
    ZhihengError
        R810 for a column or table that the result does not hold, R811 for an
        unknown kind.
    """
    if figure.kind not in KINDS:
        raise unknown_name("R811", figure.kind, KINDS, kind=Text("图形种类", "kind of figure"))
    canvas = Canvas(lang, width, Theme.of(theme), names or {}, tiles or {})
    return KINDS[figure.kind](Source(figure, tables), canvas)
