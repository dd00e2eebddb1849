"""Names of accounts and effects, and what is said beside the numbers of embodied carbon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from zhiheng.carbon.embodied_years import Year
from zhiheng.carbon.use_table import Kind
from zhiheng.carbon.use_table_refusals import BALANCED as BALANCED
from zhiheng.catalog.satellites import Deflator
from zhiheng.core.result import Note
from zhiheng.core.text import Text

# sums of a few thousand products; rounding stays several digits below
CLOSURE = 1e-9
UNSTABLE = 0.5
"""A spread of the largest rank differences beyond this share of the sectors is pointed out."""

ACCOUNTS: Mapping[str, Text] = {
    "production": Text("生产端：各部门排放", "production: emitted by sectors"),
    "households": Text("居民直接排放", "emitted by households"),
    "territorial": Text("领土排放合计", "territorial, both together"),
    "exports": Text("出口隐含（国内排放）", "embodied in exports, emitted at home"),
    "domestic": Text("国内最终需求隐含（国内排放）", "for domestic final demand, emitted at home"),
    "imports": Text("进口隐含（按国内技术）", "embodied in imports, at home technology"),
    "reexports": Text("出口中的进口隐含", "imports embodied in exports"),
    "consumption": Text("消费端", "consumption"),
    "balance": Text(
        "贸易隐含差额（出口减进口）", "balance of embodied trade, exports less imports"
    ),
    "exports_bilateral": Text("双边出口隐含（EEBT）", "exports, bilateral (EEBT)"),
    "imports_bilateral": Text("双边进口隐含（EEBT）", "imports, bilateral (EEBT)"),
    "balance_bilateral": Text("双边贸易隐含差额（EEBT）", "balance, bilateral (EEBT)"),
}
REGION_ACCOUNTS: Mapping[str, Text] = {
    **ACCOUNTS,
    "exports": Text("为他区最终需求的排放", "emitted here for the final demand of others"),
    "imports": Text("他区为本区最终需求的排放", "emitted elsewhere for final demand here"),
    "balance": Text("差额（生产端减消费端）", "balance, production less consumption"),
}
DETERMINANTS: Mapping[str, Text] = {
    "intensity": Text("排放强度", "emission intensity"),
    "structure": Text("投入结构（列昂惕夫逆）", "input structure (Leontief inverse)"),
    "mix": Text("各类需求的产品构成", "product mix of each demand"),
    "composition": Text("需求类别构成", "composition of demand"),
    "level": Text("需求总量", "level of demand"),
}
REMAINDERS: Mapping[str, Text] = {
    "listed": Text("列出的路径", "chains listed"),
    "not_printed": Text("达到阈值但未列出", "above the threshold, not listed"),
    "small": Text("已访问的小路径", "small chains visited"),
    "pruned": Text("剪去的分支", "branches pruned"),
    "deeper": Text("更深的层级", "beyond the last tier"),
    "total": Text("合计", "total"),
}
OTHERS = Text("其他部门", "other sectors")


def notes(
    solved: Sequence[Year],
    kinds: Sequence[Kind],
    *,
    proportional: bool,
    asked: str,
    change: str,
) -> list[Note]:
    """How imports and emissions were treated."""
    out = [
        Note(
            Text(
                "乘数由一次直接求解 (I − A)'m = s 得到，不求列昂惕夫逆；A 只含国内投入。",
                "Multipliers come from one direct solve of (I - A)'m = s without the Leontief "
                "inverse; A holds home inputs only.",
            )
        )
    ]
    if solved[0].table.layout.regions:
        out.append(
            Note(
                Text(
                    "多区域表：消费端沿全部国界追溯到最终需求；EEBT 只看一次过境，再出口的投入记在"
                    "进入的地区，二者差额不同而总和都为零。",
                    "A multi-regional table: consumption follows all borders to final demand; EEBT "
                    "takes one border and leaves re-exported inputs where they enter. The balances "
                    "differ, and both sum to zero.",
                )
            )
        )
    out += _imports(solved, kinds, proportional=proportional, asked=asked, change=change)
    out += _emissions(solved)
    negative = sum(y.table.negative for y in solved)
    if negative:
        out.append(
            Note(
                Text(
                    "中间投入有 {n} 个负格（副产品或统计处理），照用；路径分析的阈值按绝对值比较。",
                    "{n} deliveries between sectors are negative (by-products or statistical "
                    "treatment) and used as they stand; thresholds of paths compare sizes.",
                ).format(n=negative),
                level="caution",
                code="M971",
            )
        )
    return out


def _imports(
    solved: Sequence[Year],
    kinds: Sequence[Kind],
    *,
    proportional: bool,
    asked: str,
    change: str,
) -> list[Note]:
    out: list[Note] = []
    removed = [y.table.period for y in solved if y.table.home_share is not None]
    if removed:
        out.append(
            Note(
                Text(
                    "{p} 年：进口按比例剔除（各国内用户用同样的进口份额，出口全部为国产）。",
                    "{p}: imports are removed proportionally (every domestic user has the same "
                    "import share, exports are all home-made).",
                ).format(p=", ".join(map(str, removed)))
            )
        )
    if proportional and asked == "auto" and change != "none":
        out.append(
            Note(
                Text(
                    "各年的表有竞争型也有非竞争型，分解要可比，因此全部按比例剔除进口。",
                    "Some years are competitive tables and some are not; the decomposition needs "
                    "like tables, so imports are removed proportionally in all.",
                )
            )
        )
    kept = [
        y.table.period for y in solved if y.table.kind == "separate" and y.table.home_share is None
    ]
    if kept:
        out.append(
            Note(
                Text(
                    "{p} 年：用表中单列的进口（非竞争型）。",
                    "{p}: imports are the rows that the table gives them (non-competitive).",
                ).format(p=", ".join(map(str, kept)))
            )
        )
    if removed and kept:
        out.append(
            Note(
                Text(
                    "各年对进口的处理不同，跨年比较请用 imports=proportional。",
                    "Imports are treated unlike between years; compare years with "
                    "imports=proportional.",
                ),
                level="caution",
                code="M972",
            )
        )
    if any(k != "closed" for k in kinds):
        out.append(
            Note(
                Text(
                    "进口隐含按国内技术假定（DTA）：不是外国实际排放，而是国内自产这些进口品会有的排放。",
                    "Imports carry the domestic technology assumption (DTA): not what was emitted "
                    "abroad but what making them at home would emit.",
                )
            )
        )
    return out


def _emissions(solved: Sequence[Year]) -> list[Note]:
    first = solved[0].emissions
    if first.source is None:
        return []
    out = [
        Note(
            Text("排放：{t}。口径：{b}。", "Emissions: {t}. Boundary: {b}.").format(
                t=first.source.title, b=first.source.boundary
            )
        )
    ]
    recipes = first.by_sector.shape[1]
    if first.rules:
        worst = max(y.emissions.uncovered for y in solved)
        out.append(
            Note(
                Text(
                    "分部门排放是分摊出来的，不是观测值：六个全国总量按规则分到部门，{n} 种可辩护的"
                    "规则组合都算了，上下限是它们的 5 % 与 95 % 分位，必要时放宽到"
                    "默认值。未覆盖的总量不超过 {u}。",
                    "Emissions by sector are shared out, not observed: six national totals by "
                    "rules, and all {n} combinations of defensible rules are computed; low and "
                    "high are their 5 % and 95 % points, widened to the default where it lies "
                    "outside. At most {u} of the total is uncovered.",
                ).format(n=recipes, u=f"{worst:.1%}"),
                level="caution",
            )
        )
    elif recipes > 1:
        out.append(
            Note(
                Text(
                    "清单的一个部门对应表中多个部门时，按能源购买额或总产出分摊（{n} 种），"
                    "上下限即其差别。",
                    "Where a sector of the inventory meets several of the table, it is shared out "
                    "by energy purchases or by output ({n} ways); low and high are their spread.",
                ).format(n=recipes)
            )
        )
    return out


def change_notes(
    demand: Text,
    *,
    how: str,
    deflator: Deflator | None,
    current: bool,
    own: bool,
    unstated: bool,
) -> list[Note]:
    """How the decomposition was made, and at which prices."""
    ways = {
        "average": Text("120 种次序的平均，上下限是各次序中最小与最大的效应",
                        "the mean over all 120 orders; low and high are the extremes over orders"),
        "polar": Text("两个极分解的平均，上下限是这两个",
                      "the mean of the two polar orders, which are low and high"),
        "lmdi": Text("对数平均（LMDI-I）逐项加总，上下限是各次序中最小与最大的效应",
                     "logarithmic means (LMDI-I) over all terms; low and high are the extremes "
                     "over orders"),
    }  # fmt: skip
    out = [
        Note(
            Text(
                "结构分解（{d}）：{w}。效应是算术份额，不是因果效应。",
                "Structural decomposition ({d}): {w}. Effects are arithmetic shares, not causal.",
            ).format(d=demand, w=ways[how])
        )
    ]
    if deflator is not None:
        out.append(
            Note(
                Text("价格：{t}；{n}。", "Prices: {t}; {n}.").format(
                    t=deflator.title, n=deflator.note
                )
            )
        )
    if own:
        out.append(
            Note(
                Text(
                    "价格：各行除以本部门的价格指数，末期为 1。",
                    "Prices: every row is divided by the price index of its sector, the last "
                    "period being 1.",
                )
            )
        )
    if unstated:
        out.append(_unstated())
    if current:
        out.append(
            Note(
                Text(
                    "按当年价分解：价格上涨使强度效应偏负、需求总量效应偏正。",
                    "Decomposed at current prices: inflation makes the effect of intensity too "
                    "negative and that of the level too positive.",
                ),
                level="caution",
                code="M965",
            )
        )
    return out


def _unstated() -> Note:
    return Note(
        Text(
            "表没有写明货币与价格基期，按不变价处理；若是当年价，请写单位并指定 deflator。",
            "The table names no money and price basis and is taken to be at constant prices; if "
            "prices are current, give the unit and a deflator.",
        ),
        level="caution",
        code="M965",
    )


def path_notes(
    demand: Text, *, period: int, tolerance: float, depth: int, share: float, complete: bool
) -> list[Note]:
    """What part of the total the listed chains carry."""
    out = [
        Note(
            Text(
                "结构路径（{p} 年，{d}）：低于总量 {t} 的路径不列、不追，追到第 {n} 层；"
                "列出的占 {s}。",
                "Structural paths ({p}, {d}): chains below {t} of the total are neither listed "
                "nor followed, down to tier {n}; those listed carry {s}.",
            ).format(
                p=period, d=demand, t=f"{tolerance:.3g}", n=depth,
                s="—" if np.isnan(share) else f"{share:.1%}",
            )
        )
    ]  # fmt: skip
    if not complete:
        out.append(
            Note(
                Text(
                    "路径过多，提前停止；未追的部分记在“更深的层级”。",
                    "Too many chains: the search stopped early, and what was not followed is "
                    "counted as beyond the last tier.",
                ),
                level="caution",
            )
        )
    return out
