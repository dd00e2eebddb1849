"""What is said beside the effects of an identity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from zhiheng.carbon.comparison import MEAN, Plan
from zhiheng.carbon.completeness import left_out_notes
from zhiheng.carbon.factors import Factors
from zhiheng.carbon.lmdi_analysis import Analysis
from zhiheng.catalog.identities import Identity
from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.kernels.lmdi_forms import Form, Method

CANCEL = 0.1
"""Below this part of the effects' absolute sum, the change is called nearly cancelled."""


def notes(
    identity: Identity,
    data: Factors,
    sides: Sequence[Analysis],
    plan: Plan,
    *,
    method: Method,
    form: Form,
) -> list[Note]:
    """Rules that applied and what to mind."""
    out = [_how(plan, method, form)]
    if identity.note:
        out.append(Note(identity.note))
    out += _members(data, plan, method, form)
    out += _cautions(data)
    out += _of_effects(sides, data, plan, form)
    return out


def _how(plan: Plan, method: Method, form: Form) -> Note:
    name = {"lmdi1": "LMDI-I", "lmdi2": "LMDI-II"}[method]
    kind = {
        "additive": Text("加法", "Additive"),
        "multiplicative": Text("乘法", "Multiplicative"),
    }[form]
    put = {"additive": Text("累加", "summed"), "multiplicative": Text("连乘", "multiplied")}[form]
    if plan.between == "entities":
        against = (
            Text("各地区的平均（分子分母分别平均）", "the mean of entities (numerators and "
                 "denominators averaged apart)")
            if plan.base == MEAN
            else Text.same(plan.base)
        )  # fmt: skip
        which = Text("每个地区与{b}相比，逐期进行", "every entity against {b}, in each period")
        which = which.format(b=against)
    elif plan.between == "scenarios":
        which = Text(
            "每个情景与{b}相比，逐期、逐地区进行", "every scenario against {b}, period by period"
        ).format(b=plan.base)
    elif plan.chained:
        which = Text(
            "逐期分解后{p}（链式）", "decomposed step by step and {p} (chained)"
        ).format(p=put)  # fmt: skip
    elif len(plan.last) > 1:
        which = Text("各期都与同一基期比较", "every period against one base period")
    else:
        which = Text("只比较首末两期", "between the first and the last period only")
    return Note(
        Text(
            "{k} {n}，{w}；效应是恒等式里的算术份额，不是因果效应。",
            "{k} {n}, {w}; effects are arithmetic shares of an identity, not causal ones.",
        ).format(k=kind, n=name, w=which)
    )


def _members(data: Factors, plan: Plan, method: Method, form: Form) -> list[Note]:
    out: list[Note] = []
    many = len(plan.regions) > 1 or len(data.parts) > 1
    if many and method == "lmdi1" and form == "additive" and len(plan.regions) > 1:
        out.append(
            Note(
                Text(
                    "先对每个地区分解，再把效应相加；地区之间的结构变化包含在各因素里，不另成一项。",
                    "Entities are decomposed one by one and their effects summed; shifts between "
                    "entities are inside the factors and no term of their own.",
                )
            )
        )
    if many and (method == "lmdi2" or form == "multiplicative"):
        out.append(
            Note(
                Text(
                    "by_ 各表是地区、部门各自的分解，不能直接加总或连乘成合计；"
                    "它们各自贡献多少，见 attribution_ 各表。",
                    "The tables by_ decompose each region or sector on its own and do not add or "
                    "multiply up to the total; what each contributes is in the tables "
                    "attribution_.",
                )
            )
        )
    if data.apart:
        out.append(
            Note(
                Text(
                    "各部门之和与数据里的合计最多相差 {d}；分解的是各部门之和。",
                    "The sum over sectors differs from the total in the data by up to {d}; the sum "
                    "over sectors is decomposed.",
                ).format(d=f"{data.apart:.2%}"),
                level="caution",
            )
        )
    if data.sink.any():
        out.append(
            Note(
                Text(
                    "{n} 个始终为负的部分作为碳汇单独分解，不与排放相抵，见表 sinks。",
                    "{n} parts that are negative throughout are sinks and decomposed apart, not "
                    "netted against emissions: see the table sinks.",
                ).format(n=int(data.sink.sum()))
            )
        )
    return out


