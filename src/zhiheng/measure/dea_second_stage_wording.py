"""Notes and figures of the second stage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.panel import Panel
from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text
from zhiheng.kernels.second_stage import Regression
from zhiheng.measure.dea_second_stage_input import Regressors


def notes(
    panel: Panel,
    z: Regressors,
    found: Regression,
    how: tuple[int, int, int],
    taken: NDArray[np.bool_],
) -> list[Note]:
    """What to know before the numbers are read; `how` is the algorithm and both counts of draws."""
    said = [_definition(how, taken), _sign(), _not_tobit(), _assumes(panel)]
    if z.shared:
        said.append(_shared(z))
    lost = int((~np.isfinite(found.draws).all(axis=1)).sum())
    if lost:
        said.append(_lost(lost, len(found.draws)))
    return said


def _definition(how: tuple[int, int, int], taken: NDArray[np.bool_]) -> Note:
    algorithm, draws, bias_draws = how
    if algorithm == 1:
        return Note(
            Text(
                "Simar–Wilson（2007）算法一：对无效率大于 1 的 {n} 个观测做左截断回归，"
                "前沿上的 {k} 个按原文不进入；区间来自 {d} 次参数自助抽样（基本法）。",
                "Algorithm 1 of Simar and Wilson (2007): truncated regression on the {n} "
                "observations with inefficiency above one, the {k} on the frontier stay out as "
                "published; intervals from {d} draws of the fitted model (basic method).",
            ).format(n=int(taken.sum()), k=int((~taken).sum()), d=draws)
        )
    return Note(
        Text(
            "Simar–Wilson（2007）算法二：先用 {b} 次抽样修正效率的偏差，再对 {n} 个观测做截断回归"
            "（修正后仍不大于 1 的 {k} 个不进入）；区间来自 {d} 次参数自助抽样（基本法）。",
            "Algorithm 2 of Simar and Wilson (2007): scores corrected for bias with {b} draws, "
            "then truncated regression on {n} observations ({k} that stay at one or below are "
            "left out); intervals from {d} draws of the fitted model (basic method).",
        ).format(b=bias_draws, n=int(taken.sum()), k=int((~taken).sum()), d=draws)
    )


def _sign() -> Note:
    return Note(
        Text(
            "因变量是无效率（1/效率，不小于 1）：系数为正，表示该因素越高，效率越低。",
            "The outcome is inefficiency (1/efficiency, one or more): a positive coefficient goes "
            "with lower efficiency.",
        )
    )


def _not_tobit() -> Note:
    return Note(
        Text(
            "对 DEA 效率值直接做 Tobit 或最小二乘是不一致的：效率值是估计量，彼此相依，"
            "前沿上的 1 也不是删失。这里的区间只在可分性成立时有效：影响因素改变效率，不改变前沿。",
            "A Tobit or least squares regression of DEA scores is inconsistent: scores are "
            "estimates, depend on each other, and ones on the frontier are not censored. The "
            "intervals here hold under separability only: regressors move efficiency, not the "
            "frontier.",
        )
    )


def _assumes(panel: Panel) -> Note:
    if len(panel.periods) == 1:
        return Note(
            Text(
                "区间假定误差独立同方差、截断正态；结果是相关，不是因果。",
                "Intervals take errors to be independent, of one variance and truncated normal; "
                "the result is association, not effect.",
            )
        )
    return Note(
        Text(
            "原文的抽样把每个地区—时期当作独立的：同一地区各期相关时，区间偏窄；"
            "也没有地区固定效应。结果是相关，不是因果。",
            "The published draws take every region and period as independent: where the periods "
            "of a region go together, intervals are too short; there are no region effects. The "
            "result is association, not effect.",
        )
    )


def _shared(z: Regressors) -> Note:
    zh = "；".join(f"{name}：{'、'.join(s)}" for name, s in z.shared.items())
    en = "; ".join(f"{name}: {', '.join(s)}" for name, s in z.shared.items())
    return Note(
        Text(
            "这些影响因素与投入产出用了同样的序列（{s}）：可分性难以成立，系数部分是恒等关系。",
            "These regressors stand on series that inputs or outputs stand on too ({s}): "
            "separability hardly holds and part of the coefficient is an identity.",
        ).format(s=Text(zh, en)),
        level="caution",
        code="M679",
    )


def _lost(lost: int, draws: int) -> Note:
    return Note(
        Text(
            "{d} 次抽样中有 {n} 次似然没有最大值，不进入区间；比例高时区间偏窄，截断正态也可疑。",
            "In {n} of {d} draws the likelihood has no maximum and they do not enter the "
            "intervals; where they are many, intervals are too short and the truncated normal is "
            "in doubt.",
        ).format(n=lost, d=draws),
        level="caution",
        code="M676",
    )


def figures() -> tuple[Figure, ...]:
    """Coefficients by standard deviation of their regressor."""
    return (
        Figure(
            "coefficients",
            "interval",
            "coefficients",
            Text(
                "影响因素增加一个标准差，无效率变化多少（95% 区间）",
                "Change of inefficiency with one standard deviation of each regressor (95%)",
            ),
            Text(
                "在零的右边，表示效率较低；线跨过零，方向不能确定。",
                "To the right of zero is lower efficiency; where a line crosses zero the sign is "
                "open.",
            ),
            {
                "label": "term", "value": "per_sd", "low": "per_sd_low", "high": "per_sd_high",
                "where": {"kind": "regressor"}, "reference": 0,
            },
        ),
    )  # fmt: skip
