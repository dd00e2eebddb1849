"""Notes of spatial panels with lags in time or with random effects, in both languages."""

from __future__ import annotations

from zhiheng.core.result import Note
from zhiheng.core.text import Text
from zhiheng.explain.spatial_input import SpatialSample
from zhiheng.explain.spatial_models import Estimate
from zhiheng.explain.spatial_options import SpatialModel
from zhiheng.kernels.spatial_effects import SpatialEffects

FEW_PERIODS = 15
"""Periods up to which the corrected lag still is biased by an amount that its errors show: in
simulations of 30 units its 95 per cent intervals cover 94 per cent in 20 periods, 93 in 10 and 90
in 6."""


def notes(
    sample: SpatialSample,
    model: SpatialModel,
    found: Estimate,
    later: SpatialEffects | None,
    *,
    draws: int,
) -> list[Note]:
    """What a reader of lags in time, or of random effects, needs to know."""
    out: list[Note] = []
    if later is not None:
        out += [_lags(model), _later()]
        periods = sample.y.shape[1]
        if model.correction == "none":
            out.append(_biased(periods))
        elif periods < FEW_PERIODS:
            out.append(_short(periods))
        if later.discarded:
            out.append(_unstable_draws(later.discarded, draws))
    if model.effects == "random":
        out.append(_random(model))
        if found.ratio <= 0:
            out.append(_no_variance())
    return out


def _lags(model: SpatialModel) -> Note:
    lags = {
        "time": Text("上一期的被解释变量 τy", "the outcome of the period before, tau y"),
        "space": Text("上一期的空间滞后 ηWy", "its spatial lag, eta W y"),
    }
    both = Text("上一期的被解释变量 τy 与它的空间滞后 ηWy", "the outcome of the period before, tau "
                "y, and its spatial lag, eta W y")  # fmt: skip
    return Note(
        Text(
            "模型含{l}，第一期只作起点。固定的地区效应使拟极大似然的估计有 1/T 阶偏误"
            "（τ 偏小）；偏误按 Yu、de Jong 与 Lee（2008）的闭式扣除，有时期效应时先按 "
            "Lee 与 Yu（2010）变换，estimate_uncorrected 是扣除之前的值。对数似然、AIC 与 LR 取自"
            "似然的最大值。",
            "The model holds {l}; the first period only starts it. Fixed entity effects bias the "
            "quasi-likelihood by order 1/T (tau too small); that bias is removed by the closed "
            "form of Yu, de Jong and Lee (2008), after the transformation of Lee and Yu (2010) "
            "with period effects; estimate_uncorrected is the value before. Likelihood, AIC and "
            "LR are those of the maximum.",
        ).format(l=lags.get(model.dynamic, both))
    )


def _later() -> Note:
    return Note(
        Text(
            "effects 是当期的效应，long_run 是变量持久改变后的长期效应，取自 "
            "[(1 − τ)I − (ρ + η)W]⁻¹(βI + θW)；稳定性看 fit 的 modulus："
            "(I − ρW)⁻¹(τI + ηW) 的特征值最大模，小于一才有长期。长期效应看 simulated_low 与 "
            "simulated_high：分母 1 − ρ − τ − η 近零时 delta 区间偏窄（30 个地区、20 期、"
            "三者之和 0.8 的模拟里，间接效应的 delta 区间覆盖真值 88% 至 89%，"
            "抽样区间 93% 至 95%）。",
            "effects are those at once, long_run those of a change that lasts, from "
            "[(1 − τ)I − (ρ + η)W]⁻¹(βI + θW); for stability see modulus in fit: the largest "
            "modulus of the eigenvalues of (I − ρW)⁻¹(τI + ηW), below one where there is a long "
            "run. Read long-run effects by simulated_low and simulated_high: with 1 − ρ − τ − η "
            "near zero intervals of the delta method are too narrow (in simulations of 30 units, "
            "20 periods and a sum of 0.8 those of the indirect effect cover the truth in 88 to "
            "89 %, those of draws in 93 to 95 %).",
        )
    )


def _biased(periods: int) -> Note:
    return Note(
        Text(
            "correction=none：τ 偏小约（1 + τ）/T，这里 T = {t}；标准误与区间不含这一偏误。",
            "correction=none: tau is too small by about (1 + tau) / T, with T = {t} here; errors "
            "and intervals leave that out.",
        ).format(t=periods),
        level="caution",
        code="M756",
    )


def _short(periods: int) -> Note:
    return Note(
        Text(
            "只有 {t} 个时期：校正只去掉 1/T 阶的偏误，剩下 1/T² 阶。模拟中 30 个地区、20 期时 "
            "τ 的 95% 区间覆盖真值 94%，10 期时 93%，6 期时 90%。",
            "There are {t} periods only: the correction removes the bias of order 1/T and leaves "
            "that of order 1/T². In simulations of 30 units the 95 % interval of tau covers the "
            "truth in 94 % with 20 periods, 93 % with 10 and 90 % with 6.",
        ).format(t=periods),
        level="caution",
        code="M756",
    )


def _unstable_draws(count: int, draws: int) -> Note:
    return Note(
        Text(
            "{d} 次抽样中有 {c} 次没有长期（不稳定），在长期效应里弃去；系统接近单位根，"
            "长期效应的误差不可靠。",
            "{c} of {d} draws have no long run (they are not stable) and are left out of long-run "
            "effects: the system is near a unit root, and errors of long-run effects are poor.",
        ).format(c=count, d=draws),
        level="caution",
        code="M744",
    )


def _random(model: SpatialModel) -> Note:
    errors = Text(
        "空间误差过程不含地区效应（Anselin）" if model.random_errors == "anselin" else
        "地区效应与扰动同在空间误差过程之内（Kapoor、Kelejian 与 Prucha）",
        "effects stay outside the spatial error process (Anselin)"
        if model.random_errors == "anselin"
        else "effects are part of the spatial error process (Kapoor, Kelejian and Prucha)",
    )  # fmt: skip
    plain = Text("没有空间误差", "there is no spatial error process")
    return Note(
        Text(
            "地区效应当作随机变量，要求它与解释变量无关：看 Hausman 检验，拒绝就用固定效应。{e}。"
            "检验的两个方差都在随机效应的估计值处取，差不会为负。",
            "Entity effects are random, which needs them to be unrelated to the regressors: see "
            "the test of Hausman, and use fixed effects where it rejects; {e}. Both variances of "
            "that test are taken at the estimates with random effects, so that their difference "
            "is never negative.",
        ).format(e=errors if model.kind == "sem" else plain)
    )


def _no_variance() -> Note:
    return Note(
        Text(
            "随机效应的方差估计为零（在边界上）：结果与没有地区效应的模型相同。",
            "The variance of the random effects is estimated as zero, at its edge: the result is "
            "that of the model without entity effects.",
        ),
        level="caution",
        code="M757",
    )
