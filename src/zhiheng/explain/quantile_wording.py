"""Notes, checks and the figure of quantile regressions, in both languages."""

from __future__ import annotations

from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text
from zhiheng.kernels.quantile_panel import Effects

SCALE_CHECK = Text(
    "拟合离散度的均值等于残差绝对值的均值", "fitted scales and absolute residuals have one mean"
)
ORDER_CHECK = Text("标准化残差的分位数不下降", "quantiles of the standardised residual ascend")
_EFFECTS: dict[Effects, Text] = {
    "entity": Text("地区效应", "entity effects"),
    "twoway": Text("地区与时期效应", "entity and period effects"),
    "none": Text("一个常数、没有效应", "one constant and no effects"),
}


def notes(effects: Effects, fit: Table) -> list[Note]:
    """What the estimator is, how intervals were made, and what to be wary of."""
    out = [_estimator(effects), _bias(int(fit.columns["periods"][0])), _errors()]
    share = float(fit.columns["scale_not_positive"][0])
    if share > 0:
        out.append(_scale(share))
    return out


def _estimator(effects: Effects) -> Note:
    return Note(
        Text(
            "矩方法分位数回归（Machado–Santos Silva 2019），位置与离散度中各含{e}："
            "系数 = 位置系数 + 分位数 × 离散度系数。"
            "各分位点的系数之差全部来自离散度系数；它与零无异，就不能说各分位点不同。",
            "Quantile regression by moments (Machado and Santos Silva 2019) with {e} in location "
            "and scale: a coefficient is that of the location plus a quantile times that of the "
            "scale. All differences between quantiles come from the scale; where it cannot be told "
            "from zero, quantiles cannot be said to differ.",
        ).format(e=_EFFECTS[effects])
    )


def _bias(periods: int) -> Note:
    return Note(
        Text(
            "偏误为时期数倒数的量级（这里 {t} 期），离散度系数所受影响最大；没有作刀切校正。",
            "The bias is of the order of one over the number of periods ({t} here), the scale "
            "suffering most; no jackknife correction is made.",
        ).format(t=periods),
        level="caution",
    )


def _errors() -> Note:
    return Note(
        Text(
            "标准误与区间来自整条重抽地区的自助法；区间为百分位区间，"
            "p 由 t 分布（自由度为地区数减一）算出。",
            "Errors and intervals are bootstrapped by drawing whole entities; intervals are "
            "percentiles, p comes from a t distribution with as many degrees of freedom as "
            "entities, less one.",
        )
    )


def _scale(share: float) -> Note:
    return Note(
        Text(
            "{s} 的行拟合离散度不为正：离散度对变量线性的设定在那里不成立，"
            "两端分位点的系数尤其不可靠。",
            "In {s} of the rows the fitted scale is zero or less: a scale linear in the "
            "regressors does not hold there, and outer quantiles are the least reliable.",
        ).format(s=f"{share:.1%}"),
        level="caution",
    )


def slopes_figure(term: str) -> Figure:
    """The first regressor's slope along the quantiles, with its band."""
    return Figure(
        name="slopes",
        kind="curve",
        table="coefficients",
        title=Text("{t}：各分位点的系数", "{t}: coefficient by quantile").format(t=term),
        reading=Text(
            "线是各分位点的系数，阴影是重抽地区得到的区间；"
            "线的倾斜就是离散度系数，阴影含零处不能说系数异于零。",
            "The line is the coefficient at each quantile, the shade its interval from resampled "
            "entities; its tilt is the scale's coefficient, and where the shade holds zero no "
            "difference from zero can be claimed.",
        ),
        encodings={
            "x": "tau",
            "value": "estimate",
            "low": "ci_low",
            "high": "ci_high",
            "reference": 0,
            "where": {"term": term},
        },
    )
