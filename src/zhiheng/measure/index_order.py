"""Who really stands above whom, and what holds an entity back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.recipes import STEPS, Choice
from zhiheng.catalog.wording import option_word
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note, Table
from zhiheng.core.text import Text
from zhiheng.kernels.order import PartialOrder, intransitive, pairwise, unanimous
from zhiheng.kernels.ranks import RankDraws
from zhiheng.kernels.sensitivity import between_recipes, first_order
from zhiheng.measure.indicators import Indicators

Array = NDArray[np.float64]
AGREEMENT = 0.95
"""Share of draws, nearest to the mean order, on which all must agree; stated in the notes."""


MOST_COMPARISONS = 4_000_000_000
"""Draws times pairs beyond which the order is left out, and said to be."""

TOO_MANY = Note(
    Text(
        "地区太多，两两比较从略；减少抽取次数或地区后可得偏序。",
        "Too many entities to compare pairwise; fewer draws or entities give the partial order.",
    )
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Pairwise shares and the partial order of the last period."""

    share: Array
    order: PartialOrder


def standing(last: NDArray[np.int32]) -> Standing | None:
    """What the ranks of the last period, shape (D, E), say of each pair; None if too many."""
    if last.shape[0] * last.shape[1] ** 2 > MOST_COMPARISONS:
        return None
    return Standing(pairwise(last), unanimous(last, share=AGREEMENT))


def order_table(panel: Panel, found: Standing) -> Table:
    """How many surely stand above and below each entity, and how many cannot be told apart."""
    above = found.order.above
    names = [panel.name(e) for e in panel.entities]
    better, worse = above.sum(axis=0), above.sum(axis=1)
    return Table.of(
        ("entity",),
        entity=list(panel.entities),
        name_zh=[n.zh for n in names],
        name_en=[n.en for n in names],
        period=np.full(len(names), panel.periods[-1], dtype=np.int64),
        level=found.order.level,
        surely_above=better,
        surely_below=worse,
        incomparable=len(names) - 1 - better - worse,
    )


def partial_order_table(panel: Panel, found: Standing) -> Table:
    """Every pair that the draws agree on, and whether anybody stands in between."""
    a, b = np.nonzero(found.order.above)
    names = [panel.name(e) for e in panel.entities]
    return Table.of(
        ("better", "worse"),
        better=[panel.entities[i] for i in a],
        better_zh=[names[i].zh for i in a],
        better_en=[names[i].en for i in a],
        worse=[panel.entities[i] for i in b],
        worse_zh=[names[i].zh for i in b],
        worse_en=[names[i].en for i in b],
        probability=found.share[a, b],
        next=found.order.covers[a, b],
    )


def pairwise_table(panel: Panel, found: Standing) -> Table:
    """Of every pair, the share of draws in which the first has the better rank."""
    n = len(panel.entities)
    a, b = np.nonzero(~np.eye(n, dtype=bool))
    return Table.of(
        ("entity", "other"),
        entity=[panel.entities[i] for i in a],
        other=[panel.entities[i] for i in b],
        period=np.full(len(a), panel.periods[-1], dtype=np.int64),
        probability=found.share[a, b],
    )


def obstacles_table(panel: Panel, data: Indicators, z: Array, weights: Array) -> Table:
    """What each indicator takes from the best possible score, and the gap to the median.

    The obstacle degree is ``w_k (1 - z_k)`` over its sum; it needs values on
    [0, 1]. The gap is in the unit of the indicator and positive when behind.
    """
    lost = weights.mean(axis=0) * (1.0 - z)
    whole = lost.sum(axis=-1, keepdims=True)
    degree = np.divide(lost, whole, out=np.zeros_like(lost), where=whole > 0)
    values, sign = data.oriented()
    gap = sign * (np.median(values, axis=0, keepdims=True) - values)
    entities, periods, items = z.shape
    names = [panel.name(e) for e in panel.entities]
    each = periods * items
    return Table.of(
        ("entity", "period", "indicator"),
        entity=np.repeat(np.array(panel.entities, dtype=object), each),
        name_zh=np.repeat(np.array([n.zh for n in names], dtype=object), each),
        name_en=np.repeat(np.array([n.en for n in names], dtype=object), each),
        period=np.tile(np.repeat(np.array(panel.periods, dtype=np.int64), items), entities),
        indicator=np.tile(np.array(data.ids, dtype=object), entities * periods),
        obstacle=degree.ravel(),
        gap_to_median=gap.ravel(),
        value=data.values.ravel(),
    )


def order_notes(found: Standing, draws: int) -> list[Note]:
    """How the order was made, and where the pairwise relation is none."""
    wrong = intransitive(found.share >= AGREEMENT)
    return [
        Note(
            Text(
                "偏序：{d} 次抽取中取与平均名次次序最近（Kendall 距离）的 {k} 次，"
                "全部一致才算甲在乙之上。",
                "Partial order: among the {k} of {d} draws nearest (Kendall) to the order of mean "
                "ranks, one stands above another only if all of them say so.",
            ).format(k=found.order.kept, d=draws)
        ),
        Note(
            Text(
                "若只看两两概率达到 {s:.0%} 的关系，有 {t} 个三元组不传递，其中 {c} 个成环。",
                "Pairs that hold in {s:.0%} of draws alone: {t} triples are intransitive, {c} of "
                "them cycles.",
            ).format(s=AGREEMENT, t=wrong.triples, c=wrong.cycles)
        ),
    ]


def sensitivity_table(panel: Panel, drawn: RankDraws, pool: Sequence[Choice]) -> Table:
    """Which step of the method moves the rank of each entity in the last period.

    `share` is the first-order share of the variance of the rank over draws; `total`
    adds the interplay with the other steps of the method; ``drawn_weights`` is what
    weights drawn around a recipe add to the recipe itself.
    """
    recipe = np.repeat(np.arange(len(pool)), drawn.counts)
    shares: dict[str, Array] = {}
    totals: dict[str, Array] = {}
    for step in STEPS:
        shares[step] = first_order(drawn.last, _codes(pool, (step,))[recipe])
        others = tuple(s for s in STEPS if s != step)
        totals[step] = between_recipes(drawn.last, recipe, _codes(pool, others)[recipe])
    shares["drawn_weights"] = totals["drawn_weights"] = 1.0 - first_order(drawn.last, recipe)
    names = [panel.name(e) for e in panel.entities]
    n, k = len(names), len(shares)
    titles = [option_word("step", step) for step in shares]
    return Table.of(
        ("entity", "step"),
        entity=np.repeat(np.array(panel.entities, dtype=object), k),
        name_zh=np.repeat(np.array([t.zh for t in names], dtype=object), k),
        name_en=np.repeat(np.array([t.en for t in names], dtype=object), k),
        period=np.full(n * k, panel.periods[-1], dtype=np.int64),
        step=np.tile(np.array(list(shares), dtype=object), n),
        step_title_zh=np.tile(np.array([t.zh for t in titles], dtype=object), n),
        step_title_en=np.tile(np.array([t.en for t in titles], dtype=object), n),
        share=np.stack(list(shares.values()), axis=1).ravel(),
        total=np.stack(list(totals.values()), axis=1).ravel(),
    )


def _codes(pool: Sequence[Choice], steps: Sequence[str]) -> NDArray[np.intp]:
    """A number for each recipe that tells apart what it chose in these steps."""
    chosen = [tuple(getattr(choice, step) for step in steps) for choice in pool]
    known = sorted(set(chosen))
    return np.array([known.index(one) for one in chosen], dtype=np.intp)