def _of_effects(sides: Sequence[Analysis], data: Factors, plan: Plan, form: Form) -> list[Note]:
    out: list[Note] = []
    effect = sides[0].effects if form == "additive" else np.log(sides[0].effects)
    cancelled = np.abs(effect.sum(axis=-1)) < CANCEL * np.abs(effect).sum(axis=-1)
    if cancelled.any() and plan.between == "periods":
        out.append(
            Note(
                Text(
                    "各因素效应几乎相抵，总变化很小，份额因此很大而不稳；请看相对期初量的效应。",
                    "The effects nearly cancel and the change is small, so shares of it are large "
                    "and unstable; read the effects relative to the start.",
                ),
                level="caution",
                code="M838",
            )
        )
    limits = sum(int(side.limits.sum()) for side in sides)
    if limits or data.empty:
        out.append(
            Note(
                Text(
                    "{n} 步从零开始或归于零，按解析极限处理：同时为零的因素承担全部变化；"
                    "另有 {m} 个零除以零的比率，所在部分为零，没有效应。",
                    "{n} steps start or end at zero and take the analytical limits: factors that "
                    "are zero along with the total carry the whole change; {m} ratios are zero "
                    "over zero in parts that are zero, and have no effect.",
                ).format(n=limits, m=data.empty),
                code="M835",
            )
        )
    if any(np.isnan(side.effects).any() for side in sides):  # of emissions this is refused
        out.append(
            Note(
                Text(
                    "碳汇合计从零开始或归于零，这种形式没有定义，表 sinks 里记为缺失；"
                    "加法 LMDI-I 有极限。",
                    "The total of sinks starts or ends at zero, where this form is undefined: "
                    "gaps in the table sinks. Additive LMDI-I has a limit.",
                ),
                level="caution",
                code="M957",
            )
        )
    undefined = sum(
        own.undefined
        for side in sides
        for own in (side.entities, side.sectors, side.parts)
        if own is not None
    )
    if undefined:
        out.append(
            Note(
                Text(
                    "{n} 个地区、部门从零开始或归于零，它们自己的指数没有定义，记为缺失。",
                    "{n} regions or sectors start or end at zero: indices of their own are "
                    "undefined and left as gaps.",
                ).format(n=undefined),
                level="caution",
                code="M957",
            )
        )
    return out


def of_draws(uncertainty: Mapping[str, float], correlation: float, draws: int) -> list[Note]:
    """How errors were carried through."""
    if not uncertainty:
        return []
    given = ", ".join(f"{name} {float(value):.1%}" for name, value in uncertainty.items())
    return [
        Note(
            Text(
                "区间为 {n} 次抽取的中间 90 %：相对误差 {g}，服从对数正态，"
                "地区、部门、序列之间独立，两期之间相关 {c}。各地共有的误差（如同一排放因子）"
                "不会抵消，合计的区间因此偏窄。",
                "Intervals hold the middle 90 % of {n} draws: relative errors {g}, log-normal, "
                "independent between entities, sectors and series, with a correlation of {c} "
                "between two periods. Errors that all share, such as one emission factor, do not "
                "cancel: intervals of totals are too narrow for them.",
            ).format(n=draws, g=given, c=f"{correlation:g}")
        )
    ]


def _cautions(data: Factors) -> list[Note]:
    out: list[Note] = []
    if not data.by_construction and not data.spread.by_product:
        out.append(
            Note(
                Text(
                    "各因素之积在这些数据里等于被分解量，但不是由式子约简得到：换了数据要重新核对。",
                    "The factors multiply up in these data but do not cancel by construction: with "
                    "other data this must be checked again.",
                ),
                level="caution",
                code="M834",
            )
        )
    if data.current_money:
        out.append(
            Note(
                Text(
                    "因素 {f} 以当年价计，其效应混有价格变化。",
                    "The factors {f} are in current prices: their effects include price changes.",
                ).format(f=", ".join(data.current_money)),
                level="caution",
                code="M836",
            )
        )
    out += left_out_notes(data.left_out)
    return out
