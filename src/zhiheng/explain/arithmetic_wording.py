"""Notes, checks and figures of the arithmetic-null test, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text

STATISTIC_CHECK = Text(
    "由路径内积得到的 t 值等于回归的 t 值", "t from products of paths equals the regression's"
)

_TAIL = {
    "-": Text("单侧，事先声明的符号为负", "one-sided, declared sign negative"),
    "+": Text("单侧，事先声明的符号为正", "one-sided, declared sign positive"),
    "two-sided": Text(
        "双侧，按与零分布中位数的距离", "two-sided, by distance from the null median"
    ),
}


def null_is(sign: str, permutations: int) -> Note:
    """What the null says, and what passing it does not say."""
    return Note(
        Text(
            "零假设：除共用部分之外，其余部分与被解释变量没有联系。{n} 次把其余部分的自有变异按整条"
            "地区路径打乱，共用部分留在原地；p =（1 + 至少同样极端的次数）/（1 + 次数），{t}。"
            "通过检验不等于因果。",
            "Null: beyond the shared part, the rest is not associated with the outcome. In {n} "
            "draws whole entity paths of the rest's own variation trade places while the shared "
            "part stays; p = (1 + draws as or more extreme) / (1 + draws), {t}. Passing is not "
            "causality.",
        ).format(n=permutations, t=_TAIL[sign])
    )


def shared_by(names: Sequence[str]) -> Note:
    """Which indicators stay in place because they share something."""
    return Note(
        Text(
            "与被解释变量有重叠、因而留在原地的指标：{n}；共用什么见 shared 表。",
            "Indicators that overlap with the outcome and therefore stay in place: {n}; the table "
            "'shared' says what is shared.",
        ).format(n=Text("、".join(names), ", ".join(names))),
        level="caution",
    )


def never_subtract() -> Note:
    """Why split and null median are not to be subtracted."""
    return Note(
        Text(
            "拆分与零分布的中位数、5–95 % 区间各说各的：分母不同（前者是观测指数的方差，"
            "后者是打乱后指数的方差），两者不能相减。",
            "The split and the null's median with its 5–95 % band are two statements: their "
            "denominators differ (the variance of the observed index, that of permuted ones), so "
            "neither is subtracted from the other.",
        )
    )


def links_removed(series: Sequence[str], residualise: str) -> Note:
    """Whose logs were taken out of the rest, and how often."""
    if not series:
        return Note(
            Text(
                "没有共用序列：其余部分就是整个指数，全部参与置换。",
                "No series is shared: the rest is the whole index, and all of it is permuted.",
            )
        )
    how = {
        "once": Text("只在打乱之前", "before the draws only"),
        "each": Text("打乱之后每次再去掉", "and again after every draw"),
    }[residualise]
    return Note(
        Text(
            "其余部分先对这些共用序列的对数回归（组内），带出的部分留在原地：{s}；{h}。",
            "The rest is first regressed, within, on the logs of these shared series, and what "
            "they carry stays in place: {s}; {h}.",
        ).format(s=Text("、".join(series), ", ".join(series)), h=how)
    )


def conservative() -> Note:
    """Why a failure to pass with the default says little."""
    return Note(
        Text(
            "residualise=once 时，观测路径与共用序列正交而打乱后的路径不正交：检验偏保守，"
            "不通过时不能断言没有联系（residualise=each 让两者同样正交，功效高得多，"
            "但各地波动悬殊时会多报）。",
            "With residualise=once observed paths are orthogonal to the shared series and drawn "
            "ones are not: the test is conservative, and not passing does not show the absence of "
            "an association (residualise=each frees both alike and has far more power, but rejects "
            "too often where entities differ much in volatility).",
        )
    )


def purged() -> Note:
    """What the purged index is."""
    return Note(
        Text(
            "purged 表：去掉共用指标后的指数（权重与界限不变，不重新归一），p_few 为少聚类 p 值；"
            "它是另一个指数，问的是另一个问题。",
            "Table 'purged': the index without the shared indicators (weights and bounds as they "
            "were, not rescaled), with few-cluster p values; it is another index and answers "
            "another question.",
        )
    )


def coarse_clusters(fixed: int) -> Note:
    """That clusters move as blocks, and which do not move."""
    return Note(
        Text(
            "聚类粗于地区：整块互换，只在大小相同的聚类之间；{n} 个聚类没有同样大小的伙伴，"
            "留在原地。少聚类 p 值只在按地区聚类时给出。",
            "Clusters are coarser than entities: whole blocks trade places among clusters of "
            "equal size; {n} without an equal stay. Few-cluster p values are given for clusters by "
            "entity only.",
        ).format(n=fixed)
    )


def space(weights: str, left_out: int) -> Note:
    """With which weights trends were tested for clustering."""
    return Note(
        Text(
            "地区趋势是否在空间上成片按权重“{w}”检验；没有邻居而未参与该检验的地区 {n} 个。",
            'Whether unit trends cluster in space was tested with the weights "{w}"; {n} entities '
            "without a neighbour took no part in that.",
        ).format(w=weights, n=left_out)
    )


def space_untested() -> Note:
    """That exchangeability in space was not looked at."""
    return Note(
        Text(
            "没有空间权重，未检验地区趋势是否在空间上成片；成片时各地不可互换。",
            "Without spatial weights it was not tested whether unit trends cluster in space; if "
            "they do, entities are not exchangeable.",
        ),
        level="caution",
    )


def no_trends() -> Note:
    """That there are no unit trends that could cluster."""
    return Note(
        Text(
            "被置换部分没有地区趋势（或只有一期），无须检验空间成片。",
            "The permuted part has no unit trends, so none can cluster in space.",
        )
    )


def null_figure() -> Figure:
    """The observed t among those of the draws."""
    return Figure(
        name="null",
        kind="histogram",
        table="null",
        title=Text(
            "打乱之后的 t 值与观测值", "t statistics after permutation, and the observed one"
        ),
        reading=Text(
            "柱是把自有变异在地区间打乱后的 t 值，浅色带是其 5–95 %；它们偏离零的部分是算术。"
            "粗线是观测值：落在柱群之内，就没有超出算术的证据。",
            "Bars are t statistics after the rest's own variation has been dealt to other "
            "entities, the pale band their 5–95 %; what moves them off zero is arithmetic. The "
            "thick line is the observed one: among the bars, there is no evidence beyond "
            "arithmetic.",
        ),
        encodings={
            "value": "statistic",
            "observed": {"table": "test", "column": "statistic"},
            "low": {"table": "test", "column": "null_low"},
            "high": {"table": "test", "column": "null_high"},
        },
    )
