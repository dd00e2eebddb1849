"""Notes, checks and figures of `stirpat`, in both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from zhiheng.core.errors import ZhihengError
from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text
from zhiheng.explain.ekc_wording import curve_figure
from zhiheng.explain.regression import FEWEST_CLUSTERS
from zhiheng.explain.stirpat_fit import SQUARE, Equation, Ridge
from zhiheng.explain.stirpat_input import Shared
from zhiheng.explain.wording import coefficients_figure, standard_errors

RIDGE_CHECK = Text(
    "岭估计满足 (X'X + kI) b = X'y（标准化之后）",
    "the ridge estimate solves (X'X + kI) b = X'y (after scaling)",
)
STEADY = 0.95
"""A turning point is spoken of if the curve bends the same way in this share of resamples."""


def notes(
    equation: Equation,
    shrunk: Ridge | None,
    shared: Sequence[Shared],
    *,
    estimator: str,
    draws: int,
    level: float,
) -> list[Note]:
    """How it was estimated, what to mind, and what is arithmetic."""
    out = [_beside()]
    if shrunk:
        out += _ridge(shrunk, draws=draws, level=level)
    if equation.judged:
        out += [standard_errors(equation.model.small_sample), _few_clusters()]
    elif equation.exact:
        out.append(_exact())
    else:
        out.append(_few(equation.fit.clusters))
    if estimator == "pooled":
        out.append(
            Note(
                Text(
                    "合并回归没有去掉地区差异：弹性混有地区之间长期形成的差别。",
                    "Pooled estimates keep what sets regions apart for good: elasticities mix it "
                    "in.",
                ),
                level="caution",
            )
        )
    if shared:
        out.append(_shared(shared))
    return out


def _beside() -> Note:
    return Note(
        Text(
            "系数是弹性（控制变量是半弹性），是关联不是因果；有趋势的序列在水平值上容易"
            "“显著”，同一方程的一阶差分另有一表，两者不一致时以差分为准。",
            "Coefficients are elasticities (of controls semi-elasticities): associations, not "
            "causes. Trending series come out “significant” in levels; the same equation in first "
            "differences has a table of its own, and where the two disagree go by it.",
        )
    )


def _ridge(shrunk: Ridge, *, draws: int, level: float) -> list[Note]:
    out = [
        Note(
            Text(
                "岭回归：去掉固定效应、各列化为单位长度之后，k 取广义交叉验证最小者（或给定值）；"
                "k = {k}，相当于 lm.ridge 的 lambda = {w}。估计有偏，区间是对整个地区重抽 {n} 次"
                "（每次重选 k）的 {c} 百分位区间，只反映抽样，不含偏差，因此没有 p 值。",
                "Ridge: with effects removed and columns scaled to unit length, k minimises "
                "generalised cross-validation (or is given); k = {k}, which is lambda = {w} of "
                "lm.ridge. Estimates are biased; intervals are {c} percentile intervals of {n} "
                "resamples of whole entities, with k chosen anew in each: they show sampling and "
                "not bias, so there are no p values.",
            ).format(
                k=f"{shrunk.k:.3g}",
                w=f"{shrunk.k * float(shrunk.whole.rows[0]):.3g}",
                n=len(shrunk.draws),
                c=f"{1 - level:.0%}",
            )
        )
    ]
    if draws and not len(shrunk.draws):
        out.append(
            Note(
                Text(
                    "地区太少，没有做重抽样区间。",
                    "There are too few entities for resampled intervals.",
                ),
                level="caution",
                code="M942",
            )
        )
    return out


def _few_clusters() -> Note:
    return Note(
        Text(
            "少聚类 p 值用 CR2 标准误与 Satterthwaite 自由度（Bell–McCaffrey；"
            "Pustejovsky–Tipton），地区不多时以它为准；方差膨胀因子在去掉固定效应之后计算。",
            "Few-cluster p values use CR2 errors with Satterthwaite degrees of freedom "
            "(Bell–McCaffrey; Pustejovsky–Tipton): with few regions go by it. Variance inflation "
            "is that of columns without the effects.",
        )
    )


def _few(clusters: int) -> Note:
    return Note(
        Text(
            "只有 {n} 个地区，少于 {m} 个：给出估计值，不给标准误与 p 值。",
            "There are {n} entities, fewer than {m}: estimates are given, errors and p values not.",
        ).format(n=clusters, m=FEWEST_CLUSTERS),
        level="blocks",
        code="M942",
    )


def _exact() -> Note:
    return Note(
        Text(
            "方程没有残差：数据由这些变量完全生成，或左右两边是同一件事；系数不是统计结论。",
            "The equation leaves nothing over: the data are made of these variables, or both sides "
            "are one thing; the coefficients are no statistical finding.",
        ),
        level="blocks",
        code="M944",
    )


def _shared(shared: Sequence[Shared]) -> Note:
    terms = list(dict.fromkeys(s.term for s in shared))
    return Note(
        Text(
            "这些解释变量与被解释变量共用序列：{t}。arithmetic 表给出：若共用的序列与其余部分毫无"
            "关系，单凭算术会得到多大的斜率，占估计值几成；表中为空的，目录只知两者同源。",
            "These regressors share series with the impact: {t}. The table arithmetic says what "
            "slope arithmetic alone would give if the shared series had nothing to do with the "
            "rest, and how much of the estimate that is; where it is empty the catalog knows "
            "only that the two are kin.",
        ).format(t=", ".join(terms)),
        level="caution",
        code="M947",
    )


def no_differences(refusal: ZhihengError) -> Note:
    """Why there is no table of first differences."""
    return Note(
        Text("一阶差分没有估计：{w}", "There are no first differences: {w}").format(w=refusal.what),
        level="caution",
        code="M948",
    )


def turning_notes(table: Table | None, equation: Equation, shrunk: Ridge | None) -> list[Note]:
    """Whether the turning point lies in the data, and whether there is one at all."""
    if table is None:
        return []
    row = table.row(0)
    out = [
        Note(
            Text(
                "拐点 = exp(-b1 / (2 b2))，以富裕程度的原单位表示；显著的平方项不等于曲线已经拐头，"
                "形状检验见 ekc。",
                "The turning point is exp(-b1 / (2 b2)), in the unit of affluence; a significant "
                "square does not mean that the curve has turned: for the test of the shape see "
                "ekc.",
            )
        )
    ]
    if row["in_range"] == "no":
        out.append(
            Note(
                Text(
                    "拐点落在数据之外：没有地区经历过，它是外推，不是发现。",
                    "The turning point lies outside of the data: no region has been there; it is "
                    "an extrapolation and no finding.",
                ),
                level="caution",
                code="M949",
            )
        )
    if shrunk and len(shrunk.draws):
        same = np.sign(shrunk.draws[:, SQUARE]) == np.sign(shrunk.beta[SQUARE])
        unsteady = float(same.mean()) < STEADY
    else:
        ends = [row["fieller_low"], row["fieller_high"]]
        unsteady = equation.judged and not all(
            isinstance(e, float) and 0 < e < np.inf for e in ends
        )
    if unsteady:
        out.append(
            Note(
                Text(
                    "不能排除曲线没有拐点：Fieller 集无界，或重抽样中弯曲方向不稳。",
                    "It cannot be ruled out that there is no turning point: the Fieller set has no "
                    "bound, or resamples bend either way.",
                ),
                level="caution",
                code="M734",
            )
        )
    return out


def figures(tables: Mapping[str, Table], affluence: str) -> tuple[Figure, ...]:
    """Coefficients; the ridge trace; the fitted curve."""
    out = [coefficients_figure()]
    if "ridge_trace" in tables:
        out.append(_trace(float(tables["ridge_choice"].columns["ridge_k"][0])))
    if "curve" in tables:
        inside = tables["turning_point"].columns["in_range"][0] == "yes"
        turn = float(np.log(tables["turning_point"].columns["turning_point"][0]))
        out.append(curve_figure(f"log({affluence})", [turn] if inside else []))
    return tuple(out)


def _trace(k: float) -> Figure:
    return Figure(
        "ridge_trace",
        "curve",
        "ridge_trace",
        Text("岭迹", "Ridge trace"),
        Text(
            "横轴是 k 的常用对数，纵轴是标准化系数；竖虚线是所取的 k。向右越收缩；"
            "在竖线以左仍急剧变化的系数，靠共线性撑着。",
            "Across is the common logarithm of k, up the standardised coefficient; the dashed "
            "upright is the k in force. Shrinkage grows to the right; a coefficient that still "
            "moves fast left of the upright leans on collinearity.",
        ),
        {
            "x": "log10_k",
            "value": "coefficient_standardised",
            "colour": "term",
            "reference": 0,
            "marks": [float(np.log10(k))] if k > 0 else [],
        },
    )
