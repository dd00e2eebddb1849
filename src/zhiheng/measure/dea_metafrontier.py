"""Efficiency against the frontier of one's group and of all groups, and the gap between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.entity_groups import Groups
from zhiheng.core.method import method
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Result, Table
from zhiheng.core.text import Text
from zhiheng.kernels.frontiers import by_group
from zhiheng.measure.dea_groups import few_units, frontier_groups
from zhiheng.measure.dea_metafrontier_wording import figures, notes
from zhiheng.measure.production import (
    cube_of,
    current_prices,
    in_order,
    model_of,
    names_of,
    read,
    refuse_stalled,
)

Array = NDArray[np.float64]
# Certified answers differ from the truth by 1e-9 at most, mostly by 1e-13.
ROUNDING = 1e-8


@method(zh="共同前沿与群组前沿：技术落差比（SBM 或径向）", example="regions")
def dea_metafrontier(
    panel: Panel,
    *,
    inputs: Sequence[str],
    outputs: Sequence[str],
    undesirable: Sequence[str] = (),
    groups: str | Mapping[str, str] = "zones4",
    measure: Literal["sbm", "radial"] = "sbm",
    returns: Literal["crs", "vrs"] = "crs",
    orientation: Literal["none", "input", "output"] | None = None,
    frontier: Literal["period", "pooled"] = "period",
) -> Result:
    """Hold units against the frontier of their group and of all, and measure the technology gap.

    Use it where groups of units work under conditions that they cannot choose, so that one
    frontier for all would call distance inefficiency. The technology gap ratio says how near
    the group's frontier is to that of all; it compares what groups can do, not how well they
    do it, and it needs groups with enough units: a small group calls its members efficient
    and looks backward.

    Parameters
    ----------
    panel : Panel
    inputs, outputs, undesirable : list of str
        Series or expressions with values above zero, in natural units. Undesirable outputs go
        with ``measure=sbm`` only.
    groups : str or mapping
        A catalogued grouping, or entity to group.
    measure : {"sbm", "radial"}
    returns : {"crs", "vrs"}
    orientation : {"none", "input", "output"}
        None is the default of ``sbm`` and only there allowed; output is that of ``radial``.
    frontier : {"period", "pooled"}
        Spanned by each period alone, or by all periods together (as O'Donnell et al. do).

    Raises
    ------
    ZhihengError
        M661, M662 options that do not go together, M664 a unit without any input or output,
        M665 groups that cannot be read, leave entities out or are fewer than two, M666 a
        programme without a certified answer, and the refusals of inputs and outputs that
        `dea_sbm` has.

    References
    ----------
    O'Donnell, Rao and Battese (2008) Empirical Economics 34(2): 231-255; Chiu, Liou, Wu and
    Fang (2012) Energy Economics 34(5): 1392-1399, for the two losses (recalled).
    """
    model = model_of(measure, returns, orientation, undesirable)
    panel = in_order(panel)
    named = frontier_groups(panel, groups)
    data = read(panel, inputs, outputs, undesirable, zeros=measure == "radial")
    cube, pool = cube_of(data), frontier == "pooled"
    meta = by_group(cube, model, np.zeros(len(panel.entities), dtype=np.intp), pool=pool)
    group = by_group(cube, model, named.number, pool=pool)
    refuse_stalled(panel, meta.stalled | group.stalled)
    few = few_units(data, named, len(panel.periods) if pool else 1)
    tables = {
        "scores": _scores(panel, named, meta.efficiency, group.efficiency),
        "groups": _groups(panel, named, meta.efficiency, group.efficiency),
        "group_sizes": few,
    }
    nominal = current_prices(panel, data) if pool else []
    said = notes(model, named, few, max(meta.residual, group.residual), frontier)
    return Result(
        tables,
        figures(len(panel.periods) > 1),
        (*data.notes, *nominal, *said),
        (_below(meta.efficiency, group.efficiency), _bounds(group.efficiency)),
        data.series,
    )


def _scores(panel: Panel, named: Groups, meta: Array, group: Array) -> Table:
    p = len(panel.periods)
    return Table.of(
        ("entity", "period"),
        **names_of(panel, p),
        period=np.tile(np.array(panel.periods, dtype=np.int64), len(panel.entities)),
        **named.columns(np.repeat(named.number, p)),
        meta_efficiency=meta.ravel(),
        group_efficiency=group.ravel(),
        technology_gap=(meta / group).ravel(),
        loss_technology=(group - meta).ravel(),
        loss_management=(1.0 - group).ravel(),
    )


def _groups(panel: Panel, named: Groups, meta: Array, group: Array) -> Table:
    """Arithmetic means over the units of each group and period."""
    g, p = len(named.ids), len(panel.periods)
    belongs = named.number == np.arange(g)[:, None]
    count = belongs.sum(axis=1)

    def mean(values: Array) -> Array:
        return (belongs @ values / count[:, None]).ravel()

    return Table.of(
        ("group", "period"),
        **named.columns(np.repeat(np.arange(g), p)),
        period=np.tile(np.array(panel.periods, dtype=np.int64), g),
        n=np.repeat(count, p),
        meta_efficiency=mean(meta),
        group_efficiency=mean(group),
        technology_gap=mean(meta / group),
        loss_technology=mean(group - meta),
        loss_management=mean(1.0 - group),
    )


def _below(meta: Array, group: Array) -> Check:
    return Check(
        Text(
            "共同前沿效率不高于群组效率（技术落差比不大于 1）",
            "efficiency against the metafrontier does not exceed that against the group's",
        ),
        float(np.maximum(meta - group, 0.0).max()),
        ROUNDING,
    )


def _bounds(group: Array) -> Check:
    return Check(
        Text("群组效率在 0 与 1 之间", "efficiency against the group's frontier lies in (0, 1]"),
        float(np.maximum(np.maximum(group - 1.0, -group), 0.0).max()),
        ROUNDING,
    )
