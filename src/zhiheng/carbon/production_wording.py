"""Notes, checks and figures of production decomposition, in both languages."""

from __future__ import annotations

import numpy as np

from zhiheng.carbon.completeness import left_out_notes
from zhiheng.carbon.lmdi_wording import CANCEL
from zhiheng.carbon.production_input import Inputs
from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text
from zhiheng.kernels.production_decomposition import Frontier, Split

PRODUCT_CHECK = Text(
    "七个比值之积等于每个地区每一步的排放之比",
    "the seven ratios multiply to every unit's ratio of emissions in every step",
)
SUM_CHECK = Text("七个效应之和等于排放的变化", "the seven effects sum to the change of emissions")
FRONTIER_CHECK = Text("本期距离不小于一", "distances to the own frontier are one or more")
FEWEST = 3
"""Units for each quantity of the frontier below which nearly everybody is on it."""


def notes(found: Split, data: Inputs, *, frontier: Frontier) -> list[Note]:
    """What the factors mean, and what to mind."""
    solved = np.isfinite(found.ratios).all(axis=-1)
    out = [
        Note(
            Text(
                "潜在 = 若能源（排放）单独降到前沿所允许的水平；效率 = 离前沿更近或更远；"
                "技术 = 前沿自身的移动。比值大于一推高排放，小于一压低。效应按对数平均折成排放量，"
                "相加等于总变化；是算术，不是因果。",
                "Potential is with energy (emissions) alone cut to what the frontier allows; "
                "efficiency is getting nearer to the frontier or falling behind; technology is "
                "the move of the frontier itself. A ratio above one raises emissions. Effects are "
                "in units of emissions by the logarithmic mean and sum to the change: arithmetic, "
                "not causes.",
            )
        ),
        _frontier(frontier),
    ]
    missing = int((~solved).sum())
    if missing:
        out.append(
            Note(
                Text(
                    "{n} 步没有解：该地区超出了另一时期的前沿；这些格子空着，合计只含有解的。",
                    "{n} steps have no answer: the unit surpasses the frontier of the other "
                    "period; those cells stay empty and sums hold the others.",
                ).format(n=missing),
                level="caution",
                code="M935",
            )
        )
    effect = found.effects[solved].sum(axis=0)
    if abs(effect.sum()) < CANCEL * np.abs(effect).sum():
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
    quantities = 3 + data.production.inputs.shape[-1]
    if len(data.panel.entities) < FEWEST * quantities:
        out.append(
            Note(
                Text(
                    "{n} 个单元对 {q} 个量：前沿上的单元太多，效率没有区分力。",
                    "{n} units for {q} quantities: too many are on the frontier for efficiency "
                    "to tell them apart.",
                ).format(n=len(data.panel.entities), q=quantities),
                level="caution",
            )
        )
    out += left_out_notes(data.left_out)
    return out


def _frontier(frontier: Frontier) -> Note:
    if frontier == "global":
        return Note(
            Text(
                "前沿由全部时期共同构成：总有解，但加入新的时期会改变旧的数。",
                "One frontier of all periods: there is always an answer, but a new period changes "
                "old numbers.",
            )
        )
    return Note(
        Text(
            "前沿取相邻两期的几何平均（Zhou 与 Ang 2008）。",
            "Frontiers of the two periods of a step, geometric mean (Zhou and Ang 2008).",
        )
    )


def figures() -> tuple[Figure, ...]:
    """Effects in total, and step by step."""
    return (
        Figure(
            "effects",
            "waterfall",
            "effects",
            Text("排放变化的七个因素", "Seven factors of the change of emissions"),
            Text(
                "自上而下，每一条从上一条的终点出发：向右是增加，向左是减少，最后一条是总变化。",
                "Read downwards; each bar starts where the last one ended: to the right adds, to "
                "the left takes away, and the last bar is the total change.",
            ),
            {"label": "factor", "value": "effect"},
        ),
        Figure(
            "by_period",
            "stack",
            "by_period",
            Text("逐期效应", "Effects step by step"),
            Text(
                "每根柱子是到该期为止一步的变化：零线以上的部分使其增加，以下的使其减少。",
                "Each bar is the step that ends in that period: parts above the zero line add to "
                "it, parts below take away.",
            ),
            {"x": "period", "colour": "factor", "value": "effect"},
        ),
    )
