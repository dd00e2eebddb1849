"""How standard errors of every kind are named, in both languages."""

from __future__ import annotations

from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.explain import wording
from zhiheng.kernels.panel_covariance import Grouping, KernelFactor, Kind
from zhiheng.kernels.panel_ols import SmallSample

_PLAIN: dict[Kind, Text] = {
    "classical": Text(
        "标准误是经典的：假定误差同方差且互不相关，s² 除以 N−K，K 计入全部固定效应；"
        "省级面板里它几乎总是偏小，只宜对照。",
        "Standard errors are classical: errors of equal variance and uncorrelated, s² over N−K "
        "with all effects in K. In panels of regions they are nearly always too small; "
        "use them for comparison only.",
    ),
    "hc0": Text(
        "标准误为 HC0（White）：允许异方差，不允许相关，不作小样本调整。",
        "Standard errors are White's HC0: unequal variances, no correlation, no adjustment.",
    ),
    "hc1": Text(
        "标准误为 HC1（White 乘 N/(N−K)，K 计入全部固定效应）；同一地区各期误差相关时偏小。",
        "Standard errors are HC1 (White times N/(N−K), all effects in K); too small when a "
        "region's errors are correlated over time.",
    ),
}
_GROUPING: dict[Grouping, Text] = {
    "entity": Text("地区", "entity"),
    "period": Text("时期", "period"),
    "two_way": Text("地区与时期双向", "entity and period, both ways"),
}
_KERNEL_FACTORS: dict[KernelFactor, Text] = {
    "plm": Text("不作调整，同 R plm vcovSCC 的 HC0", "none, as R plm's vcovSCC with HC0"),
    "linearmodels": Text(
        "N/(N−K)，K 计入全部效应，同 linearmodels",
        "N/(N−K) with all effects in K, as linearmodels",
    ),
    "fixest": Text(
        "(N−1)/(N−K)·T/(T−1)，K 计入全部效应，同 pyfixest",
        "(N−1)/(N−K)·T/(T−1) with all effects in K, as pyfixest",
    ),
}


def kind(covariance: Kind, cluster: Grouping, small_sample: SmallSample) -> Note:
    """The standard error without sums over time."""
    if covariance in _PLAIN:
        return Note(_PLAIN[covariance])
    if cluster == "entity":
        return wording.standard_errors(small_sample)
    return Note(
        Text(
            "标准误按{g}聚类（CR1；G/(G−1)·(N−1)/(N−K)，嵌套在聚类内的效应的计法为“{s}”，"
            "双向时 G 取较小者，同 fixest）；自由度为 G−1。",
            "Standard errors are clustered by {g} (CR1: G/(G−1)·(N−1)/(N−K), effects counted as "
            'in "{s}", the smaller G when crossed, as fixest); G−1 degrees of freedom.',
        ).format(g=_GROUPING[cluster], s=small_sample)
    )


def over_time(covariance: Kind, factor: KernelFactor, lag: int) -> Note:
    """Driscoll-Kraay or Newey-West, with lag and factor named."""
    if covariance == "driscoll_kraay":
        text = Text(
            "标准误为 Driscoll–Kraay（Bartlett 核，滞后 {l} 期），容许地区之间与各期之间相关；"
            "小样本因子：{f}；自由度为时期数减一。",
            "Standard errors are Driscoll–Kraay (Bartlett weights, {l} lags): dependence between "
            "regions and over time; small-sample factor: {f}; T−1 degrees of freedom.",
        )
    else:
        text = Text(
            "标准误为面板 Newey–West（Bartlett 核，滞后 {l} 期），容许地区内跨期相关，"
            "不容许地区之间相关；小样本因子：{f}；自由度为地区数减一。",
            "Standard errors are Newey–West within entities (Bartlett weights, {l} lags): "
            "dependence over time, none between regions; small-sample factor: {f}; as many "
            "degrees of freedom as entities, less one.",
        )
    return Note(text.format(l=str(lag), f=_KERNEL_FACTORS[factor]))


def short_for_driscoll_kraay(periods: int, enough: int) -> Note:
    """That the asymptotics of Driscoll and Kraay need more periods."""
    return Note(
        Text(
            "只有 {n} 个时期（少于 {m}）：Driscoll–Kraay 标准误依靠时期数趋于无穷，"
            "这里通常偏小，应以旁列的少聚类 p 值（p_few）为准。",
            "There are {n} periods, fewer than {m}: Driscoll–Kraay errors rest on many periods and "
            "are usually too small here; go by the few-cluster p value (p_few) beside them.",
        ).format(n=str(periods), m=str(enough)),
        level="caution",
        code="M713",
    )


def repaired() -> Note:
    """That the two-way covariance was not positive."""
    return Note(
        Text(
            "双向聚类协方差不是半正定的，已按 Cameron–Gelbach–Miller 把负特征值置零。",
            "The two-way covariance was not positive semidefinite; negative eigenvalues are set to "
            "zero (Cameron, Gelbach and Miller).",
        ),
        level="caution",
    )


def beside() -> Note:
    """That few-cluster figures and influence stay clustered by entity."""
    return Note(
        Text(
            "p_few、p_wild 与影响表始终按地区聚类，供与所印标准误对照。",
            "p_few, p_wild and the influence table stay clustered by entity, to set beside the "
            "printed errors.",
        )
    )
