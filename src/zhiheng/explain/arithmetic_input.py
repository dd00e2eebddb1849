"""What the arithmetic-null test reads, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.arithmetic import limits
from zhiheng.catalog.regions import grouping
from zhiheng.catalog.spatial import weights_for
from zhiheng.core.errors import Row, ZhihengError
from zhiheng.core.expression import Scope, needs, parse
from zhiheng.core.expression.tree import names
from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.spatial import SpatialWeights
from zhiheng.core.text import Text
from zhiheng.explain import arithmetic_wording as wording
from zhiheng.explain.overlap_audit import Kin
from zhiheng.explain.variables import read_variables
from zhiheng.kernels.arithmetic_null import Pieces, Sign, movable, unit_trends
from zhiheng.kernels.autocorrelation import moran, permute, tail_p
from zhiheng.kernels.links import Links
from zhiheng.kernels.panel_ols import DEPENDENT

Array = NDArray[np.float64]
Residualise = Literal["once", "each"]

BY_ENTITY = "entity"
UNTESTED = "none"
TREND_DRAWS = 999
"""Permutations of unit trends among places, for the test whether they cluster in space."""


@dataclass(frozen=True, slots=True)
class Chance:
    """What is permuted how often, in which clusters, and how the answer is read."""

    sign: Sign
    permutations: int
    seed: int
    level: float
    residualise: Residualise

    @property
    def threshold(self) -> float:
        """What p is compared with: a declared sign has one tail of the two-sided level."""
        return self.level if self.sign == "two-sided" else self.level / 2


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of the test: its value and the limit that it keeps."""

    name: str
    value: float
    limit: float


def check_chance(chance: Chance) -> None:
    """Refuse numbers that decide nothing (M759)."""
    fewest = int(np.ceil(1.0 / chance.threshold)) if 0 < chance.level < 1 else 0
    if not fewest or chance.permutations + 1 < fewest:
        raise ZhihengError(
            "M759",
            Text(
                "level 须在零与一之间，permutations 须多到 p 值能低于它。",
                "level lies between zero and one, and there must be enough permutations for a "
                "p value below it.",
            ),
            evidence=[
                {"level": chance.level, "permutations": chance.permutations, "fewest": fewest - 1}
            ],
            fix=Text(
                "用缺省的 level=0.05、permutations=999。", "Keep level=0.05, permutations=999."
            ),
        )


def read_clusters(panel: Panel, cluster: str | Mapping[str, str]) -> NDArray[np.intp]:
    """The number of each entity's cluster.

    Raises
    ------
    ZhihengError
        M759 entities without a cluster, C403 an unknown grouping, M760 too few clusters
        that can trade places.
    """
    if cluster == BY_ENTITY:
        number = np.arange(len(panel.entities))
    else:
        belongs = _belongs(cluster)
        homeless: list[Row] = [{"entity": e} for e in panel.entities if e not in belongs]
        if homeless:
            raise ZhihengError(
                "M759",
                Text("有地区没有聚类。", "Some entities have no cluster."),
                evidence=homeless,
                fix=Text("给每个地区写上聚类。", "Give every entity a cluster."),
            )
        ids = sorted({belongs[e] for e in panel.entities})
        number = np.array([ids.index(belongs[e]) for e in panel.entities])
    found, fewest = movable(number), limits().fewest_clusters
    if found < fewest:
        raise ZhihengError(
            "M760",
            Text(
                "可以互换的聚类只有 {n} 个，少于 {m} 个，置换说明不了什么。",
                "Only {n} clusters can trade places, fewer than {m}: permutations tell little.",
            ).format(n=found, m=fewest),
            evidence=[{"clusters": int(number.max()) + 1, "movable": found, "fewest": fewest}],
            fix=Text(
                "增加地区；或用较细、大小相同的聚类。",
                "Add entities, or use finer clusters of equal size.",
            ),
        )
    return number.astype(np.intp)


def _belongs(cluster: str | Mapping[str, str]) -> Mapping[str, str]:
    """Entity to cluster, from a grouping's name, a mapping, or one written ``a=x,b=y``."""
    if not isinstance(cluster, str):
        return cluster
    if "=" not in cluster:
        return grouping(cluster).group_of
    pairs = [part.partition("=") for part in cluster.split(",")]
    return {entity.strip(): group.strip() for entity, _, group in pairs}


def links_of(kin: Sequence[Kin], expressions: Sequence[str], meaning: Scope) -> tuple[str, ...]:
    """The series whose logs are taken out of the rest.

    The base series of the index that are shared (for kin, the index's side: the outcome's
    side would take the outcome itself out), and derived series that stand on those alone.
    """
    base = {o.left for k in kin for o in k.shared}
    derived = {
        name
        for expression in expressions
        for name in _derived(expression, meaning, frozenset())
        if needs(name, meaning) <= base
    }
    return tuple(sorted(base | derived))


def _derived(expression: str, meaning: Scope, inside: frozenset[str]) -> Iterator[str]:
    for node in names(parse(expression)):
        if node.name in meaning.definitions and node.name not in inside:
            yield node.name
            within = inside | {node.name}
            yield from _derived(meaning.definitions[node.name], meaning, within)


