"""The tables of an index: scores, weights, contributions, groups, indicators, recipes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.wording import option_word
from zhiheng.core.panel import Panel
from zhiheng.core.result import Table
from zhiheng.core.text import Text
from zhiheng.kernels.aggregate import Prepared, score
from zhiheng.kernels.effective import EffectiveWeights, first_order_shares
from zhiheng.kernels.hierarchy import node_scores
from zhiheng.kernels.ranks import RankDraws
from zhiheng.measure.admissible import Option
from zhiheng.measure.composite import Composite
from zhiheng.measure.indicators import Indicators

Array = NDArray[np.float64]
DIRECTION = {
    "more": Text("越大越好", "more is better"),
    "less": Text("越小越好", "less is better"),
    "near": Text("越接近 {v} 越好", "best at {v}"),
    "within": Text("在 {v} 与 {w} 之间最好", "best between {v} and {w}"),
}
CHOSEN = Text("本次采用", "the choice of this call")
ADMISSIBLE = Text("可接受", "admissible")


def scores_table(
    panel: Panel, scores: Array, ranks: NDArray[np.int32], draws: RankDraws | None, soft: Array
) -> Table:
    """Score, rank and rank interval of every entity and period; arrays are (P, E).

    `soft` is the weight that stands on cells which nobody observed.
    """
    unknown = np.full(scores.shape, np.nan)
    low, high = (draws.low, draws.high) if draws else (unknown, unknown)
    entity, period = _grid(panel)
    names = [panel.name(e) for e in panel.entities]
    p = len(panel.periods)
    return Table.of(
        ("entity", "period"),
        entity=entity,
        name_zh=_each([n.zh for n in names], p),
        name_en=_each([n.en for n in names], p),
        period=period,
        score=scores.T.ravel(),
        rank=ranks.T.ravel().astype(np.int64),
        rank_low=_ranks(low),
        rank_high=_ranks(high),
        soft_share=soft.T.ravel(),
    )


def _ranks(values: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers, or NaN where no intervals were drawn."""
    flat = values.T.ravel()
    return flat if flat.dtype.kind == "f" else flat.astype(np.int64)


def weights_table(
    data: Indicators, own: Composite, found: EffectiveWeights | None, scores: Array
) -> Table:
    """Nominal and effective weights; a nominal weight by period is shown as its mean.

    For a rule that is no sum the first-order share stands in, in a column of its own.
    """
    none = Text.same("-")
    titles = [data.group_titles.get(item.group, none) for item in data.items]
    shares = (
        {
            "effective": found.pooled,
            "effective_within_period": found.within_period,
            "effective_within": found.within,
        }
        if found
        else {"first_order": first_order_shares(own.z.values, scores)}
    )
    return Table.of(
        ("indicator",),
        indicator=data.ids,
        title_zh=[item.title.zh for item in data.items],
        title_en=[item.title.en for item in data.items],
        group=[item.group for item in data.items],
        group_title_zh=[t.zh for t in titles],
        group_title_en=[t.en for t in titles],
        direction=[item.direction for item in data.items],
        direction_zh=[_direction(item.direction).zh for item in data.items],
        direction_en=[_direction(item.direction).en for item in data.items],
        constant=own.z.constant.all(axis=0),
        nominal=own.weights.mean(axis=0),
        **shares,
    )


def _direction(written: str) -> Text:
    kind, *ends = written.split(":")
    return DIRECTION[kind].format(v=ends[0] if ends else "", w=ends[-1] if ends else "")


def treatment_table(data: Indicators, own: Composite) -> Table:
    """What was done to columns that outliers distort, and their moments before and after."""
    found = own.treated
    words = [option_word("action", action) for action in found.actions]
    return Table.of(
        ("indicator",),
        indicator=data.ids,
        title_zh=[item.title.zh for item in data.items],
        title_en=[item.title.en for item in data.items],
        action=list(found.actions),
        action_title_zh=[w.zh for w in words],
        action_title_en=[w.en for w in words],
        moved=found.moved.sum(axis=(0, 1)).astype(np.int64),
        skewness_before=found.before[0],
        kurtosis_before=found.before[1],
        skewness_after=found.after[0],
        kurtosis_after=found.after[1],
    )


def weights_by_period(panel: Panel, data: Indicators, weights: Array) -> Table:
    """Weights of each period, where they differ; `weights` is (P, K)."""
    return Table.of(
        ("period", "indicator"),
        period=np.repeat(np.array(panel.periods, dtype=np.int64), len(data.items)),
        indicator=_all(data.ids, len(panel.periods)),
        nominal=weights.ravel(),
    )


def contributions_table(panel: Panel, data: Indicators, terms: Array) -> Table:
    """What each indicator adds to each score."""
    return Table.of(
        ("entity", "period", "indicator"),
        **_cells(panel, data.ids),
        contribution=terms.ravel(),
    )


