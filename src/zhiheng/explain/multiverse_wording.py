"""Notes, checks and the figure of a multiverse, in both languages."""

from __future__ import annotations

from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text
from zhiheng.explain.multiverse_input import Space

ONE_CHECK = Text(
    "成批投影与单个回归一致（首、末两个设定，相对误差）",
    "batched projection equals single regressions (first and last specification, relative)",
)


def notes(space: Space, direction: int, *, sign: str, level: float, draws: int) -> list[Note]:
    """Everything that has to be said of the numbers."""
    found = [
        estimates_note(space),
        claim_note(direction, declared=sign != "any", level=level),
        null_note(draws),
        limits_note(),
        flagged_note(space),
        trends_note(space),
    ]
    return [note for note in found if note is not None]


def null_note(draws: int) -> Note:
    """What the joint test resamples and what it holds fast."""
    return Note(
        Text(
            "联合检验：在“处理变量无作用”的约束模型（只含固定效应与控制变量）下，把每个地区整条"
            "残差路径的符号随机取正或取负（{n} 次，同一次抽取在全部设定中共用，故设定之间的相关"
            "得以保留），再把所有设定重估一遍；p 是无作用时统计量不小于实际值的次数加一之比，"
            "不是把相关的设定逐个计数。固定不动的是处理变量、控制变量与样本。"
            "指数的权重只取自处理一方的数据，与结果的残差无关：逐次重算会得到同一组权重。",
            "Joint test: under the restricted model (effects and controls only, no treatment) each "
            "region's whole path of residuals keeps or changes its sign at random ({n} draws, the "
            "same signs in all specifications, so that their dependence is kept) and every "
            "specification is estimated again; p is one plus the draws as large, over one plus "
            "all: correlated specifications are not counted as if independent. Treatments, "
            "controls and samples are held fast. Index weights read the data of the treatment "
            "only and not the outcome's residuals: computed again in every draw they come out the "
            "same.",
        ).format(n=draws)
    )


def limits_note() -> Note:
    """What a joint p says and what it does not."""
    return Note(
        Text(
            "联合 p 小，只说明这些关联不全是抽样噪声；它不排除反向因果、遗漏变量，"
            "也不排除指数与结果共用原始序列（另见 overlap_audit）。"
            "设定之间的份额描述选择空间，不是概率。",
            "A small joint p says that the associations are not sampling noise alone; it does not "
            "rule out reverse causation, omitted variables, or base series that index and outcome "
            "share (see overlap_audit). Shares of specifications describe the space of choices; "
            "they are no probabilities.",
        )
    )


def estimates_note(space: Space) -> Note:
    """Units, lag, errors."""
    return Note(
        Text(
            "共 {n} 个设定，每个只含一个处理变量。估计值的单位：处理变量变动一个标准差，结果变动"
            "几个标准差（标准差取自全部单元格的水平值，差分设定也用它）。滞后只用于处理变量。"
            "标准误按地区聚类（CR1，因子同 Stata xtreg），自由度为地区数减一；"
            "p_wild 来自联合检验的同一批抽取。",
            "{n} specifications, each with one treatment. Estimates: standard deviations of the "
            "outcome for one standard deviation of the treatment (over all cells, in levels, also "
            "for differences). The lag is that of the treatment only. Errors are clustered by "
            "region (CR1, factor as Stata xtreg) with regions less one degrees of freedom; p_wild "
            "comes from the draws of the joint test.",
        ).format(n=space.size)
    )


def claim_note(direction: int, *, declared: bool, level: float) -> Note:
    """Which claim survives or not."""
    word = Text("为正", "positive") if direction > 0 else Text("为负", "negative")
    how = (
        Text("事先声明的方向", "declared beforehand")
        if declared
        else Text("未声明，取中位估计的方向", "not declared: that of the median")
    )
    return Note(
        Text(
            "“主张成立”指估计{w}（{h}）且 p 不大于 {l:.0%}。",
            "The claim survives where the estimate is {w} ({h}) with p at most {l:.0%}.",
        ).format(w=word, h=how, l=level),
        level="note" if declared else "caution",
        code="" if declared else "M796",
    )


def flagged_note(space: Space) -> Note | None:
    """That some specifications hold a control that should not be one."""
    names = [n for n, role in space.controls.items() if role != "confounder"]
    if not names:
        return None
    return Note(
        Text(
            "{v} 已声明为中介或组成部分：只在加旗标的设定里作控制（连同全部混杂因素），"
            "这些设定列在曲线表末尾，不进入联合检验与各项份额。",
            "{v}: declared as mediators or ingredients, controls in flagged specifications only "
            "(with all confounders); these stand at the end of the curve and take no part in the "
            "joint test or in any share.",
        ).format(v=", ".join(names)),
        level="caution",
        code="M795",
    )


def trends_note(space: Space) -> Note | None:
    """A caution where everything is in levels."""
    if {f.transform for f in space.frames} != {"levels"}:
        return None
    return Note(
        Text(
            "全部设定都是水平值：有趋势的序列可能只是同涨同跌，请加 trends 或 first_difference。",
            "All specifications are in levels: trending series may merely move together; add "
            "trends or first_difference.",
        ),
        level="caution",
    )


def curve_figure(count: int, drawn: int) -> Figure:
    """The specification curve with the choices below it."""
    each = Text("每个位置是一个设定。", "Every place is one specification.")
    some = Text(
        "曲线等分为 {d} 段，每段画居中的那个设定及其区间；下方一行是一种选择，"
        "颜色越深，该段中作此选择的设定越多（与该行最多的一段相比）。",
        "The curve is cut into {d} equal parts: drawn is the middle specification of each with "
        "its interval. Each row below is a choice, the darker the more specifications of a part "
        "make it, compared with the part where it is most frequent.",
    ).format(d=drawn)
    return Figure(
        "curve",
        "specification_curve",
        "drawn",
        Text("设定曲线：{n} 个设定", "Specification curve: {n} specifications").format(n=count),
        Text(
            "按估计值排序；蓝点主张成立，橙点不成立。{s}",
            "Sorted by estimate; the claim survives at blue points and not at orange ones. {s}",
        ).format(s=each if count <= drawn else some),
        {"choices": "drawn_choices", "reference": 0},
    )
