"""Words, notes and figures of spatial panel models, in both languages."""

from __future__ import annotations

from zhiheng.core.result import Figure, Note
from zhiheng.core.text import Text
from zhiheng.explain.spatial_input import SpatialSample
from zhiheng.explain.spatial_options import Kind, SpatialModel
from zhiheng.kernels.spatial_effects import SpatialEffects

FEW_UNITS = 50
"""Units up to which a result says that its errors are those of few: as for few clusters."""

ROLES = {
    "spatial": Text("空间参数", "spatial parameter"),
    "constant": Text("常数", "constant"),
    "time": Text("时间滞后（τ）", "lag in time (tau)"),
    "space_time": Text("时空滞后（η）", "spatial lag of the lag in time (eta)"),
    "own": Text("本地（β）", "own (beta)"),
    "neighbours": Text("邻居（θ）", "neighbours (theta)"),
}
KINDS = {
    "direct": Text("直接效应", "direct"),
    "indirect": Text("间接效应", "indirect"),
    "total": Text("总效应", "total"),
}
TESTS = {
    "lm_lag": Text("LM：没有空间滞后", "LM: no spatial lag"),
    "lm_error": Text("LM：没有空间误差", "LM: no spatial error"),
    "lm_lag_robust": Text(
        "稳健 LM：没有空间滞后（容许误差相关）", "robust LM: no spatial lag, error allowed"
    ),
    "lm_error_robust": Text(
        "稳健 LM：没有空间误差（容许滞后）", "robust LM: no spatial error, lag allowed"
    ),
    "lr_ols": Text("LR：没有任何空间项", "LR: no spatial term at all"),
    "lr_slx": Text("LR：退化为 SLX（ρ = 0）", "LR: reduces to SLX (rho = 0)"),
    "lr_sar": Text("LR：退化为 SAR（θ = 0）", "LR: reduces to SAR (theta = 0)"),
    "lr_sem": Text("LR：退化为 SEM（θ = −ρβ）", "LR: reduces to SEM (theta = -rho beta)"),
    "wald_sar": Text("Wald：退化为 SAR（θ = 0）", "Wald: reduces to SAR (theta = 0)"),
    "wald_sem": Text("Wald：退化为 SEM（θ = −ρβ）", "Wald: reduces to SEM (theta = -rho beta)"),
    "wald_static": Text("Wald：没有时间滞后", "Wald: no lags in time"),
    "wald_unit": Text("Wald：ρ + τ + η = 1", "Wald: rho + tau + eta = 1"),
    "lr_pooled": Text(
        "LR：没有随机效应（p 值取 χ² 的一半）", "LR: no random effects (half of chi-squared)"
    ),
    "hausman": Text(
        "Hausman：随机效应与解释变量无关", "Hausman: random effects know nothing of regressors"
    ),
}
SCORE_CHECK = Text(
    "空间参数处的对数似然导数为零（每行）",
    "the log-likelihood is flat at the spatial parameter (per row)",
)
TOTAL_CHECK = Text(
    "总效应等于（β + θ）/（1 − ρ）", "total effects equal (beta + theta) / (1 - rho)"
)
LONG_RUN_CHECK = Text(
    "长期总效应等于（β + θ）/（1 − ρ − τ − η）",
    "long-run total effects equal (beta + theta) / (1 - rho - tau - eta)",
)
_MODELS: dict[Kind, Text] = {
    "sdm": Text("空间杜宾模型（SDM）", "spatial Durbin model (SDM)"),
    "sar": Text("空间滞后模型（SAR）", "spatial lag model (SAR)"),
    "sem": Text("空间误差模型（SEM）", "spatial error model (SEM)"),
    "slx": Text("解释变量空间滞后模型（SLX）", "model of spatially lagged regressors (SLX)"),
}
_EFFECTS = {
    "none": Text("无固定效应（有常数）", "no fixed effects, a constant"),
    "entity": Text("地区固定效应", "entity effects"),
    "period": Text("时期固定效应", "period effects"),
    "twoway": Text("地区与时期固定效应", "entity and period effects"),
    "random": Text("地区随机效应（有常数）", "random entity effects, a constant"),
}

