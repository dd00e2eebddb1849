"""One variable with its neighbours, period by period, for statistics of space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.spatial import Islands, weights_for
from zhiheng.catalog.spatial_notes import weight_notes
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.spatial import SpatialWeights
from zhiheng.core.text import Text
from zhiheng.diagnose.variable import Gaps, read_variable
from zhiheng.kernels.links import Links

Array = NDArray[np.float64]

FEWEST = 4
"""Units that variances under randomisation need: they divide by n - 3."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One period: the units observed in it and the weights among them.

    Attributes
    ----------
    x : ndarray, shape (units,)
    y : ndarray or None
        The second variable, of a bivariate statistic.
    links, binary : Links
        Standardised weights, and one for each pair of neighbours.
    """

    period: int
    entities: tuple[str, ...]
    x: Array
    y: Array | None
    links: Links
    binary: Links


@dataclass(frozen=True, slots=True)
class SpatialData:
    """All periods, in order; entities in the order of their ids, so that draws do not depend."""

    panel: Panel
    weights: SpatialWeights
    slices: tuple[Slice, ...]
    unit: str
    series: tuple[str, ...]
    notes: tuple[Note, ...]


def read_spatial(
    panel: Panel,
    variable: str,
    spatial: str | SpatialWeights,
    *,
    other: str | None = None,
    islands: Islands,
    gaps: Gaps,
) -> SpatialData:
    """Read the variable and its weights.

    Raises
    ------
    ZhihengError
        M800 gaps, M865–M867 the weights, M869 a variable without variation in a
        period, M881 fewer than four units.
    """
    ordered = panel.select(entities=sorted(panel.entities))
    weights, inside = weights_for(ordered, spatial, islands=islands)
    first = read_variable(inside, variable, gaps=gaps)
    second = read_variable(inside, other, gaps=gaps) if other else None
    mask = first.mask if second is None else first.mask & second.mask
    slices = []
    lost: list[Row] = []
    for t, period in enumerate(inside.periods):
        if not mask[:, t].any():
            continue
        seen = [e for e, known in zip(inside.entities, mask[:, t], strict=True) if known]
        here, kept = weights_for(
            inside.select(entities=seen), weights if len(seen) == len(inside.entities)
            else weights.select(seen), islands=islands,
        )  # fmt: skip
        lost += [{"entity": e, "period": period} for e in seen if e not in set(kept.entities)]
        at = [inside.entities.index(e) for e in kept.entities]
        y = None if second is None else second.values[at, t]
        slices.append(_slice(period, kept.entities, first.values[at, t], y, here))
    _refuse(inside, slices, variable, other)
    series = first.series if second is None else tuple(sorted({*first.series, *second.series}))
    notes = [*first.notes, *(second.notes if second else ())]
    notes += weight_notes(weights, panel, inside)
    notes += [_new_islands(lost)] if lost else []
    return SpatialData(inside, weights, tuple(slices), first.unit, series, tuple(notes))


def _slice(
    period: int, entities: tuple[str, ...], x: Array, y: Array | None, weights: SpatialWeights
) -> Slice:
    ones = np.ones(len(weights.given))
    return Slice(
        period,
        entities,
        x,
        y,
        Links(weights.starts, weights.columns, weights.values),
        Links(weights.starts, weights.columns, ones),
    )


def _refuse(panel: Panel, slices: list[Slice], variable: str, other: str | None) -> None:
    few: list[Row] = [{"period": s.period, "units": len(s.x)} for s in slices if len(s.x) < FEWEST]
    if few or not slices:
        raise ZhihengError(
            "M881",
            Text(
                "空间统计至少要 {n} 个有邻居的地区。",
                "Statistics of space need {n} entities with neighbours.",
            ).format(n=FEWEST),
            evidence=few or [{"units": len(panel.entities), "observed": 0}],
            fix=Text("放宽地区或时期的选择。", "Select more entities or other periods."),
        )
    flat: list[Row] = [
        {"period": s.period, "variable": name, "value": float(values[0])}
        for s in slices
        for name, values in ((variable, s.x), (other, s.y))
        if values is not None and np.ptp(values) <= 1e-12 * np.abs(values).max()
    ]
    if flat:
        raise ZhihengError(
            "M869",
            Text(
                "变量在某些时期里各地取值相同，没有可比的差异。",
                "The variable is the same everywhere in some period: nothing to compare.",
            ),
            evidence=flat,
            fix=Text("去掉这些时期，或换一个变量。", "Leave out these periods, or take another."),
        )


def _new_islands(rows: list[Row]) -> Note:
    shown = ", ".join(f"{r['entity']}/{r['period']}" for r in rows[:8])
    return Note(
        Text(
            "去掉缺失的邻居后没有邻居的 {n} 个单元格也不参与：{s}",
            "{n} cells whose neighbours are all missing take no part either: {s}",
        ).format(n=len(rows), s=shown + ("…" if len(rows) > 8 else "")),
        level="caution",
        code="M882",
    )
