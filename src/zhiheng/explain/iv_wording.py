"""Notes of instrumental-variables estimates, in both languages."""

from __future__ import annotations

import numpy as np

from zhiheng.core.result import Note, Table
from zhiheng.core.text import Text

ORTHOGONAL = Text("拟合的解释变量与残差正交", "fitted regressors are orthogonal to the residuals")


def reading(bias: float) -> list[Note]:
    """What the tables hold and what no table can show."""
    return [
        Note(
            Text(
                "排除性约束（工具变量只通过内生变量影响结果）不能由数据检验，须由论证支持；"
                "Sargan 与 Hansen 检验只问几个工具变量是否一致。",
                "The exclusion restriction, that instruments reach the outcome through the "
                "endogenous variables only, cannot be tested: it needs an argument. Sargan and "
                "Hansen only ask whether several instruments agree.",
            )
        ),
        Note(
            Text(
                "f_robust 用所印标准误；单一内生变量时它就是 Kleibergen–Paap rk Wald F"
                "（小样本因子如上）。f_effective 是 Montiel Olea–Pflueger 有效 F，临界值对应"
                "“偏误超过最坏情形的 {b}”在 5% 水平下被拒绝。多个内生变量时印 "
                "Sanderson–Windmeijer 条件 F（同方差）。Sargan 的 N 已减去所吸收的效应。",
                "f_robust uses the printed errors; with one endogenous variable it is the "
                "Kleibergen–Paap rk Wald F with the factor named above. f_effective is the "
                "effective F of Montiel Olea and Pflueger; its critical value rejects at 5 % that "
                "the bias exceeds {b} of its worst case. With several endogenous variables the "
                "conditional F of Sanderson and Windmeijer (equal variances) is printed. Sargan's "
                "N is less the absorbed effects.",
            ).format(b=f"{bias:.0%}")
        ),
        Note(
            Text(
                "p_few 用 CR2 标准误与 Satterthwaite 自由度，按地区聚类；"
                "它校正聚类少，不校正弱工具。estimate_ols 是同一方程的最小二乘估计。",
                "p_few uses CR2 errors of the second stage with Satterthwaite degrees of freedom, "
                "clustered by entity: it mends few clusters, not weak instruments. estimate_ols "
                "is least squares of the same equation.",
            )
        ),
    ]


def ar_notes(pieces: Table, level: float) -> list[Note]:
    """What the shape of the Anderson-Rubin set says."""
    low, high = pieces.columns["ci_low"], pieces.columns["ci_high"]
    share = f"{1 - level:.0%}"
    if not len(pieces):
        text = Text(
            "{s} 的 Anderson–Rubin 置信集是空集：没有一个系数值与全部工具变量相容，"
            "工具变量的外生性或模型设定受到否定。",
            "The {s} Anderson–Rubin set is empty: no value of the coefficient agrees with all "
            "instruments, which speaks against their exogeneity or the model.",
        )
    elif np.isinf(low).all() and np.isinf(high).all() and len(pieces) == 1:
        text = Text(
            "{s} 的 Anderson–Rubin 置信集是整条实线：工具变量太弱，数据没有排除任何系数值。",
            "The {s} Anderson–Rubin set is the whole line: the instruments are so weak that no "
            "value of the coefficient is excluded.",
        )
    elif np.isinf(low).any() or np.isinf(high).any():
        text = Text(
            "{s} 的 Anderson–Rubin 置信集无界（各段见 ar_set 表）：工具变量太弱，"
            "不能给出有限的区间；由 t 统计量得到的区间不可信。",
            "The {s} Anderson–Rubin set is unbounded (its pieces are in 'ar_set'): the instruments "
            "are too weak for a finite interval, and that from the t statistic is not to be "
            "trusted.",
        )
    elif len(pieces) > 1:
        text = Text(
            "{s} 的 Anderson–Rubin 置信集由几段组成，见 ar_set 表。",
            "The {s} Anderson–Rubin set consists of several pieces, see 'ar_set'.",
        )
    else:
        return [
            Note(
                Text(
                    "ar_set 是 {s} 的 Anderson–Rubin 置信区间，工具变量再弱也成立。",
                    "'ar_set' is the {s} Anderson–Rubin interval, valid however weak the "
                    "instruments.",
                ).format(s=share)
            )
        ]
    return [Note(text.format(s=share), level="caution", code="M715")]


def no_set() -> Note:
    """That the set is a region when there are several endogenous variables."""
    return Note(
        Text(
            "有几个内生变量时 Anderson–Rubin 置信集是多维区域，这里只印“系数全为零”的检验。",
            "With several endogenous variables the Anderson–Rubin set is a region; only the test "
            "that all their coefficients are zero is printed.",
        )
    )


def weak_instruments() -> Note:
    """That the instruments are weak."""
    return Note(
        Text(
            "弱工具变量：F 低于临界值，两阶段最小二乘偏向最小二乘估计，t 检验水平失真；"
            "请看 Anderson–Rubin 检验与置信集。",
            "Weak instruments: the F lies below its critical value; two-stage least squares leans "
            "towards least squares and t tests lose their size. Read the Anderson–Rubin test.",
        ),
        level="caution",
        code="M714",
    )


def rows_dropped() -> Note:
    """That rows with gaps are not in the estimation."""
    return Note(
        Text(
            "有缺口的行没有进入估计；dropped 表逐一列出。",
            "Rows with gaps are not in the estimation; the table 'dropped' lists them.",
        ),
        level="caution",
    )
