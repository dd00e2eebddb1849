"""Notes and figures of convergence clubs."""

from __future__ import annotations

from zhiheng.catalog.wording import option_word
from zhiheng.core.panel import Panel
from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text
from zhiheng.kernels.log_t import Clubs, Settings

FEW_ROWS = 10
"""Below this many rows a caution is printed: the critical value is that of a long sample."""
SHOWN = 8


def club_title(number: int) -> Text:
    """How a club is called; zero is none."""
    if number == 0:
        return Text("不属于任何俱乐部", "in no club")
    return Text("俱乐部 {k}", "club {k}").format(k=number)


def notes(
    panel: Panel, found: Clubs, options: tuple[Settings, str, str, float], rows: int
) -> list[Note]:
    """How clubs were found, and what not to read into them."""
    setting, rule, filter_, smoothing = options
    said = [
        Note(
            Text(
                "回归 log(H1/Ht) − 2 log log t 对 log t，t 从第 {f} 期起，{r} 行；"
                "t 大于 {c} 为收敛。标准误：二次谱核，Andrews 带宽，{h}。",
                "log(H1/Ht) - 2 log log t on log t, from period {f}, {r} rows; a t above {c} is "
                "convergence. Standard error: quadratic spectral kernel, Andrews' bandwidth, {h}.",
            ).format(
                f=panel.periods[len(panel.periods) - rows],
                r=rows,
                c=f"{setting.critical:g}",
                h=option_word("log_t_hac", setting.hac),
            )
        ),
        Note(
            Text("聚类规则：{r}。趋势：{f}。", "Rule of clustering: {r}. Trend: {f}.").format(
                r=option_word("club_rule", rule),
                f=Text(
                    f"HP 滤波，λ = {smoothing:g}，端点偏差最大而排序用的正是末期",
                    f"HP filter, lambda = {smoothing:g}; it errs most at the ends, and the last "
                    "period is what entities are ranked by",
                )
                if filter_ == "hp"
                else Text("未滤波，波动会进入检验", "no filter, so cycles enter the test"),
            )
        ),
        Note(
            Text(
                "系数在 0 与 2 之间表示增速（相对）收敛，不小于 2 表示水平收敛；"
                "其一半是收敛速度 α。",
                "A coefficient from 0 to 2 is convergence of growth rates (relative), 2 or more of "
                "levels; half of it is the speed alpha.",
            )
        ),
        Note(
            Text(
                "h 是与均值之比，加一个常数就会改变；变量取了对数时，换单位等于加常数，"
                "俱乐部可能随之改变。",
                "h is a ratio to the mean and changes when a constant is added; of a logarithm, a "
                "change of unit is such a constant, and clubs may change with it.",
            ),
            code="M896",
        ),
    ]
    return said + _cautions(panel, found, rows)


def _cautions(panel: Panel, found: Clubs, rows: int) -> list[Note]:
    said: list[Note] = []
    if rows < FEW_ROWS:
        said.append(
            Note(
                Text(
                    "回归只有 {r} 行；临界值按长样本推出，这里只宜当作描述。",
                    "The regression has {r} rows; the critical value is that of long samples, so "
                    "read this as a description.",
                ).format(r=rows),
                level="caution",
                code="M895",
            )
        )
    outside = [panel.name(e) for e, k in zip(panel.entities, found.club, strict=True) if k == 0]
    if outside:
        more = "…" if len(outside) > SHOWN else ""
        said.append(
            Note(
                Text(
                    "{n} 个地区不属于任何俱乐部（发散）：{s}",
                    "{n} entities are in no club (they diverge): {s}",
                ).format(
                    n=len(outside),
                    s=Text(
                        "、".join(t.zh for t in outside[:SHOWN]) + more,
                        ", ".join(t.en for t in outside[:SHOWN]) + more,
                    ),
                ),
                code="M894",
            )
        )
    return said


def figures(any_club: bool) -> tuple[Figure, ...]:
    """Mean paths of clubs, and the level of each entity at the end."""
    ends = Figure(
        "levels",
        "bar",
        "clubs",
        Text("末期的相对水平", "Relative level in the last period"),
        Text(
            "一等于全部地区的平均；所属俱乐部见表。",
            "One is the mean of all entities; the table says which club each belongs to.",
        ),
        {"label": "entity", "value": "path_last", "sort": "-value", "reference": 1},
    )
    if not any_club:
        return (ends,)
    mean = Figure(
        "paths",
        "line",
        "club_paths",
        Text("各俱乐部的相对转移路径", "Relative transition paths of clubs"),
        Text(
            "线是俱乐部成员与全部均值之比的平均；线互相靠近是俱乐部之间收敛，互相离开是发散。",
            "A line is the mean of its members' ratios to the mean of all; lines that close in "
            "are clubs that converge, lines that part are clubs that diverge.",
        ),
        {"x": "period", "colour": "club", "value": "path", "reference": 1},
    )
    return mean, ends
