"""Tables of what a chain implies: mobility, first passages, forecasts, homogeneity, cuts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.entity_groups import Groups
from zhiheng.core.result import Table
from zhiheng.core.text import Text
from zhiheng.kernels.homogeneity import (
    Homogeneity,
    homogeneity,
    permutation_p,
    permuted_groups,
)
from zhiheng.kernels.markov import probabilities
from zhiheng.kernels.mobility import Mobility, first_passage, forecast, mobility

Array = NDArray[np.float64]

INDICES = {
    "shorrocks": Text("肖罗克斯指数（迹）", "Shorrocks (trace)"),
    "determinant": Text("行列式指数", "determinant"),
    "eigenvalue": Text("第二特征值指数", "second eigenvalue"),
    "leaving": Text("离开本级的平均概率（巴塞洛缪一）", "leaving the class (Bartholomew 1)"),
    "distance": Text("平均移动级数（巴塞洛缪二）", "classes moved (Bartholomew 2)"),
    "half_life": Text("半衰期（期）", "half-life in periods"),
}
HYPOTHESES = {
    "time": Text("各时段转移概率相同", "the same in all spells of time"),
    "groups": Text("各组转移概率相同", "the same in all groups"),
    "space": Text("与邻居所在级无关", "the same whatever the class of the neighbours"),
}


@dataclass(frozen=True, slots=True)
class Tested:
    """One test of homogeneity with the permutation p values it has."""

    hypothesis: str
    regimes: int
    found: Homogeneity
    p_lr: float = float("nan")
    p_q: float = float("nan")
    permutations: int = 0


def mobility_table(counts: Array, drawn: Array | None, *, level: float, lag: int) -> Table:
    """Indices of mobility over the classes that are visited and left, with intervals."""
    kept = _left(counts)
    found = _mobility(counts, kept, lag)
    low = high = dict.fromkeys(INDICES, float("nan"))
    if drawn is not None and found is not None:
        draws = _mobility(drawn, kept, lag)
        if draws is not None:
            tails = [level / 2.0, 1.0 - level / 2.0]
            ends = {n: np.nanquantile(getattr(draws, n), tails, method="nearest") for n in INDICES}
            low, high = ({n: float(v[i]) for n, v in ends.items()} for i in (0, 1))
    names = [f.name for f in fields(Mobility)]
    values = [float(getattr(found, n)) if found is not None else float("nan") for n in names]
    return Table.of(
        ("item",),
        item=names,
        item_zh=[INDICES[n].zh for n in names],
        item_en=[INDICES[n].en for n in names],
        estimate=_finite(values),
        ci_low=_finite([low[n] for n in names]),
        ci_high=_finite([high[n] for n in names]),
    )


def _left(counts: Array) -> NDArray[np.intp]:
    return np.flatnonzero(counts.sum(axis=1) > 0)


def _mobility(counts: Array, kept: NDArray[np.intp], lag: int) -> Mobility | None:
    """Indices of one count matrix or of many; None when classes cannot be compared.

    Draws in which a kept class has no transition are left out.
    """
    outside = np.delete(counts, kept, axis=-1)[..., kept, :]
    if len(kept) < 2 or outside.sum() > 0:
        return None
    inner = counts[..., kept[:, None], kept]
    inner = inner[(inner.sum(axis=-1) > 0).all(axis=-1)] if inner.ndim > 2 else inner
    if not inner.size:
        return None
    start = inner.sum(axis=-1)
    found = mobility(probabilities(inner), start / start.sum(axis=-1, keepdims=True))
    return Mobility(
        found.shorrocks,
        found.determinant,
        found.eigenvalue,
        found.leaving,
        found.distance,
        found.half_life * lag,
    )


def _finite(values: Sequence[float]) -> Array:
    """An infinite half-life is printed as no number; the notes say why."""
    found = np.array(values, dtype=np.float64)
    return np.where(np.isfinite(found), found, np.nan)


def passage_table(counts: Array, lag: int) -> Table:
    """Mean periods until class j is entered from class i, and whether it surely is."""
    steps = first_passage(probabilities(counts)) * lag
    k = len(counts)
    start, end = np.divmod(np.arange(k * k), k)
    return Table.of(
        ("from_class", "to_class"),
        from_class=start + 1,
        to_class=end + 1,
        first_passage=_finite(steps.ravel().tolist()),
        sure=np.isfinite(steps.ravel()),
    )


def forecast_table(
    counts: Array,
    drawn: Array | None,
    share: Array,
    *,
    last: int,
    horizon: int,
    lag: int,
    level: float,
) -> Table:
    """Shares of classes `horizon` steps ahead with intervals of the estimated probabilities."""
    ahead = forecast(probabilities(counts), share, horizon)
    low = high = np.full(ahead.shape, np.nan)
    if drawn is not None and horizon:
        draws = forecast(probabilities(drawn), share, horizon)
        known = ~np.isnan(draws).any(axis=(1, 2))
        if known.sum() > 1:
            low, high = np.quantile(draws[known], [level / 2.0, 1.0 - level / 2.0], axis=0)
    k = len(counts)
    gap = np.full(k, np.nan)
    return Table.of(
        ("period", "class"),
        period=last + lag * np.repeat(np.arange(horizon + 1), k),
        **{"class": np.tile(np.arange(1, k + 1), horizon + 1)},
        class_share=np.concatenate([share, ahead.ravel()]),
        ci_low=np.concatenate([gap, low.ravel()]),
        ci_high=np.concatenate([gap, high.ravel()]),
    )


def over_time(by_start: Array, spells: int) -> Tested | None:
    """Homogeneity of consecutive spells of about equal length.

    Parameters
    ----------
    by_start : ndarray, shape (starts, k, k)
        Transitions by the period in which they start, in order.
    """
    parts = min(spells, len(by_start))
    if parts < 2:
        return None
    counts = np.stack([part.sum(axis=0) for part in np.array_split(by_start, parts)])
    return Tested("time", parts, homogeneity(counts))


def over_groups(by_entity: Array, groups: Groups, *, permutations: int, seed: int) -> Tested:
    """Homogeneity over groups of entities, with entities dealt to the groups at random."""
    number = len(groups.ids)
    counts = np.stack([by_entity[groups.number == g].sum(axis=0) for g in range(number)])
    found = homogeneity(counts)
    if not permutations:
        return Tested("groups", number, found)
    lr, q = permuted_groups(
        by_entity, groups.number, groups=number, permutations=permutations, seed=seed
    )
    p_lr, p_q = permutation_p(found.lr, lr), permutation_p(found.q, q)
    return Tested("groups", number, found, p_lr, p_q, permutations)


def homogeneity_table(tests: Sequence[Tested]) -> Table:
    """All tests of homogeneity, one row each."""
    return Table.of(
        ("hypothesis",),
        hypothesis=[t.hypothesis for t in tests],
        hypothesis_zh=[HYPOTHESES[t.hypothesis].zh for t in tests],
        hypothesis_en=[HYPOTHESES[t.hypothesis].en for t in tests],
        regimes=[t.regimes for t in tests],
        lr_statistic=[t.found.lr for t in tests],
        q_statistic=[t.found.q for t in tests],
        df=[t.found.dof for t in tests],
        p_lr=np.array([t.found.p_lr for t in tests], dtype=np.float64),
        p_q=np.array([t.found.p_q for t in tests], dtype=np.float64),
        p_lr_permuted=np.array([t.p_lr for t in tests], dtype=np.float64),
        p_q_permuted=np.array([t.p_q for t in tests], dtype=np.float64),
        permutations=[t.permutations for t in tests],
    )


def cut_comparison(pooled: Array, per_period: Array) -> Table:
    """Transition probabilities under both ways of cutting quantile classes, side by side."""
    k = len(pooled)
    start, end = np.divmod(np.arange(k * k), k)
    one, two = probabilities(pooled).ravel(), probabilities(per_period).ravel()
    return Table.of(
        ("from_class", "to_class"),
        from_class=start + 1,
        to_class=end + 1,
        pooled=one,
        per_period=two,
        difference=two - one,
    )
