"""What is said beside the shares of levers, and what is drawn."""

from __future__ import annotations

from collections.abc import Sequence

from zhiheng.carbon.simulate_draws import Case
from zhiheng.catalog.levers import Schedule, levers
from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text


def notes(
    chosen: Sequence[Schedule], case: Case, variable: str, year: int, *, sobol: bool
) -> list[Note]:
    """Rules that applied and what to mind."""
    what = Text("净排放", "net emissions") if variable == "net" else Text("总排放", "emissions")
    out = [
        Note(
            Text(
                "{k} 个杠杆的全部 {n} 个组合都模拟过；每个杠杆的贡献是各种先后顺序的平均"
                "（沙普利值），相加恰好等于它们对 {y} 年{w}的总效应。先实施与后实施的差别见表。",
                "All {n} subsets of {k} levers were run. What a lever adds is averaged over all "
                "orders (Shapley); the shares sum exactly to the total effect on {w} in {y}. The "
                "table shows what each adds when it comes first and when it comes last.",
            ).format(k=len(chosen), n=2 ** len(chosen), y=year, w=what)
        ),
        Note(
            Text(
                "这里解释的是模型，不是政策的证据；各杠杆的证据等级见表。",
                "This explains the model and is no evidence on policies; the table gives the "
                "grade of evidence of each lever.",
            )
        ),
        Note(
            Text(
                "概率与区间来自按国家历史误差校准的模拟（{n} 国），不是本地检验。",
                "Intervals come from a simulation calibrated on past errors of countries ({n} of "
                "them), not on this place.",
            ).format(n=len(case.countries.entities)),
            level="caution",
            code="M981",
        ),
    ]
    weak = [levers()[s.lever].title for s in chosen if levers()[s.lever].grade in _WEAK]
    if weak:
        out.append(
            Note(
                Text(
                    "证据弱或仅为假设的杠杆：{l}。", "Levers with weak or assumed evidence: {l}."
                ).format(l=Text("、".join(t.zh for t in weak), ", ".join(t.en for t in weak))),
                level="caution",
            )
        )
    if sobol:
        out.append(
            Note(
                Text(
                    "Sobol 指数按参数组计算，同组参数一起抽样；一阶是单独的份额，总指数含与别组的"
                    "交互。样本有限：估计值越出 0 到 1 时取端点，区间之内的小值不要解读。",
                    "Sobol indices are of groups of parameters that are drawn together. The first "
                    "order is a group's own share, the total one includes what it does jointly "
                    "with others. Samples are finite: estimates beyond 0 "
                    "and 1 are set to the end; read no small values within intervals.",
                )
            )
        )
    return out


_WEAK = ("weak", "assumed")


def figures(year: int, *, sobol: bool) -> tuple[Figure, ...]:
    """Wedges over the years, shares in one year, and what is uncertain."""
    out = [
        Figure(
            "wedges",
            "wedge",
            "wedges",
            Text("各杠杆逐年减少多少", "What each lever takes away, by year"),
            Text(
                "上缘是没有杠杆时的排放，每个楔子是一个杠杆减去的部分，底下是剩余排放。",
                "The upper edge is emissions without levers; each wedge is what one lever takes "
                "away, and what remains lies below.",
            ),
            {"x": "period", "value": "wedge_value", "colour": "wedge"},
        ),
        Figure(
            "shapley",
            "interval",
            "shapley",
            Text("{y} 年各杠杆的贡献", "What levers add in {y}").format(y=year),
            Text(
                "占无杠杆排放的份额：点是平均贡献，线是九成抽样所在；负值为减排。",
                "As parts of emissions without levers: the dot is the mean, the line holds nine "
                "draws in ten; below zero emissions fall.",
            ),
            {"label": "lever", "value": "relative_effect", "low": "relative_low",
             "high": "relative_high", "reference": 0, "format": ".1%"},
        ),
    ]  # fmt: skip
    if sobol:
        out.append(
            Figure(
                "sobol",
                "interval",
                "sobol",
                Text(
                    "{y} 年减排份额对什么敏感", "What moves the abated part in {y}"
                ).format(y=year),
                Text(
                    "点是总指数，线是九成区间：该组参数及其交互占方差的份额。",
                    "The dot is the total index with its interval: the part of the variance in "
                    "which a group of parameters has a share.",
                ),
                {"label": "uncertainty", "value": "total_order", "low": "total_order_low",
                 "high": "total_order_high", "where": {"sobol_outcome": "abated"},
                 "reference": 0},
            )
        )  # fmt: skip
    return tuple(out)
