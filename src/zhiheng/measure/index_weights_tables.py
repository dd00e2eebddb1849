"""The tables of `index_weights`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from zhiheng.core.panel import Panel
from zhiheng.core.result import Table
from zhiheng.kernels.normalise import Normalised
from zhiheng.kernels.ranks import rank
from zhiheng.measure.index_weights_input import Other
from zhiheng.measure.indicators import Indicators
from zhiheng.measure.weighing import Weighed
from zhiheng.measure.weighing_wording import way_word

if TYPE_CHECKING:  # its module compiles on import
    from zhiheng.kernels.bod import BenefitOfTheDoubt

Array = NDArray[np.float64]
TWELVE = 12
"""Scores equal to so many digits are ties, as in the tables of an index."""


def weights_table(
    data: Indicators, z: Normalised, found: Weighed, others: Sequence[Other]
) -> Table:
    """The chosen weights, their range over the other methods, and what they stand on."""
    usable = [o.found.weights.mean(axis=0) for o in others if o.reason is None and o.way != "bod"]
    every = np.array([found.weights.mean(axis=0), *usable])
    flat = z.constant.all(axis=0)
    return Table.of(
        ("indicator",),
        indicator=data.ids,
        title_zh=[item.title.zh for item in data.items],
        title_en=[item.title.en for item in data.items],
        direction=[item.direction for item in data.items],
        constant=flat,
        weight=every[0],
        lowest=every.min(axis=0),
        highest=every.max(axis=0),
        **found.columns,
    )


def comparison_table(data: Indicators, found: Weighed, others: Sequence[Other]) -> Table:
    """The weights of every method side by side; empty where a method gives none."""
    nothing = np.full(len(data.ids), np.nan)
    columns = {
        f"weight_{o.way}": nothing if o.reason else o.found.weights.mean(axis=0) for o in others
    }
    return Table.of(
        ("indicator",),
        indicator=data.ids,
        title_zh=[item.title.zh for item in data.items],
        title_en=[item.title.en for item in data.items],
        weight=found.weights.mean(axis=0),
        **columns,
    )


def agreement_table(z: Normalised, found: Weighed, others: Sequence[Other]) -> Table:
    """How every method agrees with the chosen one: weights, last scores, last ranks."""
    own = found.weights.mean(axis=0)
    base = _last_scores(z, found)
    rows = [_agreement(z, own, base, other) for other in others]
    titles = [way_word(o.way) for o in others]
    return Table.of(
        ("method",),
        method=[o.way for o in others],
        method_title_zh=[t.zh for t in titles],
        method_title_en=[t.en for t in titles],
        weight_correlation=np.array([r[0] for r in rows]),
        score_correlation=np.array([r[1] for r in rows]),
        largest_move=np.array([r[2] for r in rows]),
        reason_zh=[o.reason.zh if o.reason else "" for o in others],
        reason_en=[o.reason.en if o.reason else "" for o in others],
    )


def weights_by_period(panel: Panel, data: Indicators, weights: Array) -> Table:
    """Weights of each period; `weights` is (P, K)."""
    p, k = weights.shape
    return Table.of(
        ("period", "indicator"),
        period=np.repeat(np.array(panel.periods, dtype=np.int64), k),
        indicator=list(data.ids) * p,
        weight=weights.ravel(),
    )


def unit_weights(panel: Panel, data: Indicators, found: BenefitOfTheDoubt) -> Table:
    """The weights of every unit, and the share of its score that each indicator makes."""
    k = len(data.ids)
    entity, period = _grid(panel)
    return Table.of(
        ("entity", "period", "indicator"),
        entity=np.repeat(entity, k),
        period=np.repeat(period, k),
        indicator=list(data.ids) * len(entity),
        weight=found.weights.ravel(),
        share=found.shares.ravel(),
    )


def unit_scores(panel: Panel, found: BenefitOfTheDoubt) -> Table:
    """Scores of benefit of the doubt."""
    entity, period = _grid(panel)
    names = [panel.name(code) for code in entity]
    return Table.of(
        ("entity", "period"),
        entity=entity,
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        period=period,
        score=found.scores.T.ravel(),
    )


def _grid(panel: Panel) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    e, p = len(panel.entities), len(panel.periods)
    entity = np.repeat(np.array(panel.entities, dtype=object), p)
    return entity, np.tile(np.array(panel.periods, dtype=np.int64), e)


def _last_scores(z: Normalised, found: Weighed) -> Array:
    """Additive scores of the last period, or those of benefit of the doubt."""
    if found.unit is not None:
        return np.asarray(found.unit.scores[-1], dtype=np.float64).round(TWELVE)
    return (z.values[:, -1] @ found.weights[-1]).round(TWELVE)


def _agreement(z: Normalised, own: Array, base: Array, other: Other) -> tuple[float, float, float]:
    if other.reason is not None:
        return np.nan, np.nan, np.nan
    scores = _last_scores(z, other.found)
    moves = rank(base) - rank(scores)
    return (
        spearman(own.round(TWELVE), other.found.weights.mean(axis=0).round(TWELVE)),
        spearman(base, scores),
        float(np.abs(moves).max()),
    )


def spearman(one: Array, two: Array) -> float:
    """Rank correlation; NaN where one of the two does not vary."""
    a, b = (rankdata(v) - (len(v) + 1) / 2 for v in (one, two))
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else float("nan")
