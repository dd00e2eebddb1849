"""Notes, checks and figures of regressions, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text
from zhiheng.explain.regression import Model
from zhiheng.kernels.few_clusters import Weights, WildBootstrap
from zhiheng.kernels.panel_ols import SmallSample

SHARES_CHECK = Text("各地区变异份额之和为一", "entities' shares of the variation sum to one")
NORMAL_CHECK = Text("残差与解释变量正交", "residuals are orthogonal to the regressors")
SPLIT_CHECK = Text("各部分之和等于系数", "the parts sum to the coefficient")

_FACTORS: dict[SmallSample, Text] = {
    "stata": Text(
        "同 Stata xtreg, fe vce(cluster) 与 R fixest，参数个数不计嵌套在聚类内的地区效应",
        "as Stata xtreg, fe vce(cluster) and R fixest: entity effects, nested in the clusters, "
        "are not counted as parameters",
    ),
    "areg": Text(
        "同 Stata areg 与 R sandwich（虚拟变量回归），全部效应计入参数个数",
        "as Stata areg and R sandwich on dummies: all effects are counted as parameters",
    ),
    "sss": Text(
        "同 R plm 的 sss，参数个数只计解释变量",
        "as R plm's sss: only the regressors are counted as parameters",
    ),
    "cr1": Text("只按聚类数调整，同 R clubSandwich", "for clusters only, as R clubSandwich"),
    "none": Text("不作调整，同 R plm 的缺省", "none, as R plm by default"),
}
_WEIGHTS: dict[Weights, Text] = {
    "rademacher": Text("Rademacher 两点权重", "Rademacher two-point weights"),
    "webb": Text("Webb 六点权重", "Webb six-point weights"),
}


def standard_errors(small_sample: SmallSample) -> Note:
    """Which standard error is printed, and what its t statistic is compared with."""
    return Note(
        Text(
            "标准误按地区聚类（CR1），小样本因子：{f}；t 检验的自由度为聚类数减一。",
            "Standard errors are clustered by entity (CR1), small-sample factor: {f}; "
            "t tests have as many degrees of freedom as clusters, less one.",
        ).format(f=_FACTORS[small_sample])
    )


def few_clusters() -> Note:
    """What `p_few` and `mde` are."""
    return Note(
        Text(
            "p_few 用 CR2 标准误与 Satterthwaite 自由度（Bell–McCaffrey；Pustejovsky–Tipton）；"
            "mde 是按所印聚类标准误、在给定水平与功效下能够发现的最小真实效应。",
            "p_few uses CR2 standard errors with Satterthwaite degrees of freedom "
            "(Bell–McCaffrey; Pustejovsky–Tipton); mde is the smallest true effect that a test "
            "with the printed clustered error would find at the given level and power.",
        )
    )


def wild(found: WildBootstrap, weights: Weights) -> Note:
    """How `p_wild` was computed."""
    name = _WEIGHTS[weights]
    if found.enumerated:
        return Note(
            Text(
                "p_wild：受约束的 wild 聚类自助法，{w}，穷举全部符号组合，没有抽样误差。",
                "p_wild: restricted wild cluster bootstrap, {w}, all sign patterns, "
                "so no simulation error.",
            ).format(w=name)
        )
    return Note(
        Text(
            "p_wild：受约束的 wild 聚类自助法，{w}；抽取次数与种子见参数。",
            "p_wild: restricted wild cluster bootstrap, {w}; draws and seed are in the parameters.",
        ).format(w=name)
    )


def model_notes(model: Model) -> list[Note]:
    """What was done to the variables before least squares."""
    notes: list[Note] = []
    if model.transform == "first_difference":
        notes.append(
            Note(
                Text(
                    "变量取相邻时期的一阶差分：地区效应与常数随之消去，时期效应仍然吸收；"
                    "地区趋势（若有）成为差分的地区均值。",
                    "Variables are first differences between neighbouring periods: entity effects "
                    "and the constant are gone, period effects are still absorbed, and an entity "
                    "trend, if asked for, is the entity's mean difference.",
                )
            )
        )
    elif model.effects == "none":
        notes.append(Note(Text("合并回归：只有一个常数。", "Pooled: one constant, no effects.")))
    if model.trends:
        notes.append(
            Note(Text("去掉了各地区的线性趋势。", "A linear trend of each entity is removed."))
        )
    return notes


def rows_dropped() -> Note:
    """That rows are missing from the estimation; the table lists them."""
    return Note(
        Text(
            "有缺口的行（以及因此只剩自身效应的地区）没有进入估计；"
            "dropped 表逐一列出，fit 表给出数目。",
            "Rows with gaps, and entities that their own effects then absorb whole, are not in the "
            "estimation; the table 'dropped' lists them and 'fit' counts them.",
        ),
        level="caution",
    )


def coefficients_figure() -> Figure:
    """Estimates with their intervals."""
    return Figure(
        name="coefficients",
        kind="interval",
        table="coefficients",
        title=Text("系数与区间", "Coefficients with intervals"),
        reading=Text(
            "点是估计值，横线是聚类标准误的置信区间；横线跨过零线，就不能说系数异于零。",
            "A point is an estimate, its line the confidence interval from clustered errors; "
            "a line across zero means that no difference from zero can be claimed.",
        ),
        encodings={
            "label": "term",
            "value": "estimate",
            "low": "ci_low",
            "high": "ci_high",
            "reference": 0,
        },
    )


def influence_figure(term: Text) -> Figure:
    """Each entity's share of the variation that identifies the first regressor."""
    return Figure(
        name="influence",
        kind="bar",
        table="influence",
        title=Text("{t}：谁在决定系数", "{t}: who drives the coefficient").format(t=term),
        reading=Text(
            "柱长是该地区占解释变量组内变异（去掉固定效应与其他变量后）的份额；"
            "一根很长的柱子说明系数靠一个地区撑着。",
            "A bar is the entity's share of the regressor's variation after effects and other "
            "regressors; one long bar means that the coefficient leans on one entity.",
        ),
        encodings={"label": "entity", "value": "share", "sort": "-value"},
    )


