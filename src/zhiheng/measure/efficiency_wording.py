"""Notes and figures of efficiency."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhiheng.catalog.wording import option_word
from zhiheng.core.panel import Panel
from zhiheng.core.result import Figure, Json, Note
from zhiheng.core.text import Text
from zhiheng.kernels.dea_lp import HIGHS
from zhiheng.kernels.dea_records import OPTIMAL
from zhiheng.measure.efficiency_cells import Cells, Frontier
from zhiheng.measure.efficiency_input import Production, least_units

SHOWN = 8


def notes(
    panel: Panel, data: Production, cells: Cells, frontier: Frontier, returns: str
) -> list[Note]:
    """What to know before the scores are read."""
    return [
        _reference(frontier, returns),
        _efficient(cells),
        Note(
            Text(
                "分数由样本前沿算出，前沿本身未知：它偏高，且这里不带误差。"
                "不带自助误差的分数不要当作数据放进第二阶段回归。",
                "Scores stand on a frontier drawn through the sample: they are too high on "
                "average and carry no error here. Do not use them as data of a second-stage "
                "regression without their bootstrap error.",
            )
        ),
        *_dimension(data, frontier),
        *_unsolved(panel, data, cells),
        *_fallback(cells),
    ]


def super_note() -> Note:
    """What a score above one is, and what it may not be mixed with."""
    return Note(
        Text(
            "大于一的分数来自另一个规划（把被评价者移出参照集），只用于有效单元之间排序；"
            "它与一以下的分数不是同一尺度，也不能与别的规划的超效率合并。",
            "Scores above one come from another programme, in which the unit is taken out of its "
            "reference; they order the efficient among themselves. They share no scale with "
            "scores below one and are not pooled with super-efficiency of other programmes.",
        )
    )


def ceiling_note(desirable: int, undesirable: int) -> Note:
    """How high a super-efficiency with undesirable outputs can go by construction."""
    return Note(
        Text(
            "规模报酬不变且含非期望产出时，非导向超效率按构造不超过 (s + r) / r = {c:.3g}。",
            "With constant returns and undesirable outputs a non-oriented super-efficiency "
            "cannot exceed (s + r) / r = {c:.3g} by construction.",
        ).format(c=(desirable + undesirable) / undesirable)
    )


TILED = "province"
"""The level whose regions have places on the tile map."""


def figures(score: str = "score", *, level: str, several: bool) -> tuple[Figure, ...]:
    """Scores of the last period, on a map too, of all cells, and mean slacks by variable."""
    last: dict[str, Json] = {"where": {"period": "last"}}
    ranking = Figure(
        "ranking",
        "bar",
        "scores",
        Text("最近一期的效率", "Efficiency in the last period"),
        Text(
            "一表示在前沿上；前沿由同组单元构成，不是绝对标准。",
            "One is on the frontier, which the units themselves span; it is no absolute standard.",
        ),
        {"label": "entity", "value": score, "sort": "-value", **last},
    )
    placed = Figure(
        "map",
        "tilemap",
        "scores",
        Text("最近一期的效率地图", "Map of efficiency in the last period"),
        Text(
            "每个方格是一个省级地区，大致按方位排列；颜色越深离前沿越近。",
            "Each square is a provincial unit, roughly where it lies; darker is nearer to the "
            "frontier.",
        ),
        {"label": "entity", "value": score, **last},
    )
    grid = Figure(
        "by_period",
        "heatmap",
        "scores",
        Text("各地区各期的效率", "Efficiency by entity and period"),
        Text(
            "颜色越深分数越高；同一列内可比，跨列是否可比取决于前沿的取法。",
            "Darker is higher; scores compare within a column, across columns only where one "
            "frontier serves all periods.",
        ),
        {
            "row": "entity",
            "column": "period",
            "value": score,
            "tall": 22,
            "down_zh": "地区",
            "down_en": "entity",
            "across_zh": "时期",
            "across_en": "period",
        },
    )
    slack = Figure(
        "mean_slacks",
        "bar",
        "mean_slacks",
        Text(
            "最近一期各变量与目标的平均差距",
            "Mean gap to the target by variable in the last period",
        ),
        Text(
            "占自身数值的份额：投入与非期望产出可减少的、期望产出可增加的。",
            "As a share of own values: what inputs and undesirable outputs could lose and "
            "desirable outputs could gain.",
        ),
        {
            "label": "variable",
            "value": "gap_share",
            "sort": "-value",
            "format": ".1%",
            **last,
        },
    )
    wanted = [
        (ranking, True),
        (placed, level == TILED and score == "score"),
        (grid, several),
        (slack, True),
    ]
    return tuple(figure for figure, shown in wanted if shown)


def _reference(frontier: Frontier, returns: str) -> Note:
    meaning = {
        "period": Text(
            "每期各有前沿：一个地区分数上升可能只因前沿退步，不同时期的分数不在同一尺度。",
            "Each period has a frontier of its own: a score may rise because the frontier fell "
            "back, and scores of different periods share no scale.",
        ),
        "pooled": Text(
            "全部时期合成一个前沿：跨期可比，但假定任何一期的技术在别的时期也可用。",
            "One frontier for all periods: scores compare over time, on the assumption that the "
            "technology of any period was open to all others.",
        ),
    }[frontier]
    return Note(
        Text("规模报酬：{r}。{m}", "Returns to scale: {r}. {m}").format(
            r=option_word("returns", returns), m=meaning
        )
    )


def _efficient(cells: Cells) -> Note:
    count = cells.efficient.sum(axis=0)
    return Note(
        Text(
            "有效单元：每期 {a} 至 {b} 个（共 {n} 个单元）。",
            "Efficient units: {a} to {b} per period, of {n}.",
        ).format(a=int(count.min()), b=int(count.max()), n=len(cells.score))
    )


def _dimension(data: Production, frontier: Frontier) -> list[Note]:
    units = len(data.entities) * (len(data.periods) if frontier == "pooled" else 1)
    least, q = least_units(data), len(data.names)
    rule = Text(
        "经验规则要求单元数不少于 max(m·s, 3(m+s)) = {k}，每个前沿有 {n} 个单元。",
        "The usual rule asks for max(m s, 3 (m + s)) = {k} units or more; each frontier has {n}.",
    ).format(k=least, n=units)
    if units >= least:
        return [Note(rule)]
    more = Text(
        "单元太少，许多单元会因无可比者而“有效”。",
        "With so few, many are efficient for want of anyone to compare with.",
    )
    text = Text(f"{rule.zh}{more.zh}", f"{rule.en} {more.en}")
    return [Note(text, level="blocks" if units <= q else "caution", code="M644")]


def _unsolved(panel: Panel, data: Production, cells: Cells) -> list[Note]:
    none = cells.status != OPTIMAL
    if not none.any():
        return []
    return [
        Note(
            Text(
                "{n} 个单元格的规划无解或未能求得有证书的解，没有分数也不填补：{s}",
                "The programmes of {n} cells have no solution, or none with a certificate; they "
                "get no score and none is put in its place: {s}",
            ).format(n=int(none.sum()), s=some(panel, data, none)),
            level="caution",
            code="M645",
        )
    ]


def _fallback(cells: Cells) -> list[Note]:
    count = int((cells.solver == HIGHS).sum())
    if not count:
        return []
    return [
        Note(
            Text(
                "{n} 个规划由 HiGHS 求解，因为本程序的单纯形未达到证书的精度；残差见证书表。",
                "{n} programmes were solved by HiGHS, since our simplex did not reach the "
                "precision of its certificate; residuals are in the table of certificates.",
            ).format(n=count),
            level="caution",
            code="M649",
        )
    ]


def some(panel: Panel, data: Production, hit: NDArray[np.bool_]) -> Text:
    """The first few cells of a mask, by name and period."""
    places = list(zip(*np.nonzero(hit), strict=True))
    more = "…" if len(places) > SHOWN else ""
    named = [(panel.name(data.entities[e]), data.periods[t]) for e, t in places[:SHOWN]]
    return Text(
        "、".join(f"{n.zh} {t}" for n, t in named) + (more or "。"),
        ", ".join(f"{n.en} {t}" for n, t in named) + (more or "."),
    )
