"""What is said of each way of weighing, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from zhiheng.catalog.wording import option_word
from zhiheng.core.result import Note
from zhiheng.core.text import Text

TARGET_CHECK = Text("指标的有效权重等于目标", "effective weights of indicators equal their targets")
GAME_CHECK = Text("博弈组合的方程组成立", "the equations of the game combination hold")
DOUBT_CHECK = Text(
    "各单元的线性规划：可行且原始解与对偶解相等",
    "programmes of units: feasible, with equal primal and dual values",
)


def way_word(way: str) -> Text:
    """How a way of weighing is called."""
    return option_word("weights", way)


def correlation_note(how: str) -> Note:
    """Which correlation stands behind the conflict of CRITIC."""
    word = option_word("correlation", how)
    return Note(
        Text(
            "CRITIC：对比强度为标准差，冲突性为 Σ(1 − r)，r 为{r}相关系数；以全部单元格合并计算。",
            "CRITIC: contrast is the standard deviation, conflict sum (1 - r) with {r} "
            "correlations, over all cells together.",
        ).format(r=word)
    )


def components_note(rule: str, kept: int, share: float) -> Note:
    """Which components carry the weights."""
    text = {"pca": _SQUARED, "pca_first": _FIRST, "pca_composite": _COMPOSITE}[rule]
    return Note(text.format(k=kept, s=f"{share:.1%}"))


def scatter_note(attained: float, largest: float, constrained: bool) -> Note:
    """What the non-negative direction attains."""
    share = f"{attained / largest:.4f}" if largest > 0 else "-"
    if constrained:
        return Note(_SCATTER_HELD.format(s=share), level="caution")
    return Note(_SCATTER)


def pursuit_note(index: float, agreeing: int, starts: int, seed: int) -> Note:
    """What the projection attains and how many starts agree."""
    text = _PURSUIT.format(q=f"{index:.6g}", a=agreeing, n=starts, s=seed)
    return Note(text, level="note" if agreeing > 1 else "caution")


def target_note(importance: str, residual: float, *, missed: bool) -> Note:
    """How near the importance came to its target."""
    text = _EFFECTIVE if importance == "effective" else _CORRELATION
    return Note(text.format(r=f"{residual:.1e}"), level="caution" if missed else "note")


def negative_coefficient_note() -> Note:
    """A member enters with the sign reversed."""
    return Note(_NEGATIVE_COEFFICIENT, level="caution")


def hierarchy_note(prioritisation: str, citation: str, experts: int) -> Note:
    """How priorities were found and where the random index comes from."""
    word = _EIGEN if prioritisation == "eigenvector" else _GEOMETRIC
    return Note(_HIERARCHY.format(p=word, c=citation, n=experts))


def best_worst_note(best: str, worst: str, experts: int) -> Note:
    """Which indicators are the ends of the comparisons."""
    return Note(_BEST_WORST.format(b=best, w=worst, n=experts))


def inconsistent_note(experts: Sequence[str], limit: float, pair: tuple[str, str]) -> Note:
    """Judgements that contradict themselves, and the comparison to look at first."""
    named = ", ".join(experts)
    return Note(
        _INCONSISTENT.format(e=named, c=f"{limit:g}", a=pair[0], b=pair[1]),
        level="caution",
        code="M697",
    )


def doubt_note(full: int, units: int) -> Note:
    """How many units reach a score of one."""
    return Note(_DOUBT.format(n=full, of=units), level="caution" if full > units / 3 else "note")


_SQUARED = Text(
    "取特征值大于 1 的前 {k} 个主成分（占方差 {s}）；权重正比于 Σ λ v²，即载荷平方和。",
    "The first {k} components with an eigenvalue above 1 ({s} of variance); weights in proportion "
    "to sum l v^2, the sum of squared loadings.",
)
_FIRST = Text(
    "只取第一主成分（占方差 {s}）；权重为单位特征向量各分量的平方。",
    "The first component alone ({s} of variance); weights are the squared entries of its unit "
    "eigenvector.",
)
_COMPOSITE = Text(
    "取特征值大于 1 的前 {k} 个主成分（占方差 {s}）；权重正比于综合得分系数 Σ λ v，"
    "每个主成分的方向使其载荷之和为正。",
    "The first {k} components with an eigenvalue above 1 ({s} of variance); weights in proportion "
    "to the coefficients sum l v of the composite score, each component signed so that its "
    "loadings sum to a positive number.",
)
_SCATTER = Text(
    "拉开档次法：权重为 H = Σ Z'Z 的最大特征值所对应的特征向量，各分量均非负。",
    "Scatter degree: weights are the dominant eigenvector of H = sum Z'Z, which has no negative "
    "entry.",
)
_SCATTER_HELD = Text(
    "拉开档次法：H 的主特征向量有正有负，改在非负方向中求最大值，达到无约束最大值的 {s}。",
    "Scatter degree: the dominant eigenvector of H has entries of both signs; the maximum was "
    "sought among non-negative directions and reaches {s} of the free one.",
)
_PURSUIT = Text(
    "投影寻踪：Friedman–Tukey 指标达到 {q}，{n} 个起点中 {a} 个到达其千分之一以内，种子 {s}；"
    "该指标局部极大值很多，起点不一致时权重不可靠。",
    "Projection pursuit: the Friedman-Tukey index reaches {q}; {a} of {n} starts come within "
    "a thousandth of it, seed {s}. The index has many local maxima: where starts disagree the "
    "weights are not firm.",
)
_EFFECTIVE = Text(
    "权重使各指标在得分方差中的份额等于目标，最大偏差 {r}。",
    "Weights make the shares of indicators in the variance of the score equal their targets; "
    "largest deviation {r}.",
)
_CORRELATION = Text(
    "权重使各指标与得分的相关系数平方之份额尽量接近目标，最大偏差 {r}。",
    "Weights bring the shares of squared correlations with the score as near to their targets as "
    "they can; largest deviation {r}.",
)
_NEGATIVE_COEFFICIENT = Text(
    "方程组的解有负系数，按惯例取绝对值：该组合不再是偏差最小的一个。",
    "A coefficient of the equations is negative and enters by its absolute value, as is the "
    "custom: the combination is then not the one of least deviation.",
)
_EIGEN = Text("主特征向量", "the principal eigenvector")
_GEOMETRIC = Text("行几何平均", "geometric means of rows")
_HIERARCHY = Text(
    "层次分析法：{n} 份判断（多份取几何平均），权重为{p}；平均随机一致性指标取自 {c}",
    "Analytic hierarchy process: {n} sets of judgements (several are joined by geometric means), "
    "weights from {p}; random index after {c}",
)
_BEST_WORST = Text(
    "最优最劣法（线性模型）：{n} 份判断，最重要 {b}，最次要 {w}；一致性比率按输入计算。",
    "Best-worst method (linear model): {n} sets of judgements, best {b}, worst {w}; consistency "
    "ratios are those of the input.",
)
_INCONSISTENT = Text(
    "{e} 的一致性比率不低于 {c}（或无从计算）：判断自相矛盾，应请专家重判，先看 {a} 与 {b}。",
    "The consistency ratio of {e} is {c} or more, or unknown: the judgements contradict "
    "themselves and should be made again, {a} against {b} first.",
)
_DOUBT = Text(
    "数据包络赋权：{of} 个单元格中 {n} 个得分为 1，彼此不分先后；"
    "它们的最优权重往往不唯一，表中给出其中一组。",
    "Benefit of the doubt: {n} of {of} cells score 1 and cannot be told apart; their optimal "
    "weights are often not unique and one set is given.",
)
