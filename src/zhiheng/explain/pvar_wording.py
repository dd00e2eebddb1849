"""Notes, checks and figures of the panel vector autoregression, in both languages."""

from __future__ import annotations

from collections.abc import Sequence

from zhiheng.core.panel import Panel
from zhiheng.core.result import Figure, Note, Table
from zhiheng.core.text import Text
from zhiheng.kernels.panel_var import Removal

MOMENTS_CHECK = Text("残差与工具变量正交", "errors are orthogonal to the instruments")
SHARES_CHECK = Text("方差份额之和为一", "shares of the variance sum to one")

PERSISTENT = 0.9
"""Above this largest modulus lags in levels say little of later changes (Blundell and Bond 1998
find weak instruments from about 0.8 to 0.9 on)."""

_EFFECTS: dict[Removal, Text] = {
    "fod": Text(
        "地区效应以前向正交离差消去，以同样阶数的水平滞后为工具，恰好识别；系数的算式与 Stata "
        "pvar 的缺省"
        "设定相同（Abrigo–Love；period_effects 即其 td 选项；没有实际运行 Stata）。",
        "Entity effects are removed by forward orthogonal deviations; the same lags in levels are "
        "instruments, just identified. The formula of the coefficients is that of Stata pvar by "
        "default (Abrigo and Love; period_effects is its option td; Stata was not run).",
    ),
    "within": Text(
        "地区效应以去均值消去：每地区只有 {t} 期时，滞后项系数有 Nickell 偏误，量级为 −(1+ρ)/{t}；"
        "同最小二乘虚拟变量法。结论应与 effects=fod 对照。",
        "Entity effects are removed by means: with {t} periods by entity the coefficients of lags "
        "carry the Nickell bias, of the order -(1+rho)/{t}; the same as least squares with "
        "dummies. Compare with effects=fod.",
    ),
}


def notes(
    effects: Removal, direction: Table, largest: float, level: float, periods: int
) -> list[Note]:
    """The estimator, what the directions say, and what stands against them."""
    said = [
        Note(
            _EFFECTS[effects].format(t=periods), level="caution" if effects == "within" else "note"
        ),
        Note(
            Text(
                "标准误按地区聚类，因子 G/(G−1)；方向检验为 Wald 检验：p_value 用卡方分布（同 "
                "Stata "
                "pvargranger），p_few 用分母自由度为地区数减一的 F 分布，地区少时看后者。"
                "脉冲响应按变量次序作 "
                "Cholesky 正交化，冲击为一个标准差；区间由整地区重抽样得到。",
                "Errors are clustered by entity, factor G/(G-1). Directions are Wald tests: "
                "p_value "
                "by chi-squared (as Stata pvargranger), p_few by F with entities less one in the "
                "denominator, to be read with few entities. Responses are orthogonalised by "
                "Cholesky in the order of the variables, to a shock of one standard deviation; "
                "bands come from drawing whole entities.",
            )
        ),
        _found(direction, level),
    ]
    if largest >= 1:
        said.append(
            Note(
                Text(
                    "系统不稳定：最大特征根的模为 {m:.3f}，响应不会消退，不能据此下结论。",
                    "The system is unstable: the largest root has modulus {m:.3f}, responses do "
                    "not die out, and no claim can rest on them.",
                ).format(m=largest),
                level="blocks",
            )
        )
    elif largest > PERSISTENT:
        said.append(
            Note(
                Text(
                    "最大特征根的模为 {m:.3f}，变量近于随机游走：水平滞后是弱工具。"
                    "请改用差分或比率。",
                    "The largest root has modulus {m:.3f}: variables are near random walks and "
                    "lags in levels weak instruments. Use differences or ratios.",
                ).format(m=largest),
                level="caution",
            )
        )
    return said


def unstable_draws(share: float, level: float) -> Note:
    """That bands leave out explosive draws, a caution where there are more than a tail holds."""
    return Note(
        Text(
            "{s:.1%} 的重抽样得到不稳定的系统，不进入响应的区间；比例越大，区间越偏窄，"
            "越说明样本不足以"
            "谈长期响应。",
            "{s:.1%} of the draws give an unstable system and are not in the bands; the larger the "
            "share, the more the bands are too narrow and the less the sample tells of the long "
            "run.",
        ).format(s=share),
        level="caution" if share > level / 2 else "note",
    )


def _found(direction: Table, level: float) -> Note:
    """Which directions the data show, in a sentence."""
    c = direction.columns
    seen = [
        f"{a} → {b}"
        for a, b, p in zip(c["cause"], c["affected"], c["p_few"], strict=True)
        if p < level
    ]
    if not seen:
        return Note(
            Text(
                "在给定水平上，没有一个变量的过去有助于预测另一个："
                "同时性的说法没有得到数据支持（没有发现，不等于没有）。",
                "At the given level the past of no variable helps to foresee another: the data do "
                "not show the simultaneity that the theory states (not found is not absent).",
            )
        )
    return Note(
        Text(
            "先后关系（p_few 小于给定水平）：{d}。先后不等于因果，第三个变量可以同时推动两者。",
            "Precedence (p_few below the given level): {d}. Precedence is not cause: a third "
            "variable may move both.",
        ).format(d="; ".join(seen))
    )


def figures(panel: Panel, names: Sequence[str]) -> tuple[Figure, ...]:
    """Responses between the first variable and each other one, both ways."""
    pairs = [(names[0], other) for other in names[1:]]
    both = [pair for a, b in pairs for pair in ((a, b), (b, a))]
    return tuple(
        Figure(
            name=f"response_{names.index(cause) + 1}_{names.index(affected) + 1}",
            kind="line",
            table="responses",
            title=Text("{c} 的冲击之后：{a}", "{a} after a shock to {c}").format(
                c=panel.title(cause), a=panel.title(affected)
            ),
            reading=Text(
                "横轴是冲击后的期数，线是响应，带是区间；带跨过零线，就不能说有响应。",
                "Periods after the shock to the right, the line is the response, the band its "
                "interval; where the band holds zero, no response can be claimed.",
            ),
            encodings={
                "x": "horizon",
                "parts": ["estimate"],
                "low": "ci_low",
                "high": "ci_high",
                "where": {"impulse": cause, "response": affected},
            },
        )
        for cause, affected in both
    )
