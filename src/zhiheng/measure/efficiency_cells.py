"""Efficiency of every entity in every period: the runs over frontiers, and their tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.series import all_series
from zhiheng.catalog.wording import option_word
from zhiheng.core.panel import Panel
from zhiheng.core.result import Check, Table
from zhiheng.core.text import Text
from zhiheng.kernels.dea import ON_FRONTIER, Efficiency, Quantities
from zhiheng.kernels.dea_lp import CERTIFIED, HIGHS, STATUS
from zhiheng.kernels.dea_records import INFEASIBLE, OPTIMAL, Index
from zhiheng.measure.efficiency_input import Production

Array = NDArray[np.float64]
Frontier = Literal["period", "pooled"]
Model = Callable[[Quantities, Quantities, Index], Efficiency]
"""Evaluated units, reference units, and which of the latter each of the former is."""

# Targets are rebuilt from lambdas: sums of up to a few dozen products, relative to own values.
REBUILT = 1e-8
# Shares of slack below this are rounding of a programme whose certificate allows 1e-9.
NO_SHARE = 1e-9


@dataclass(frozen=True, slots=True)
class Cells:
    """What was found for each entity (sorted) and period; the last axis of slacks is variables.

    `peers` has one row per lambda: entity, period, peer entity, peer period as positions.
    """

    score: Array
    efficient: NDArray[np.bool_]
    status: Index
    slack: Array
    target: Array
    peers: Index
    weight: Array
    primal: Array
    dual: Array
    solver: Index


def run(data: Production, frontier: Frontier, model: Model) -> Cells:
    """Hold every cell against the frontier of its period, or against that of all periods."""
    e, t = len(data.entities), len(data.periods)
    if frontier == "pooled":
        every = data.pooled()
        found = [model(every, every, np.arange(e * t))]
        groups = [np.arange(e * t)]
    else:
        found = [model(data.at(p), data.at(p), np.arange(e)) for p in range(t)]
        groups = [np.arange(e) + p * e for p in range(t)]
    return _gather(found, groups, (e, t, len(data.names)))


def _gather(
    found: list[Efficiency], groups: list[NDArray[np.intp]], shape: tuple[int, int, int]
) -> Cells:
    """Put the answers of one or more frontiers back on the grid."""
    e, t, q = shape

    def grid(name: str) -> NDArray[np.generic]:
        flat = np.concatenate([getattr(one, name) for one in found])
        return flat.reshape(t, e).T

    def cube(name: str) -> Array:
        flat = np.concatenate([getattr(one, name).stacked for one in found])
        return flat.reshape(t, e, q).swapaxes(0, 1)

    unit = np.concatenate([g[one.unit] for one, g in zip(found, groups, strict=True)])
    peer = np.concatenate([g[one.peer] for one, g in zip(found, groups, strict=True)])
    return Cells(
        score=grid("score").astype(np.float64),
        efficient=grid("efficient").astype(np.bool_),
        status=grid("status").astype(np.int64),
        slack=cube("slack"),
        target=cube("target"),
        peers=np.column_stack([unit % e, unit // e, peer % e, peer // e]).astype(np.int64),
        weight=np.concatenate([one.weight for one in found]),
        primal=grid("primal_residual").astype(np.float64),
        dual=grid("dual_residual").astype(np.float64),
        solver=grid("solver").astype(np.int64),
    )


def rank_within_periods(score: Array) -> Array:
    """Place of each score in its period, the highest first; equal ones share, NaN has none."""
    above = score[None, :, :] > score[:, None, :] + ON_FRONTIER
    return np.where(np.isnan(score), np.nan, 1.0 + above.sum(axis=1))


def _written(data: Production) -> tuple[Index, Index]:
    """Positions of entity and period of every cell, in the order of the panel."""
    e, t = len(data.entities), len(data.periods)
    return np.repeat(data.shown, t), np.tile(np.arange(t), e)


def places(panel: Panel, data: Production, e: Index, t: Index) -> dict[str, object]:
    """Columns that identify cells given by positions."""
    names = [panel.name(code) for code in data.entities]
    return {
        "entity": [data.entities[i] for i in e],
        "name_zh": [names[i].zh for i in e],
        "name_en": [names[i].en for i in e],
        "period": np.array(data.periods, dtype=np.int64)[t],
    }


def score_table(
    panel: Panel, data: Production, cells: Cells, *, scored: bool = True, **more: Array
) -> Table:
    """Scores, ranks within periods, who is efficient, and the state of the programme.

    `more` are columns of shape (entities, periods) that stand before the score; without
    `scored` the score only gives the ranks and is not shown.
    """
    e, t = _written(data)
    words = [option_word("dea_status", STATUS[s]) for s in cells.status[e, t]]
    return Table.of(
        ("entity", "period"),
        **places(panel, data, e, t),
        **{name: values[e, t] for name, values in more.items()},
        **({"score": cells.score[e, t]} if scored else {}),
        rank=_whole(rank_within_periods(cells.score)[e, t]),
        efficient=cells.efficient[e, t].astype(np.int64),
        status=[STATUS[s] for s in cells.status[e, t]],
        status_word_zh=[w.zh for w in words],
        status_word_en=[w.en for w in words],
    )


def slack_table(panel: Panel, data: Production, cells: Cells) -> Table:
    """Value, target and slack of every variable of every cell, in natural units.

    The gap is the whole way to the target; the slack is what the score (of a radial or
    directional model) does not see. In a slacks-based model they are the same.
    """
    gap = _gaps(data, cells)
    q = len(data.names)
    e, t = (np.repeat(x, q) for x in _written(data))
    v = np.tile(np.arange(q), len(data.entities) * len(data.periods))
    return Table.of(
        ("entity", "period", "variable"),
        **places(panel, data, e, t),
        **_variables(panel, data, v),
        unit=[data.units[i] for i in v],
        value=data.values[e, t, v],
        target=cells.target[e, t, v],
        gap=gap[e, t, v],
        gap_share=_shares(data, gap)[e, t, v],
        slack=_clear(cells.slack, data)[e, t, v],
    )


def _gaps(data: Production, cells: Cells) -> Array:
    """What each cell has too much of inputs and undesirable outputs, or too little of outputs."""
    sign = np.where(np.array(data.roles) == "output", -1.0, 1.0)
    return _clear(sign * (data.values - cells.target), data)


def _clear(amount: Array, data: Production) -> Array:
    """Amounts of less than a billionth of the cell's value are rounding, and written as zero."""
    return np.where(np.abs(amount) <= NO_SHARE * data.values, 0.0, amount)


