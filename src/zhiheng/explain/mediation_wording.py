"""Notes, checks and figures of mediation, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from zhiheng.core.panel import Panel
from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text
from zhiheng.explain import wording

if TYPE_CHECKING:
    from zhiheng.explain.mediation import Setup

PRODUCT_CHECK = Text(
    "总效应减直接效应等于各路径乘积之和", "total less direct equals the sum of the products"
)
CROSS_CHECK = Text(
    "自助法所用叉积给出的斜率与最小二乘一致",
    "the cross products of the resamples give the slopes of least squares",
)
ARGUED = Text(
    "中介到结果：须由理论论证，此处不检验", "mediator to outcome: argued, not tested here"
)

_TWO_STEP = Note(
    Text(
        "two_step 表按江艇（2022）的建议只检验“处理变量→中介”；“中介→结果”须由理论与已有文献论证，"
        "逐步回归的 b 与 c′ 受未观测混杂影响，其显著与否不能确认机制。",
        "The table two_step tests treatment to mediator only, as Jiang (2022) advises; mediator to "
        "outcome is for theory and earlier work to argue. The b and c′ of stepwise regression bend "
        "with unmeasured confounders, and their significance confirms no mechanism.",
    )
)
_INTERVALS = Note(
    Text(
        "区间：以地区为区块有放回重抽，整条历史一起进出，每次重抽都重新去掉固定效应；"
        "取 Hesterberg（2015）扩展百分位。间接效应的 p_value 用聚类 delta 法；"
        "p_few 是路径各环节 CR2 p 值的最大者（联合显著性检验：有一环为零，乘积即为零），"
        "多条路径之和没有这样的 p 值。",
        "Intervals: regions are redrawn with their whole histories, effects removed anew in each "
        "resample; expanded percentiles (Hesterberg 2015). The p_value of an indirect effect is by "
        "the clustered delta method; its p_few is the largest CR2 p along the route (test of joint "
        "significance: a product is zero if one link is); a sum of routes has no such p.",
    )
)
_SENSITIVITY = Note(
    Text(
        "敏感性（Imai、Keele 与 Yamamoto，2010，用于去掉固定效应后的线性模型）："
        "中介方程与结果方程误差的相关为 ρ 时，间接效应为 "
        "a·(σ₁/σ₂)·[r − ρ·√((1−r²)/(1−ρ²))]，ρ = r 时为零；r 是去掉处理变量、控制变量、其他中介与"
        "固定效应之后结果与中介的偏相关。|r| 小，说明不大的未观测混杂就足以抹去间接效应；"
        "r² 是这样的混杂须同时解释的两方程剩余变异份额之积。",
        "Sensitivity (Imai, Keele and Yamamoto 2010, for the linear model after effects): if the "
        "errors of mediator and outcome correlate by ρ, the indirect effect is "
        "a·(σ₁/σ₂)·[r − ρ·√((1−r²)/(1−ρ²))], zero at ρ = r, the partial correlation of outcome and "
        "mediator given treatment, controls, other mediators and effects. A small |r| means that "
        "little unmeasured confounding would do; r² is the product of the shares of both "
        "equations' unexplained variation that such a confounder would have to carry.",
    )
)
_SHARE = Note(
    Text(
        "share 是间接或直接效应与总效应之比；符号相反或总效应接近零时，"
        "可大于一或为负，不宜解读为百分比。",
        "share is an effect over the total effect; with opposite signs or a small total it leaves "
        "the range from zero to one and is no percentage.",
    )
)


def notes(panel: Panel, setup: Setup, tables: Mapping[str, Table]) -> list[Note]:
    """What was done, and what a reader must not take from it."""
    found = [_TWO_STEP, _INTERVALS, _SENSITIVITY, _SHARE]
    found.append(wording.standard_errors(setup.model.small_sample))
    found += wording.model_notes(setup.model)
    if setup.treatment.removed:
        found.append(_purged(setup.treatment.removed))
    if len(tables["overlaps"]):
        found.append(_overlapping(sorted({str(v) for v in tables["overlaps"].columns["variable"]})))
    if any(not arrow.sign for arrow in setup.arrows):
        found.append(_NO_SIGN)
    opposite = [
        panel.title(m)
        for m, agrees in zip(
            setup.mediators, tables["two_step"].columns["sign_agrees"], strict=True
        )
        if agrees == "no"
    ]
    if opposite:
        found.append(_against(opposite))
    if tables["fit"].columns["draws_undefined"][0]:
        found.append(_UNDEFINED)
    if "dropped" in tables:
        found.append(wording.rows_dropped())
    return found


_NO_SIGN = Note(
    Text(
        "有中介没有给出理论符号（theory）：没有事先的方向，斜率的符号说明不了机制。",
        "A mediator has no sign of theory (option theory): without a direction stated beforehand "
        "the sign of a slope says nothing of a mechanism.",
    ),
    level="caution",
)
_UNDEFINED = Note(
    Text(
        "有些重抽样本中变量完全共线，没有估计值；个数见 fit 表，区间不含它们。",
        "In some resamples variables are tied and nothing can be estimated; the table fit counts "
        "them and the intervals leave them out.",
    ),
    level="caution",
)


def _purged(removed: tuple[str, ...]) -> Note:
    return Note(
        Text(
            "处理变量是剔除后的指数，去掉了与中介共用数据的指标：{n}；界限与权重按其余指标重新计算。",
            "The treatment is the index without the indicators that share data with a mediator: "
            "{n}; bounds and weights are computed anew from the others.",
        ).format(n=Text("、".join(removed), ", ".join(removed))),
        level="caution",
    )


def _overlapping(names: list[str]) -> Note:
    return Note(
        Text(
            "变量之间共用数据（overlaps 表）：{n}；相应路径里有一部分首先是算术。",
            "Variables share data (table overlaps): {n}; part of those paths is arithmetic first.",
        ).format(n=Text("、".join(names), ", ".join(names))),
        level="caution",
    )


def _against(titles: list[Text]) -> Note:
    return Note(
        Text("与理论符号相反：{n}。", "Opposite to the sign of theory: {n}.").format(
            n=Text("、".join(t.zh for t in titles), ", ".join(t.en for t in titles))
        ),
        level="caution",
    )


def figures() -> tuple[Figure, ...]:
    """Effects with their intervals, in units of the outcome."""
    return (
        Figure(
            name="effects",
            kind="interval",
            table="paths",
            title=Text("总效应、直接效应与间接效应", "Total, direct and indirect effects"),
            reading=Text(
                "点是估计值，横线是地区区块自助区间；跨过零线，就不能说该效应异于零。"
                "间接效应异于零也不等于机制成立，见敏感性表。",
                "A point is an estimate, its line the interval from resampled regions; across zero "
                "no difference from zero can be claimed. An indirect effect away from zero is not "
                "yet a mechanism: see the table of sensitivity.",
            ),
            encodings={
                "label": "effect_route",
                "value": "estimate",
                "low": "ci_low",
                "high": "ci_high",
                "reference": 0,
                "where": {"role": "effect"},
            },
        ),
    )
