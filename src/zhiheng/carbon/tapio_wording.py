"""Notes, checks and figures of decoupling, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from zhiheng.carbon.completeness import left_out_notes
from zhiheng.carbon.tapio_efforts import Drivers
from zhiheng.carbon.tapio_input import Pair
from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text
from zhiheng.kernels.decoupling import STATES, Growth

EFFORTS_CHECK = Text(
    "各因素的相对效应之和等于排放的增长率", "effects of factors sum to the growth of emissions"
)
SHARES_CHECK = Text("每期各状态的份额之和为一", "shares of states sum to one in every period")

SMALL = 0.01
"""An activity that moved less than this makes elasticities that only look like findings."""


def notes(
    pair: Pair,
    found: tuple[Growth, Growth],
    code: NDArray[np.int8],
    *,
    bounds: tuple[float, float],
    chain: bool,
    drivers: Drivers | None,
) -> list[Note]:
    """The rule of the states, and what to mind."""
    out = [_rule(*bounds), _windows(chain=chain), *_cautions(pair, found, code)]
    if drivers:
        out.append(_efforts(drivers))
    return out


def _rule(low: float, high: float) -> Note:
    return Note(
        Text(
            "弹性 = 排放增长率 / 经济活动增长率。两端的界 {a} 与 {b} 都算耦合；弹性恰为零算弱脱钩"
            "（活动下降时算弱负脱钩）；活动零增长时无定义。比较时计入数据的舍入误差，恰在界上的不会"
            "因浮点误差而落到界外。",
            "Elasticity = growth of emissions over growth of the activity. Both bounds, {a} and "
            "{b}, belong to coupling; an elasticity of exactly zero is weak decoupling (weak "
            "negative decoupling when the activity falls); with an activity that stands still "
            "the state is undefined. Comparisons allow for the rounding of the data, so that "
            "what lies on a bound does not fall off it by chance.",
        ).format(a=f"{low:g}", b=f"{high:g}")
    )


def _windows(*, chain: bool) -> Note:
    if chain:
        return Note(
            Text(
                "窗口的增长率是其中逐期增长率之和（链式）。",
                "Growth over a window is the sum of the growth rates of its steps (chained).",
            )
        )
    return Note(
        Text(
            "窗口的增长率只比较首末两期，因此取决于端点年份是否寻常。",
            "Growth over a window compares its two ends only, and depends on whether those years "
            "were ordinary.",
        )
    )


def _cautions(pair: Pair, found: tuple[Growth, Growth], code: NDArray[np.int8]) -> list[Note]:
    c, g = found
    out: list[Note] = []
    undefined = int((code == 0).sum())
    if undefined:
        out.append(
            Note(
                Text(
                    "{n} 步没有状态：经济活动没有变化，或起点为零。",
                    "{n} steps have no state: the activity did not change, or the start is zero.",
                ).format(n=undefined),
                level="caution",
                code="M939",
            )
        )
    thin = int((np.abs(g.rate) < SMALL).sum())
    if thin:
        out.append(
            Note(
                Text(
                    "{n} 步的经济活动变化不到百分之一，弹性很大也没有意义；看状态与增长率，不要看"
                    "弹性的大小。",
                    "In {n} steps the activity moved by less than one per cent: elasticities there "
                    "are large and mean nothing; read states and growth rates, not their size.",
                ).format(n=thin),
                level="caution",
                code="M940",
            )
        )
    if (g.rate < 0).any() and (c.rate < 0).any():
        out.append(
            Note(
                Text(
                    "经济活动下降的步里，“脱钩”的含义相反：衰退脱钩是排放降得更快，不是转型的成绩。",
                    "Where the activity falls the words turn: recessive decoupling is emissions "
                    "falling faster in a slump, and no achievement of a transition.",
                )
            )
        )
    out += left_out_notes(pair.left_out)
    return out


def _efforts(drivers: Drivers) -> Note:
    inside = [f.title for f, a in zip(drivers.identity.factors, drivers.activity, strict=True) if a]
    if not inside:
        return Note(
            Text(
                "因素弹性 = LMDI-I 相对效应 / 活动增长率，相加等于排放的弹性；"
                "是算术分摊，不是因果。恒等式开头的因素不能约成这项活动，因此没有努力指数。",
                "The elasticity of a factor is its LMDI-I effect, relative, over the activity's "
                "growth; they sum to that of emissions: arithmetic, not causes. The leading "
                "factors do not multiply up to this activity, so there is no effort index.",
            )
        )
    return Note(
        Text(
            "因素弹性 = LMDI-I 相对效应 / 活动增长率，相加等于排放的弹性；"
            "是算术分摊，不是因果。努力指数 = 其余因素抵消的排放 / {f} 推高的排放，"
            "只在后者为正时有定义；大于一就是强脱钩。",
            "The elasticity of a factor is its LMDI-I effect, relative, over the growth of the "
            "activity; they sum to that of emissions: arithmetic, not causes. The effort index "
            "is what the other factors took off over what {f} put on, defined where the latter is "
            "above zero; above one it is strong decoupling.",
        ).format(
            f=Text(
                "、".join(t.zh for t in inside),
                " and ".join(t.en for t in inside),
            )
        )
    )


def figures(tables: Mapping[str, Table]) -> tuple[Figure, ...]:
    """States by entity and period, the two growth rates, and how states follow each other."""
    out = [_grid(), _scatter()]
    if "transitions" in tables:
        out.append(_matrix())
    return tuple(out)


def _grid() -> Figure:
    return Figure(
        "states",
        "class_grid",
        "states",
        Text("脱钩状态：地区与时期", "State of decoupling by region and period"),
        Text(
            "一格是一个地区到该期为止的一步；蓝色系是脱钩，灰色系是耦合，棕色系是负脱钩，空白是"
            "无定义。",
            "One square is a region's step that ends in that period; blues are decoupling, greys "
            "coupling, browns negative decoupling, blank is undefined.",
        ),
        {"row": "entity", "column": "period", "category": "state", "order": list(STATES[1:])},
    )


def _scatter() -> Figure:
    return Figure(
        "growth",
        "scatter",
        "windows",
        Text("窗口内的两种增长率", "The two growth rates over windows"),
        Text(
            "横轴是经济活动的增长率，纵轴是排放的增长率；横轴以下、纵轴以右是强脱钩。",
            "Across is growth of the activity, up is growth of emissions; below the zero line and "
            "to the right of it is strong decoupling.",
        ),
        {
            "x": "activity_growth",
            "y": "emissions_growth",
            "label": "entity",
            "colour": "state",
            "quadrants": True,
            "share": True,
        },
    )


def _matrix() -> Figure:
    return Figure(
        "transitions",
        "heatmap",
        "transitions",
        Text("状态如何相接", "How states follow each other"),
        Text(
            "一行是上一步的状态，一列是下一步的状态；方格里是转移频率与次数。",
            "A row is the state of a step, a column that of the next; squares hold the frequency "
            "and the number of moves.",
        ),
        {
            "row": "from_state",
            "column": "to_state",
            "value": "probability",
            "count": "times",
            "format": ".2f",
        },
    )