_COVARIANCES = {
    "ml": Text("信息矩阵（正态误差）", "the information matrix, for normal errors"),
    "qml": Text(
        "拟极大似然的三明治矩阵（不要求正态）",
        "the sandwich of quasi-likelihood, which needs no normal distribution",
    ),
}


def notes(
    sample: SpatialSample, model: SpatialModel, found: SpatialEffects, *, draws: int
) -> list[Note]:
    """What was estimated and how its errors are to be read."""
    out = [_model(sample, model), _effects(model, draws), _fit()]
    if model.effects not in ("none", "random") and model.dynamic == "none":
        out.append(_correction(sample, model))
    if model.effects in ("period", "twoway") and model.kind != "slx":
        out.append(_order(model))
    n = len(sample.panel.entities)
    if n <= FEW_UNITS:
        out.append(_few(n, len(sample.panel.periods)))
    if found.discarded:
        out.append(_discarded(found.discarded, draws))
    return out


def _model(sample: SpatialSample, model: SpatialModel) -> Note:
    return Note(
        Text(
            "{m}，{e}，极大似然；标准误来自{c}，以误差独立同方差为前提，"
            "没有按地区聚类，也不容许异方差；z 与正态分布比较。",
            "{m}, {e}, by maximum likelihood; standard errors come from {c}; they "
            "take errors to be independent with one variance, are not clustered by entity and do "
            "not allow for unequal variances; z is compared with the normal.",
        ).format(
            m=_MODELS[model.kind],
            e=_EFFECTS[model.effects],
            c=_COVARIANCES[model.covariance],
        )
    )


def _effects(model: SpatialModel, draws: int) -> Note:
    if model.kind in ("sem", "slx"):
        return Note(
            Text(
                "没有被解释变量的空间滞后：直接效应就是 β，间接效应是 θ 乘以权重行和的均值"
                "（SEM 没有间接效应）。",
                "Without a lag of the outcome the direct effect is beta and the indirect one theta "
                "times the mean row sum of the weights (a SEM has no indirect effect).",
            )
        )
    errors = (
        Text(
            "标准误用 delta 法，另给 {d} 次正态抽样的标准差与分位区间",
            "errors by the delta method, those of {d} normal draws beside them",
        ).format(d=draws)
        if draws
        else Text("标准误用 delta 法", "errors by the delta method")
    )
    return Note(
        Text(
            "效应取自矩阵 (I − ρW)⁻¹(βI + θW)（LeSage 与 Pace）：对角线均值为直接效应，"
            "行和均值为总效应，两者之差为间接效应；{s}。",
            "Effects come from the matrix (I − ρW)⁻¹(βI + θW) of LeSage and Pace: the mean of its "
            "diagonal is direct, the mean row sum total, the rest indirect; {s}.",
        ).format(s=errors)
    )


def _fit() -> Note:
    return Note(
        Text(
            "AIC 计系数、空间参数与 σ²，不计固定效应；伪 R² 是（去掉效应后的）被解释变量与"
            "简约式拟合值之间相关系数的平方，不含固定效应的解释力。LM 检验取自只含本地变量的"
            "最小二乘；LM、LR、Wald 都以 χ² 为准。",
            "AIC counts coefficients, the spatial parameter and σ², no fixed effects; the pseudo "
            "R² is the squared correlation of the outcome with its reduced-form fit, both without "
            "effects. LM tests stand on least squares with own regressors only; LM, LR and Wald "
            "are compared with chi-squared.",
        )
    )


