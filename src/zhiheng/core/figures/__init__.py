"""Figures as Vega-Lite specs: one builder, one theme, every medium.

A method returns `Figure(kind, table, encodings)`; `build` makes the spec with
the rows of the result's table inlined. The same spec is drawn as SVG in the
page and as PNG or SVG in documents. Words, units and places come from the
caller (catalog data); nothing here reads a file.

Encodings by kind (every column has the default shown)::

    all            where {column: value|"last"|"first"}, format, title options
    rank_interval  label=entity value=rank low=rank_low high=rank_high
    interval       label=term value=estimate low=ci_low high=ci_high reference=0
    dumbbell       label=indicator value=nominal other=effective
    bar            label=entity value=value sort colour reference top
    waterfall      label=factor value=effect
    stack, line    x=period, parts=[columns] or colour=column + value=column; line, low, high
    heatmap        row=from_class column=to_class value=probability count
    tilemap        label=entity value=score, or category + order; the caller gives the tiles
    ridgeline      row=period x=value value=density; low, high, reference, own_scale
    contour        x=from_value y=to_value value=density
    curve          x, value, colour=one line each, low, high, reference, marks=[x …], x_name, most
    scatter        x, y, label=entity colour=class column, fit, quadrants, share, path
    specification_curve  drawn specifications; choices=table of choices, reference
    hasse          table of pairs (better, worse, next); nodes=table with entity and level
    parts          label=entity part=step value=share; sort_by {table, column}
    sankey         table of flows (source, target, value); colour=column, y_title
    fan            x=period low inner_low=q25 middle=median inner_high=q75 high; panel=plots of
                   their own scale, colour=scenario, rule=true at marked years, observed=history;
                   inner=0.5 outer=0.9 for the key, zero=true to hold the zero
    wedge          x=period value=value colour=group; scenario=group at the bottom, total=column
    gauge          label value target; low, high
    lever_board    label level low high level_unit=lever_unit; effect, grade, effect_title,
                   effect_unit
    graph          table of edges (from, to, status, sign); nodes=table name or list
"""

from __future__ import annotations

from zhiheng.core.figures.build import KINDS, build
from zhiheng.core.figures.canvas import Canvas, Tile
from zhiheng.core.figures.theme import Theme

__all__ = ["KINDS", "Canvas", "Theme", "Tile", "build"]