def _shares(data: Production, gap: Array) -> Array:
    """Gaps as shares of the cell's own value; none where that is zero."""
    return np.where(data.values > 0, gap / np.where(data.values > 0, data.values, 1.0), np.nan)


def mean_slack_table(panel: Panel, data: Production, cells: Cells) -> Table:
    """The mean over entities of the share by which each variable misses its target.

    The room that a super-efficient unit has counts as no gap.
    """
    share = np.maximum(_shares(data, _gaps(data, cells)), 0.0)
    known = np.isfinite(share)
    count = known.sum(axis=0)
    total = np.where(known, share, 0.0).sum(axis=0)
    mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    t, v = (x.ravel() for x in np.indices(mean.shape))
    return Table.of(
        ("period", "variable"),
        period=np.array(data.periods, dtype=np.int64)[t],
        **_variables(panel, data, v),
        gap_share=mean.ravel(),
        n=count.ravel(),
    )


def peer_table(panel: Panel, data: Production, cells: Cells) -> Table:
    """Whom each cell is held against, and with which lambda."""
    place = np.argsort(data.shown)
    unit, period, peer, other = cells.peers.T
    rows = np.lexsort((other, place[peer], period, place[unit]))
    e, t, pe, pt = cells.peers[rows].T
    names = [panel.name(code) for code in data.entities]
    return Table.of(
        ("entity", "period", "peer", "peer_period"),
        **places(panel, data, e, t),
        peer=[data.entities[i] for i in pe],
        peer_name_zh=[names[i].zh for i in pe],
        peer_name_en=[names[i].en for i in pe],
        peer_period=np.array(data.periods, dtype=np.int64)[pt],
        intensity=cells.weight[rows],
    )


def certificate_table(data: Production, cells: Cells) -> Table:
    """How many programmes of each period were solved, and the worst residual of any."""
    good = cells.status == OPTIMAL
    return Table.of(
        ("period",),
        period=np.array(data.periods, dtype=np.int64),
        n=np.full(len(data.periods), len(data.entities), dtype=np.int64),
        efficient_count=cells.efficient.sum(axis=0),
        infeasible_count=(cells.status == INFEASIBLE).sum(axis=0),
        fallback_count=(cells.solver == HIGHS).sum(axis=0),
        primal_residual=np.where(good, cells.primal, 0.0).max(axis=0),
        dual_residual=cells.dual.max(axis=0),
    )


def certificates(data: Production, cells: Cells) -> list[Check]:
    """The residuals of all programmes, and targets rebuilt from peers."""
    good = cells.status == OPTIMAL
    return [
        Check(
            Text(
                "原问题残差：各约束与非负号（行按自身数值缩放）",
                "primal residual: rows and signs, rows divided by own values",
            ),
            float(np.where(good, cells.primal, 0.0).max()),
            CERTIFIED,
        ),
        Check(
            Text(
                "对偶残差：全部参照单元上违反最优条件的最大检验数",
                "dual residual: the largest reduced cost of the wrong sign over all units",
            ),
            float(cells.dual.max()),
            CERTIFIED,
        ),
        Check(
            Text(
                "目标点由参照单元及其强度可以做到",
                "targets can be reached by the peers with their intensities",
            ),
            _beyond_reach(data, cells),
            REBUILT,
        ),
    ]


def _beyond_reach(data: Production, cells: Cells) -> float:
    """By what share targets need less input or give more output than their peers do."""
    made = np.zeros_like(cells.target)
    e, t, pe, pt = cells.peers.T
    np.add.at(made, (e, t), cells.weight[:, None] * data.values[pe, pt])
    sign = np.where(np.array(data.roles) == "output", -1.0, 1.0)
    size = np.maximum(np.abs(cells.target), data.values.mean(axis=(0, 1)) * 1e-3)
    gap = sign * (made - cells.target) / size
    return float(np.nan_to_num(gap, nan=0.0).max(initial=0.0))


def _variables(panel: Panel, data: Production, v: Index) -> dict[str, object]:
    named = {s.name: s.title for s in all_series() if s.level == panel.level}
    titles = [panel.titles.get(n) or named.get(n) or Text.same(n) for n in data.names]
    roles = [option_word("dea_role", role) for role in data.roles]
    return {
        "variable": [data.names[i] for i in v],
        "variable_title_zh": [titles[i].zh for i in v],
        "variable_title_en": [titles[i].en for i in v],
        "role_zh": [roles[i].zh for i in v],
        "role_en": [roles[i].en for i in v],
    }


def _whole(values: Array) -> NDArray[np.int64] | Array:
    """Whole numbers as such, unless one of them is missing."""
    return values if np.isnan(values).any() else values.astype(np.int64)