def _correction(sample: SpatialSample, model: SpatialModel) -> Note:
    if model.correction == "lee_yu":
        return Note(
            Text(
                "按 Lee 与 Yu（2010）正交变换去掉固定效应：似然用 {r} 行，"
                "σ² 与空间参数没有附带参数偏误。",
                "Fixed effects are removed by the orthonormal transformation of Lee and Yu (2010): "
                "the likelihood has {r} rows, and neither σ² nor the spatial parameter suffers "
                "from incidental parameters.",
            ).format(r=sample.frame.rows)
        )
    return Note(
        Text(
            "没有作 Lee–Yu 校正：σ² 与全部标准误偏小（含地区效应时按 (T−1)/T 的比例），"
            "含时期效应时 ρ 也有 1/n 阶的偏误。",
            "Without the correction of Lee and Yu σ² and all standard errors are too small (by "
            "(T−1)/T in σ² with entity effects), and with period effects rho has a bias of "
            "order 1/n.",
        ),
        level="caution",
        code="M743",
    )


def _order(model: SpatialModel) -> Note:
    return Note(
        Text(
            "空间滞后与去效应的次序：先取 Wy 再去效应，即含虚拟变量的似然（与 Q(Wy) 同）。",
            "Order of lag and effects: W y first, effects removed after, which is the likelihood "
            "with dummy variables, Q(Wy).",
        )
        if model.lag == "dummies"
        else Text(
            "空间滞后与去效应的次序：先去效应再取滞后，即 R splm 与 SDPDmod 的 W(Qy)；"
            "它不是含虚拟变量的似然的最大值。",
            "Order of lag and effects: effects removed first, W(Qy) as in R splm and SDPDmod; this "
            "is not the maximum of the likelihood with dummy variables.",
        )
    )


def _few(units: int, periods: int) -> Note:
    return Note(
        Text(
            "空间单元只有 {n} 个：空间参数与间接效应的误差很宽（信息随 n × T = {r} 增加，"
            "但权重只有一套），渐近误差偏乐观；间接效应不显著不等于没有溢出。",
            "There are {n} spatial units only: the spatial parameter and indirect effects have "
            "wide errors (information grows with n × T = {r}, yet there is one set of weights) "
            "and asymptotic errors are optimistic; an indirect effect that is not significant does "
            "not mean that there is none.",
        ).format(n=units, r=units * periods),
        level="caution",
        code="M742",
    )


def _discarded(count: int, draws: int) -> Note:
    return Note(
        Text(
            "{d} 次抽样中有 {c} 次的 ρ 落在 I − ρW 可逆的区间之外，弃去；ρ 靠近边界，"
            "delta 法的误差也不可靠。",
            "In {c} of {d} draws rho fell outside the interval in which I − ρW is invertible; they "
            "are left out. Rho is near the edge, and errors of the delta method are poor too.",
        ).format(c=count, d=draws),
        level="caution",
        code="M744",
    )


def figures(model: SpatialModel, *, draws: int) -> tuple[Figure, ...]:
    """Indirect, direct and total effects with intervals: of the delta method, later of draws."""
    kinds = ("direct",) if model.kind == "sem" else ("indirect", "direct", "total")
    now = tuple(_figure(kind, "effects", simulated=False) for kind in kinds)
    if model.dynamic == "none":
        return now
    return now + tuple(_figure(kind, "long_run", simulated=draws > 0) for kind in kinds)


def _figure(kind: str, table: str, *, simulated: bool) -> Figure:
    title = (
        Text("{k}与区间", "Effects with intervals: {k}")
        if table == "effects"
        else Text("长期的{k}与区间", "Effects in the long run with intervals: {k}")
    )
    how = Text("抽样", "draws") if simulated else Text("delta 法", "the delta method")
    ends = ("simulated_low", "simulated_high") if simulated else ("ci_low", "ci_high")
    return Figure(
        name=f"{table}_{kind}",
        kind="interval",
        table=table,
        title=title.format(k=KINDS[kind]),
        reading=Text(
            "点是{k}，横线是{h}的置信区间；横线跨过零线，就不能说效应异于零。",
            "A point is the effect ({k}), its line the interval of {h}; a line across "
            "zero means that no difference from zero can be claimed.",
        ).format(k=KINDS[kind], h=how),
        encodings={
            "label": "term",
            "value": "estimate",
            "low": ends[0],
            "high": ends[1],
            "reference": 0,
            "where": {"effect_kind": kind},
        },
    )
