"""Notes, checks and figures of threshold regressions, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from zhiheng.core.expression import Overlap
from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text
from zhiheng.explain.threshold_input import Search
from zhiheng.kernels.threshold import Stage, Transform, Variance, critical_value

SUMS_CHECK = Text(
    "搜索所得残差平方和等于分区间最小二乘所得",
    "sums of squares of the search equal those of least squares by regime",
)
CRITICAL_CHECK = Text(
    "似然比临界值满足其分布函数", "the critical value of the likelihood ratio solves its law"
)
SHOWN = 5
"""The figure ends at so many times the critical value; what lies higher is plainly rejected."""
_TRANSFORMS: dict[Transform, Text] = {
    "within": Text(
        "变量取全部时期的组内离差，区间按“不高于／高于门槛”划分（同 Stata xthreg 与 pyxthreg）",
        "variables are deviations from entity means of all periods and regimes are “at or below” "
        "and “above” (as Stata xthreg and pyxthreg)",
    ),
    "hansen1999": Text(
        "变量取组内离差后去掉最后一期，区间按“低于／不低于门槛”划分"
        "（同 Hansen 1999 的实证与 R 的 pdR）",
        "variables are deviations from entity means less the last period and regimes are “below” "
        "and “not below” (as Hansen's application of 1999 and R pdR)",
    ),
}
_VARIANCES: dict[Variance, Text] = {
    "degrees": Text("地区数 ×（时期数 − 1）", "entities × (periods − 1)"),
    "rows": Text("进入估计的行数", "the number of rows in the estimation"),
}


def notes(
    search: Search, stages: Sequence[Stage], found: Table, overlaps: Sequence[Overlap]
) -> list[Note]:
    """What was done, what the tests say, and what to be wary of."""
    out = [_model(search), _sets(search)]
    if search.bootstrap:
        out += [_bootstrap(), *_verdict(search, stages)]
    out += [*_edges(found), _conditional(), *_shared(overlaps)]
    return out


def _model(search: Search) -> Note:
    effects = {
        "entity": Text("只含地区固定效应", "with entity effects only"),
        "twoway": Text("含地区与时期固定效应", "with entity and period effects"),
    }[search.effects]
    return Note(
        Text(
            "Hansen（1999）面板门槛模型，{e}：{t}。残差方差的分母为{v}，它同时改变 F 与其临界值，"
            "不改变 p 值。",
            "Panel threshold model of Hansen (1999), {e}: {t}. The residual variance divides by "
            "{v}; that scales F together with its critical values and leaves p alone.",
        ).format(e=effects, t=_TRANSFORMS[search.transform], v=_VARIANCES[search.variance])
    )


def _sets(search: Search) -> Note:
    return Note(
        Text(
            "门槛值的置信集由似然比给出：LR ≤ −2 ln(1 − √(1 − α)) = {c} 的全部候选值。"
            "该临界值假定误差同方差、不相关；误差的离散程度若随门槛变量变化，集合会偏窄或偏宽。",
            "The confidence set of a threshold holds all candidates with "
            "LR ≤ −2 ln(1 − √(1 − α)) = {c}. That value assumes errors of equal variance "
            "without correlation; where their spread changes with the threshold variable the set "
            "comes out too narrow or too wide.",
        ).format(c=f"{critical_value(search.level):.2f}")
    )


def _bootstrap() -> Note:
    return Note(
        Text(
            "F 的 p 值与临界值由自助法给出：固定解释变量、门槛变量和前面已得的门槛，"
            "有放回地整条抽取地区的残差（Hansen 1999）；"
            "p =（1 + 不小于 F 的次数）／（1 + 抽取次数）。",
            "p and critical values of F are bootstrapped: regressors, threshold variable and the "
            "thresholds found before are held, and whole residual paths of entities are drawn "
            "with replacement (Hansen 1999); p = (1 + draws not below F) / (1 + draws).",
        )
    )


def _verdict(search: Search, stages: Sequence[Stage]) -> list[Note]:
    passed = 0
    for stage in stages:
        if not stage.p_value < search.level:
            break
        passed += 1
    said = Text(
        "依次检验：在 {a} 的水平上得到 {k} 个门槛（检验到 {m} 个）。",
        "Tested one after the other at the level {a}: {k} of {m} thresholds stand.",
    ).format(a=f"{search.level:g}", k=passed, m=len(stages))
    if passed == len(stages):
        return [Note(said)]
    warning = Text(
        "未通过检验的门槛，其区间系数只是描述，不能说成门槛效应。",
        "Coefficients by regimes of a threshold that the test does not support are description, "
        "no threshold effect.",
    )
    joint = Text("{a}{b}", "{a} {b}").format(a=said, b=warning)
    return [Note(joint, level="caution", code="M731")]


def _edges(found: Table) -> list[Note]:
    edge, pieces = found.columns["at_edge"] == "yes", found.columns["pieces"] > 1
    if not (edge.any() or pieces.any()):
        return []
    return [
        Note(
            Text(
                "有的置信集到了候选值的边缘，或断成几段：门槛的位置没有被数据确定，"
                "表中区间只是集合的两端。",
                "Some confidence set reaches the end of the candidates, or falls into pieces: the "
                "data do not settle where the threshold lies, and the printed ends only bound the "
                "set.",
            ),
            level="caution",
            code="M732",
        )
    ]


def few_clusters() -> Note:
    """What `p_few` is, where no smallest detectable effect stands beside it."""
    return Note(
        Text(
            "p_few 用 CR2 标准误与 Satterthwaite 自由度（Bell–McCaffrey；Pustejovsky–Tipton），"
            "地区不到五十个时以它为准。",
            "p_few uses CR2 standard errors with Satterthwaite degrees of freedom "
            "(Bell–McCaffrey; Pustejovsky–Tipton); with fewer than fifty entities it is the one "
            "to go by.",
        )
    )


def _conditional() -> Note:
    return Note(
        Text(
            "各区间系数的标准误把门槛当作已知；门槛估计收敛得快，这在大样本中成立。",
            "Errors of the coefficients by regime take the thresholds as known, which their fast "
            "rate of convergence allows in large samples.",
        )
    )


def _shared(overlaps: Sequence[Overlap]) -> list[Note]:
    if not overlaps:
        return []
    names = list(dict.fromkeys(one.left for one in overlaps))
    return [
        Note(
            Text(
                "门槛变量与被解释变量共用数据（{n}）：按结果的成分分区间，会造出算术上的斜率差。",
                "Threshold variable and outcome share data ({n}): parting rows by an ingredient "
                "of the outcome makes slopes differ by arithmetic.",
            ).format(n=Text("、".join(names), ", ".join(names))),
            level="caution",
            code="M730",
        )
    ]


def own_level(threshold: str, regressors: Sequence[str]) -> list[Note]:
    """That the threshold variable has no slope of its own in the model."""
    if threshold in regressors:
        return []
    return [
        Note(
            Text(
                "门槛变量本身不在解释变量之列：它若直接影响结果，会混进各区间系数；"
                "可把它加入 controls 对照。",
                "The threshold variable itself is no regressor: a direct effect of it on the "
                "outcome would enter the coefficients by regime. Add it to controls to compare.",
            )
        )
    ]


def regime(term: str, number: int) -> Text:
    """A regressor in one regime, the first being the lowest."""
    return Text("{t}（区间 {n}）", "{t} (regime {n})").format(t=term, n=number)


def named(number: int) -> Text:
    """A threshold, in the order found."""
    return Text("门槛 {n}", "threshold {n}").format(n=number)


def ratio_figure(number: int, level: float, threshold: str) -> Figure:
    """The likelihood ratio along the threshold variable, with its critical value."""
    return Figure(
        name="likelihood_ratio",
        kind="curve",
        table="likelihood_ratio",
        title=Text("门槛值的似然比", "Likelihood ratio of the thresholds"),
        reading=Text(
            "曲线落到零处是门槛的估计值；低于虚线的候选值构成置信集，低于虚线的一段越宽，"
            "门槛的位置越不确定。过高的部分不画。",
            "A line touches zero at the estimate; the candidates below the dashed line form the "
            "confidence set, and the wider that stretch, the less certain the threshold. Peaks are "
            "cut off.",
        ),
        encodings={
            "x": "candidate",
            "value": "lr_statistic",
            "colour": "number",
            "where": {"thresholds": number},
            "reference": critical_value(level),
            "most": SHOWN * critical_value(level),
            "x_name": threshold,
        },
    )


def coefficients_figure(number: int) -> Figure:
    """Coefficients of the model with all thresholds asked for."""
    return Figure(
        name="coefficients",
        kind="interval",
        table="coefficients",
        title=Text("各区间的系数", "Coefficients by regime"),
        reading=Text(
            "点是各区间的系数（区间 1 最低），横线是聚类标准误的置信区间；"
            "区间之差是否显著看 F 检验，不能凭一条过零、另一条不过零来判断。",
            "A point is the coefficient of a regime, the first being the lowest, its line the "
            "interval from clustered errors; whether regimes differ is for the F test to say, not "
            "for one line that crosses zero and another that does not.",
        ),
        encodings={
            "label": "term",
            "value": "estimate",
            "low": "ci_low",
            "high": "ci_high",
            "reference": 0,
            "where": {"thresholds": number},
        },
    )