def split_figure() -> Figure:
    """The slope by indicator."""
    return Figure(
        name="split",
        kind="bar",
        table="by_indicator",
        title=Text("系数由哪些指标构成", "Which indicators make up the coefficient"),
        reading=Text(
            "各柱之和等于系数；着色的柱与被解释变量共用数据，那一部分首先是算术。",
            "The bars sum to the coefficient; the coloured ones share data with the outcome, "
            "and that part is arithmetic before it is anything else.",
        ),
        encodings={"label": "indicator", "value": "estimate", "colour": "shared", "reference": 0},
    )


def nothing_shared() -> Note:
    """That index, controls and outcome stand on different data."""
    return Note(
        Text(
            "没有一个指标或控制变量与被解释变量共用序列、分母或目录登记的同源数据。",
            "No indicator and no control shares a series, a denominator or catalogued kin with "
            "the outcome.",
        )
    )


def shared_by(names: Sequence[str]) -> Note:
    """Which of them share something."""
    return Note(
        Text(
            "与被解释变量有重叠：{n}；共用什么见 overlaps 表。",
            "Overlap with the outcome: {n}; the table 'overlaps' says what is shared.",
        ).format(n=Text("、".join(names), ", ".join(names))),
        level="caution",
    )


def all_shared() -> Note:
    """That nothing of the index is free of the outcome."""
    return Note(
        Text(
            "指数的每个指标都与被解释变量有重叠，没有剩下可比的部分。",
            "Every indicator of the index overlaps with the outcome; nothing is left to compare.",
        ),
        level="blocks",
    )


def control_shares() -> Note:
    """That a control is an ingredient of the outcome."""
    return Note(
        Text(
            "有控制变量与被解释变量共用数据：它会吸走或造出算术上的联系。",
            "A control shares data with the outcome: it absorbs or creates links by arithmetic.",
        ),
        level="caution",
    )


def split_meaning() -> Note:
    """What the split is and is not."""
    return Note(
        Text(
            "拆分在权重与界限固定下精确成立；某部分的值不等于去掉其余部分后的系数，"
            "后者见 slopes 表。系数接近零时份额会很大，应看估计值本身。",
            "The split is exact with weights and bounds frozen; a part's value is not the slope "
            "without the other parts, which is in the table 'slopes'. Near a zero coefficient "
            "shares grow large: look at the estimates.",
        )
    )
