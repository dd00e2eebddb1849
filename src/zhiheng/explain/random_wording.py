"""Notes of between and random-effects regressions, in both languages."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.panel import Panel
from zhiheng.core.result import Note
from zhiheng.core.text import Text


def between_note(panel: Panel, mask: NDArray[np.bool_]) -> Note:
    """What a between regression compares."""
    rows = mask.sum(axis=1)
    rows = rows[rows > 0]
    return Note(
        Text(
            "组间回归：各地区样本期均值之间的截面比较（每地区 {a}–{b} 期，权重相同）；"
            "地区间不随时间变化的差异全部留在系数里。",
            "Between regression: a comparison of the entities' means over the sample ({a} to {b} "
            "of {n} periods each, equal weights); whatever differs between entities for good is "
            "in the coefficients.",
        ).format(a=str(rows.min()), b=str(rows.max()), n=str(len(panel.periods)))
    )


def random_notes(*, balanced: bool) -> list[Note]:
    """How random effects were estimated, and what they assume."""
    notes = [
        Note(
            Text(
                "随机效应（Swamy–Arora 方差分量），θ 见 components 表；前提是地区效应与解释变量"
                "不相关，hausman 表检验这一前提。稳健版（Mundlak–Wooldridge 辅助回归）按地区聚类，"
                "误差相关或异方差时以它为准；检验不拒绝不等于前提成立。",
                "Random effects with the variance components of Swamy and Arora; theta is in the "
                "table 'components'. They assume that effects and regressors are uncorrelated, "
                "which the table 'hausman' tests. The robust version (auxiliary regression of "
                "Mundlak and Wooldridge) is clustered by entity and is the one to go by; not "
                "rejecting is no proof.",
            )
        )
    ]
    if not balanced:
        notes.append(
            Note(
                Text(
                    "面板不平衡：方差分量用各地区期数的调和平均，同 Stata xtreg, re 与 "
                    "linearmodels，不同于 R plm；每个地区有自己的 θ，表中为中位数与范围。",
                    "The panel is unbalanced: variance components use the harmonic mean of the "
                    "entities' rows, as Stata xtreg, re and linearmodels and unlike R plm; each "
                    "entity has a theta of its own, and the table gives median and range.",
                )
            )
        )
    return notes


def no_hausman() -> Note:
    """That the classical statistic has no chi-square distribution here."""
    return Note(
        Text(
            "两个协方差之差不是正定的，经典 Hausman 统计量不服从卡方分布（所印数值与 plm、Stata "
            "相同，为负时没有 p 值）；只看稳健版。",
            "The difference of the two covariances is not positive definite: the classical Hausman "
            "statistic, printed as plm and Stata do, has no chi-square distribution here (and no p "
            "value when negative); read the robust one.",
        ),
        level="caution",
    )


def no_entity_variance() -> Note:
    """That random effects collapse to pooled least squares."""
    return Note(
        Text(
            "地区效应的方差估计为零：随机效应退化为合并回归。",
            "The variance of the entity effects is estimated as zero: random effects are pooled "
            "least squares here.",
        ),
        level="caution",
    )
