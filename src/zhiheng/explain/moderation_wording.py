"""Notes and figures of moderation, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text
from zhiheng.explain import wording
from zhiheng.explain.regression import Model

RANGE_CHECK = Text("各段占样本的份额之和为一", "shares of the parts of the range sum to one")
FORMS: Mapping[str, Text] = {
    "product": Text("去中心乘积", "product of centred variables"),
    "double_demeaned": Text("组内离差之积", "product of deviations within entities"),
}
SIGNS: Mapping[str, Text] = {
    "positive": Text("显著为正", "above zero"),
    "negative": Text("显著为负", "below zero"),
    "undecided": Text("与零不可区分", "not told from zero"),
}
_READ = Note(
    Text(
        "处理变量的系数是调节变量处于样本均值时的斜率；交互项说明斜率随调节变量每升一单位变多少。"
        "是否“调节”要看边际效应表与分箱表，不看交互项一颗星。",
        "The treatment's own coefficient is its slope at the moderator's sample mean; the product "
        "says how the slope moves per unit of the moderator. Read the marginal effect and the "
        "bins, not the star of a product.",
    )
)
_FORMS_NOTE = Note(
    Text(
        "固定效应模型里，两个都随时间变化的变量之积含有地区之间的变异；"
        "interaction 表同时给出只用组内变异的双重去均值形式，两者相差很大时应说明理由。",
        "With fixed effects the product of two variables that both vary over time carries "
        "variation between entities; the table interaction also shows the double-demeaned form, "
        "which does not. A large difference needs a reason.",
    )
)
_ABSORBED = Note(
    Text(
        "调节变量被固定效应吸收，它自身的项没有进入模型；交互项仍可估计。",
        "The effects absorb the moderator: its own term is not in the model, its product still is.",
    )
)
_NOT_WITHIN = Note(
    Text(
        "没有地区效应，或调节变量在地区内不变，没有组内离差可言，按去中心乘积估计。",
        "Without entity effects, or with a moderator that is constant in each entity, there are no "
        "deviations within; the centred product was used.",
    ),
    level="caution",
)


def notes(
    tables: Mapping[str, Table], model: Model, *, absorbed: bool, chosen: str, asked: str
) -> list[Note]:
    """What was done, and where the line is extrapolation."""
    found = [_READ, _FORMS_NOTE] if len(tables["interaction"]) > 1 else [_READ]
    found += [wording.standard_errors(model.small_sample), *wording.model_notes(model)]
    if absorbed:
        found.append(_ABSORBED)
    if chosen != asked:
        found.append(_NOT_WITHIN)
    marginal = tables["marginal"].columns
    outside = marginal["in_support"] == "no"
    if outside.any():
        found.append(_thin(float(np.mean(outside)), float(marginal["share"][outside].sum())))
    return found


def _thin(span: float, cells: float) -> Note:
    return Note(
        Text(
            "调节变量取值范围的 {a:.0%} 处在两端的稀疏区，只有 {b:.0%} 的样本；"
            "那里的边际效应主要靠直线外推。",
            "{a:.0%} of the moderator's range lies in its thin ends with {b:.0%} of the cells; the "
            "marginal effect there is mostly extrapolation of a line.",
        ).format(a=span, b=cells),
        level="caution",
    )


def bin_notes(bins: Table, line: Table, level: float) -> list[Note]:
    """What the bins say of the straight line."""
    found = [
        Note(
            Text(
                "分箱检验（Hainmueller、Mummolo 与 Xu，2019）：各箱在其中位数处的斜率不假定直线；"
                "p_difference 与直线之差逐箱比较，line 表为联合检验（F 取 Hotelling 形式）。",
                "Bins (Hainmueller, Mummolo and Xu 2019): slopes at the bins' medians assume no "
                "straight line; p_difference compares each with the line, the table line all of "
                "them (F of Hotelling's form).",
            )
        )
    ]
    if line.columns["p_value"][0] < level:
        found.append(
            Note(
                Text(
                    "各箱不在一条直线上：线性交互项的边际效应不可靠，以分箱为准。",
                    "The bins do not lie on a line: the marginal effect of a linear product is not "
                    "to be relied on; read the bins.",
                ),
                level="caution",
            )
        )
    if (bins.columns["entities"] < 10).any():
        found.append(
            Note(
                Text(
                    "有的箱里不足十个地区，其标准误偏小。",
                    "A bin holds fewer than ten entities; its errors are too small.",
                ),
                level="caution",
            )
        )
    return found


def figures() -> tuple[Figure, ...]:
    """The marginal effect over the moderator's range."""
    return (
        Figure(
            name="marginal",
            kind="interval",
            table="marginal",
            title=Text("调节变量各取值处的边际效应", "Marginal effect by value of the moderator"),
            reading=Text(
                "自上而下是调节变量由低到高的取值；横线是区间。跨过零线的取值上，效应的符号不能确定；"
                "样本稀疏的两端靠外推。",
                "From top to bottom the moderator rises; lines are intervals. Where a line crosses "
                "zero the sign cannot be told, and the thin ends are extrapolation.",
            ),
            encodings={
                "label": "moderator_value",
                "value": "estimate",
                "low": "ci_low",
                "high": "ci_high",
                "reference": 0,
            },
        ),
    )