def read_logs(panel: Panel, series: Sequence[str], level: str) -> Array:
    """Logs of series, shape (entities, periods, series).

    Raises
    ------
    ZhihengError
        M704 gaps, M765 values that have no log.
    """
    if not series:
        return np.zeros((len(panel.entities), len(panel.periods), 0))
    values = read_variables(panel, series, gaps="refuse", level=level).values
    wrong = panel.cells(~(values > 0), variable=series)
    if wrong:
        raise ZhihengError(
            "M765",
            Text(
                "共用序列有 {n} 个单元格不为正，取不了对数。",
                "{n} cells of shared series are not positive and have no log.",
            ).format(n=len(wrong)),
            evidence=wrong,
            fix=Text(
                "换一个窗口；或把由它构成的指标从指数中去掉。",
                "Choose another window, or leave the indicators made of it out of the index.",
            ),
        )
    return np.log(values)


def check_rest(panel: Panel, parts: Pieces, shared: NDArray[np.bool_]) -> list[Condition]:
    """Refuse an index whose rest cannot be tested.

    Raises
    ------
    ZhihengError
        M764 nothing is left of the index, M766 the shared series reproduce the outcome,
        M761 too little of the rest is its own, M763 one entity holds most of it.
    """
    if shared.all():
        raise ZhihengError(
            "M764",
            Text(
                "指数的每个指标都与被解释变量共用序列，没有其余部分可检验。",
                "Every indicator of the index shares series with the outcome: there is no rest.",
            ),
            evidence=[{"indicators": len(shared), "shared": int(shared.sum())}],
            fix=Text(
                "换一个不共用序列的被解释变量或指数。",
                "Choose an outcome or an index that shares less.",
            ),
        )
    if parts.outcome_left <= DEPENDENT:
        raise ZhihengError(
            "M766",
            Text(
                "共用序列的对数已把被解释变量完全复制出来，其余部分无从与它相关。",
                "The logs of the shared series reproduce the outcome: nothing can be associated "
                "with it beyond them.",
            ),
            evidence=[{"outcome_left": parts.outcome_left, "limit": DEPENDENT}],
            fix=Text(
                "把含有被解释变量全部成分的指标从指数中去掉。",
                "Leave out the indicators that hold all ingredients of the outcome.",
            ),
        )
    limit, own = limits(), parts.own_share
    if own < limit.least_own:
        raise ZhihengError(
            "M761",
            Text(
                "其余部分的变异只有 {s} 不由共用序列带出，低于 {m}。",
                "Only {s} of the rest's variation is not carried by the shared series, below {m}.",
            ).format(s=f"{own:.1%}", m=f"{limit.least_own:.0%}"),
            evidence=[{"own_share": own, "limit": limit.least_own}],
            fix=Text(
                "指数几乎全是共用序列的函数：换指标，不要换检验。",
                "The index is nearly a function of the shared series: change indicators, not the "
                "test.",
            ),
        )
    most = _check_one(panel, parts.entity_shares)
    return [Condition("own_share", own, limit.least_own), most]


def _check_one(panel: Panel, shares: Array) -> Condition:
    limit, at = limits().most_of_one, int(shares.argmax())
    entity, found = panel.entities[at], float(shares[at])
    if found > limit:
        raise ZhihengError(
            "M763",
            Text(
                "{e} 一地占了被置换变异的 {s}，超过 {m}：各地不可互换。",
                "{e} alone holds {s} of the permuted variation, above {m}: entities are not "
                "exchangeable.",
            ).format(e=panel.name(entity), s=f"{found:.0%}", m=f"{limit:.0%}"),
            evidence=[{"entity": entity, "share": found, "limit": limit}],
            fix=Text(
                "去掉该地区再做，并说明；或换标准化方法。",
                "Leave that entity out and say so, or normalise otherwise.",
            ),
        )
    return Condition("most_of_one", found, limit)


def check_space(
    panel: Panel,
    parts: Pieces,
    mask: NDArray[np.bool_],
    spatial: str | SpatialWeights | None,
    *,
    seed: int,
) -> tuple[list[Condition], list[Note]]:
    """Refuse unit trends that cluster in space: neighbours are then no fair exchange.

    Raises
    ------
    ZhihengError
        M762 clustered trends; M865–M867 weights that do not fit the panel.
    """
    chosen = spatial or ("provinces" if panel.level == "province" else UNTESTED)
    if chosen == UNTESTED:
        return [], [wording.space_untested()]
    ordered = panel.select(entities=sorted(panel.entities))
    weights, inside = weights_for(ordered, chosen, islands="drop")
    trends = unit_trends(parts.own, mask)[[panel.entities.index(e) for e in inside.entities]]
    if np.ptp(trends) <= DEPENDENT * np.abs(parts.own).max():
        return [], [wording.no_trends()]
    links = Links(weights.starts, weights.columns, weights.values)
    found = moran(trends, links)
    drawn = permute(trends, links, permutations=TREND_DRAWS, seed=seed)[:, 0]
    p, limit = tail_p(found.value, drawn, found.expected, "greater"), limits().spatial_level
    if p <= limit:
        raise ZhihengError(
            "M762",
            Text(
                "被置换部分的地区趋势在空间上成片（莫兰指数 {i}，p = {p}）：各地不可互换。",
                "Unit trends of the permuted part cluster in space (Moran's I {i}, p = {p}): "
                "entities are not exchangeable.",
            ).format(i=f"{found.value:.3f}", p=f"{p:.3f}"),
            evidence=[
                {
                    "weights": weights.name,
                    "units": len(trends),
                    "moran": found.value,
                    "p": p,
                    "limit": limit,
                }
            ],  # fmt: skip
            fix=Text(
                "用 trends=true 去掉地区趋势，或用一阶差分。",
                "Remove unit trends with trends=true, or use first differences.",
            ),
        )
    left_out = len(panel.entities) - len(inside.entities)
    return [Condition("trend_moran_p", p, limit)], [wording.space(weights.name, left_out)]
