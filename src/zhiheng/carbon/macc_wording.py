"""What is said beside a curve of abatement costs, what is checked, and what is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zhiheng.carbon.macc_input import Plan
from zhiheng.catalog.columns import table_title
from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Check, Figure, Note
from zhiheng.core.text import Text

if TYPE_CHECKING:
    from zhiheng.carbon.macc import Curve, Interaction

# Parts of a source sum to its abated part; rounding alone stays three digits below this.
CLOSURE = 1e-10

HOW = {
    "shapley": Text(
        "作用于同一排放源的措施相互重叠：每项的减排量取各种先后顺序的平均（沙普利值），"
        "设备费用不变，节能收益与减排量同比减少。",
        "Measures on one source overlap: the tonnes of each are the average over all orders "
        "(Shapley); equipment costs the same, tonnes and saved energy shrink together.",
    ),
    "order": Text(
        "作用于同一排放源的措施按优先次序依次作用于剩余排放；设备费用不变，节能收益与减排量同比减少。",
        "Measures on one source act one after the other, in merit order, on what is left; "
        "equipment costs the same, tonnes and saved energy shrink together.",
    ),
    "none": Text(
        "按 interaction=none，重叠没有扣除：各项之和可能超过排放源。",
        "With interaction=none overlap is not taken off: the sum may exceed the source.",
    ),
}


def notes(
    plan: Plan, curve: Curve, *, interaction: Interaction, year: int, unit: str
) -> list[Note]:
    """Rules that applied and what to mind."""
    level = "caution" if interaction == "none" else "note"
    out = [Note(HOW[interaction], level=level), _static(year)]
    out += _overlap(plan, curve)
    out += _negative(plan, curve, unit)
    out += _figures(plan)
    if not plan.ranged:
        out.append(
            Note(
                Text(
                    "措施只给了单个数值，没有区间可抽样：成本区间与名次区间都只是一个点。",
                    "Measures are given as single numbers: there is nothing to draw, and "
                    "intervals of cost and rank are points.",
                ),
                level="caution",
                code="M917",
            )
        )
    return out


def _static(year: int) -> Note:
    return Note(
        Text(
            "这是 {y} 年的静态曲线：装机受存量更新限制，各年份购置的设备按当年成本计；"
            "不含反弹效应、交易成本与价格反应。",
            "A static curve of {y}: what is installed is bounded by stock turnover and each "
            "vintage pays its own cost; without rebound, transaction costs or price response.",
        ).format(y=year)
    )


def _overlap(plan: Plan, curve: Curve) -> list[Note]:
    plain, kept = curve.alone[0].sum(), curve.kept[0].sum()
    if plain - kept <= CLOSURE * plain:
        return []
    return [
        Note(
            Text(
                "逐项相加会得到 {a} {u}，扣除重叠后是 {b} {u}：高估 {p}。",
                "Adding measures up would give {a} {u}; without overlap it is {b} {u}: {p} "
                "too much.",
            ).format(
                a=f"{plain:,.0f}", b=f"{kept:,.0f}", u=option_word("unit", plan.sources.unit),
                p=f"{(plain - kept) / kept:.1%}",
            ),
            code="M999",
        )
    ]  # fmt: skip


def _negative(plan: Plan, curve: Curve, unit: str) -> list[Note]:
    pays = int((curve.cost[0] < 0).sum())
    if not pays:
        return []
    first = Note(
        Text(
            "{n} 项措施成本为负。对它们，单位成本不是次序：减得越多，单位成本越不“低”。"
            "名次按净收益与减排量的帕累托前沿排，前沿之内净收益大者在前；照这些成本它们都值得做，先后不由曲线决定。",
            "{n} measures pay for themselves. Cost per tonne is no order for them: more tonnes "
            "make it less negative. They are ranked by Pareto fronts of net benefit and tonnes, "
            "within a front by net benefit; at these costs all are worth doing, and the curve "
            "does not say which comes first.",
        ).format(n=pays)
    )
    if not len(curve.pairs):
        return [first]
    # the clearest case: the pair with the largest loss of benefit
    gap = curve.benefit[0][curve.pairs[:, 1]] - curve.benefit[0][curve.pairs[:, 0]]
    worse, better = curve.pairs[int(gap.argmax())]
    names = [m.name() for m in plan.measures]
    return [
        first,
        Note(
            Text(
                "按单位成本排会颠倒 {n} 对：例如把“{a}”（{ca} {u}）排在“{b}”（{cb} {u}）之前，"
                "而后者减排更多、净收益更大。各对见表“{t}”。",
                "Pairs that an order by cost per tonne turns round: {n}. For example, it puts "
                "“{a}” ({ca} {u}) before “{b}” ({cb} {u}), which abates no less and gains no less. "
                "All are in the table “{t}”.",
            ).format(
                n=len(curve.pairs), a=names[worse], b=names[better], u=option_word("unit", unit),
                t=table_title("macc", "reversals"),
                ca=f"{curve.cost[0][worse]:,.3g}".replace("-", "−"),
                cb=f"{curve.cost[0][better]:,.3g}".replace("-", "−"),
            ),
            level="caution",
            code="M997",
        ),
    ]  # fmt: skip


def _figures(plan: Plan) -> list[Note]:
    recalled = sorted({m for m, _, f in plan.figures if f.status == "recalled"})
    out: list[Note] = []
    if recalled:
        out.append(
            Note(
                Text(
                    "措施 {m} 用到目录里只凭记忆、未经核实的数值。",
                    "The measures {m} rest on figures of the catalogue that are recalled, not "
                    "confirmed.",
                ).format(m=", ".join(recalled)),
                level="caution",
                code="M998",
            )
        )
    if plan.figures:
        out.append(
            Note(
                Text(
                    "目录里的成本多为欧洲水平，不是在中国建厂的价格；有本地报价时请在措施里写明。",
                    "Costs of the catalogue are mostly European, not what a plant costs in China; "
                    "give local quotations in the measures where there are any.",
                ),
                level="caution",
            )
        )
    return out


def checks(plan: Plan, curve: Curve, *, interaction: Interaction) -> tuple[Check, ...]:
    """What has to close; nothing but the sum of cost where overlap is not taken off."""
    kept, emitted = curve.kept, curve.emitted
    # a measure that is left nothing to abate has no cost per tonne
    some = kept[0] > 0
    money = curve.cost[0][some] * kept[0][some] + curve.benefit[0][some]
    size = np.abs(curve.benefit[0]).max(initial=1.0)
    own = Check(
        Text(
            "单位成本乘以减排量等于净收益的相反数",
            "cost per tonne times tonnes is minus the net benefit",
        ),
        float(np.abs(money).max(initial=0.0) / size),
        CLOSURE,
    )
    if interaction == "none":
        return (own,)
    worst, over = 0.0, 0.0
    for s in range(len(plan.sources.names)):
        mine = plan.source == s
        part = curve.alone[:, mine] / emitted[s]
        whole = 1.0 - (1.0 - part).prod(axis=1)
        total = kept[:, mine].sum(axis=1) / emitted[s]
        worst = max(worst, float(np.abs(total - whole).max()))
        over = max(over, float((total - 1.0).max()))
    return (
        own,
        Check(
            Text(
                "各措施减排量之和等于它们一起对排放源的减排量",
                "tonnes of measures sum to what they abate of a source together",
            ),
            worst,
            CLOSURE,
        ),
        Check(
            Text("减排量不超过排放源", "no source abates more than it emits"),
            max(over, 0.0),
            CLOSURE,
        ),
    )


def figures(year: int) -> tuple[Figure, ...]:
    """The curve, and the intervals of cost."""
    return (
        Figure(
            "curve",
            "cost_curve",
            "bars",
            Text("{y} 年的边际减排成本曲线", "Marginal abatement cost curve of {y}").format(y=year),
            Text(
                "一条一项措施：宽是扣除重叠后的减排量，高是单位成本，零线以下的措施自己收回成本；"
                "零线以下的先后按净收益前沿排，不按高度。",
                "One bar a measure: its width is what it abates beside the others, its height the "
                "cost per tonne; bars below zero pay for themselves and are ordered by fronts of "
                "net benefit, not by height.",
            ),
            {"label": "abatement_measure", "from": "bar_from", "to": "bar_to",
             "value": "cost_per_tonne", "x_unit": "abated_unit"},
        ),
        Figure(
            "cost_interval",
            "interval",
            "measures",
            Text("单位成本的区间", "Intervals of cost per tonne"),
            Text(
                "点是可能值，线是九成抽样所在；线跨过零的措施，是否自己收回成本并不确定。",
                "The dot is the likely value, the line holds nine draws in ten; where it crosses "
                "zero it is uncertain whether the measure pays.",
            ),
            {"label": "abatement_measure", "value": "cost_per_tonne", "low": "cost_low",
             "high": "cost_high", "reference": 0, "format": ",.0f"},
        ),
    )  # fmt: skip
