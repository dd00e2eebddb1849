"""Notes and figures of the change of productivity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.wording import option_word
from zhiheng.core.panel import Panel
from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text
from zhiheng.kernels.frontiers import Against
from zhiheng.kernels.malmquist import Change
from zhiheng.measure.malmquist_options import Choice
from zhiheng.measure.production import certificate

SHOWN = 8


def notes(panel: Panel, choice: Choice, change: Change, seen: dict[str, Against]) -> list[Note]:
    """What to know before the numbers are read."""
    said = [_definition(choice), _technology(choice), _along_periods(choice)]
    if choice.model.returns == "vrs":
        said.append(_varying())
    gone = ~np.isfinite(change.productivity)
    if gone.any():
        said.append(_infeasible(panel, gone, choice))
    said.append(certificate(max(one.residual for one in seen.values())))
    return said


def _definition(choice: Choice) -> Note:
    return Note(
        Text(
            "{k}；大于 1 为提高。指数 = 效率变化（追赶）× 技术变化（前沿移动）；{r}。",
            "{k}; above one is a gain. Index = change of efficiency (catching up) x technical "
            "change (the frontier moves); {r}.",
        ).format(
            k=option_word("productivity_kind", choice.kind),
            r=option_word("returns_to_scale", choice.model.returns),
        )
    )


def _technology(choice: Choice) -> Note:
    word = option_word("technology", choice.technology)
    if choice.model.kind != "ddf":
        return Note(
            Text("{m}；{t}。", "{m}; {t}.").format(
                m=option_word("efficiency_measure", choice.model.kind), t=word
            )
        )
    way = "(x, y, b)" if choice.model.inputs_move else "(0, y, b)"
    said = Text(
        "方向性距离函数，方向 g = {g}；{t}。",
        "Directional distance along g = {g}; {t}.",
    ).format(g=way, t=word)
    if choice.model.weak and choice.model.returns == "vrs":
        said = Text(
            said.zh + "规模报酬可变时各单元有自己的减排系数（Kuosmanen 2005）。",
            said.en + " Under variable returns each unit has an abatement factor of its own "
            "(Kuosmanen 2005).",
        )
    return Note(said)


def _along_periods(choice: Choice) -> Note:
    if "pooled" in choice.references:
        return Note(
            Text(
                "对全部时期的共同前沿：各期相乘恰为首末两期之比；加入新的时期，旧的数也会变。",
                "Against one frontier of all periods: steps multiply exactly to the comparison of "
                "first and last; a new period changes old numbers.",
            )
        )
    return Note(
        Text(
            "相邻两期的几何平均不满足传递性：累计值是逐期之积，不等于首末两期直接比较。",
            "The mean of two adjacent frontiers is not transitive: cumulated values are products "
            "of steps and differ from the first and last period compared directly.",
        )
    )


def _varying() -> Note:
    return Note(
        Text(
            "规模报酬可变时，指数不等于全要素生产率的变化（规模的影响漏在外面），跨期规划也更常无解；"
            "要分解规模，用 returns=crs。",
            "With varying returns the index is not the change of total factor productivity (the "
            "effect of scale is left out) and programmes across periods have no solution more "
            "often; for the part of scale use returns=crs.",
        ),
        level="caution",
        code="M677",
    )


def _infeasible(panel: Panel, gone: NDArray[np.bool_], choice: Choice) -> Note:
    places = list(zip(*np.nonzero(gone), strict=True))
    more = "…" if len(places) > SHOWN else ""
    named = [
        (panel.name(panel.entities[e]), panel.periods[t], panel.periods[t + 1])
        for e, t in places[:SHOWN]
    ]
    zh = "、".join(f"{n.zh} {a}–{b}" for n, a, b in named) + (more or "。")
    en = ", ".join(f"{n.en} {a}–{b}" for n, a, b in named) + (more or ".")
    return Note(
        Text(
            "{n} / {m} 个指数无解：该地区在相邻时期的前沿之外，跨期规划不可行。"
            "它们空着，没有填补；均值只含有解的，累计值到此为止。{s}",
            "{n} of {m} indices have no answer: the region lies beyond the frontier of the other "
            "period and the programme across periods is infeasible. They are left empty; means "
            "hold only those with an answer and cumulated values end there. {s}",
        ).format(n=len(places), m=gone.size, s=Text(zh, en)),
        level="caution",
        code="M673",
    )


def figures() -> tuple[Figure, ...]:
    """The path of the mean, and who gained most."""
    paths = Figure(
        "paths",
        "line",
        "paths",
        Text("生产率及其两个来源的累计变化", "Productivity and its two sources, cumulated"),
        Text(
            "各期几何平均的连乘，首期为 1；两条来源线相乘等于生产率线。",
            "Products of geometric means, one in the first period; the two sources multiply to "
            "productivity.",
        ),
        {
            "x": "period",
            "parts": ["productivity_change", "efficiency_change", "technical_change"],
            "reference": 1,
        },
    )
    ranking = Figure(
        "by_entity",
        "bar",
        "by_entity",
        Text("期均生产率增长", "Mean growth of productivity per period"),
        Text(
            "零的右边为提高；有一期无解的地区没有柱。",
            "To the right of zero is a gain; a region without an answer in some period has no bar.",
        ),
        {
            "label": "entity",
            "value": "mean_growth",
            "format": "+.1%",
            "sort": "-value",
            "reference": 0,
            "where": {"infeasible": 0},
        },
    )
    return paths, ranking