def indicators_table(panel: Panel, data: Indicators, normalised: Array) -> Table:
    """Indicator values before and after normalisation."""
    return Table.of(
        ("entity", "period", "indicator"),
        **_cells(panel, data.ids),
        value=data.values.ravel(),
        normalised=normalised.ravel(),
    )


def group_names(data: Indicators) -> list[str]:
    """The groups that have items, in the order of the system."""
    return [g for g in data.group_titles if data.inside.get(g)]


def group_scores(data: Indicators, own: Composite) -> Array:
    """Scores of each group, and of all other indicators together, by the same recipe.

    Shape (G, 2, P, E); NaN for what is left when one group holds everything.
    """
    rows = [np.isin(data.ids, data.inside[g]) for g in group_names(data)]
    inside = np.array(rows, dtype=np.bool_).reshape(len(rows), len(data.ids))
    if not len(inside) or own.prepared.rule == "fixed":
        return np.full((len(inside), 2, own.prepared.periods, own.prepared.entities), np.nan)
    if own.prepared.rule == "nested":
        found = _nodes(data, own)
    else:
        found = _sub_scores(own.prepared, own.weights, inside)
    whole: NDArray[np.bool_] = inside.sum(axis=1) == len(data.ids)
    rest = _sub_scores(own.prepared, own.weights, ~inside | whole[:, None])
    rest[whole] = np.nan
    return np.stack([found, rest], axis=1)


def _nodes(data: Indicators, own: Composite) -> Array:
    """Scores of groups where each level has a rule of its own, as the index uses them."""
    levels = node_scores(own.prepared.parts[0], own.prepared.levels, own.weights)
    places = {
        name: (n, k) for n, names in enumerate(data.nodes) for k, name in enumerate(names)
    }  # a padded group stands on several levels: the uppermost counts
    return np.stack([levels[n][:, k] for n, k in (places[g] for g in group_names(data))])


def groups_table(panel: Panel, data: Indicators, own: Composite) -> Table:
    """Sub-scores of each group, and of all other indicators together."""
    names = group_names(data)
    found, rest = group_scores(data, own).transpose(1, 0, 2, 3)
    cells = _cells(panel, tuple(names))
    titles = [data.group_titles[name] for name in names]
    number = len(panel.entities) * len(panel.periods)
    return Table.of(
        ("entity", "period", "group"),
        entity=cells["entity"],
        period=cells["period"],
        group=cells["indicator"],
        group_title_zh=_all([t.zh for t in titles], number),
        group_title_en=_all([t.en for t in titles], number),
        score=found.transpose(2, 1, 0).ravel(),
        rest=rest.transpose(2, 1, 0).ravel(),
    )


def _sub_scores(prepared: Prepared, weights: Array, inside: NDArray[np.bool_]) -> Array:
    """Scores on subsets of the indicators, their weights made to sum to one; (G, P, E).

    Where all weights of a subset are zero its indicators do not vary, so that
    equal weights stand in without making a difference.
    """
    part = weights * inside[:, None, :]
    total = part.sum(axis=-1, keepdims=True)
    even = inside[:, None, :] / inside.sum(axis=-1)[:, None, None]
    return score(prepared, np.where(total > 0, part / np.where(total > 0, total, 1.0), even))


def recipes_table(found: Sequence[Option], own: Composite) -> Table:
    """Every declared combination: in the draws or not, and why not."""
    return Table.of(
        ("treatment", "normalise", "weights", "aggregation"),
        treatment=[o.choice.treatment for o in found],
        normalise=[o.choice.normalise for o in found],
        weights=[o.choice.weights for o in found],
        aggregation=[o.choice.aggregation for o in found],
        admissible=np.array([o.recipe is not None for o in found]),
        chosen=np.array([o.choice == own.choice for o in found]),
        drawn=np.array([o.drawn for o in found], dtype=np.int64),
        reason_zh=[_reason(o, own).zh for o in found],
        reason_en=[_reason(o, own).en for o in found],
    )


def _reason(option: Option, own: Composite) -> Text:
    if option.reason is not None:
        return option.reason
    return CHOSEN if option.choice == own.choice else ADMISSIBLE


def _grid(panel: Panel) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    e, p = len(panel.entities), len(panel.periods)
    return _each(panel.entities, p), np.tile(np.array(panel.periods, dtype=np.int64), e)


def _cells(panel: Panel, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    entity, period = _grid(panel)
    return {
        "entity": np.repeat(entity, len(names)),
        "period": np.repeat(period, len(names)),
        "indicator": _all(names, len(entity)),
    }


def _words(values: Sequence[str]) -> NDArray[np.object_]:
    return np.array(values, dtype=object)


def _each(values: Sequence[str], times: int) -> NDArray[np.object_]:
    return np.repeat(_words(values), times)


def _all(values: Sequence[str], times: int) -> NDArray[np.object_]:
    return np.tile(_words(values), times)
