"""Fits of spatial models, and the effects that their coefficients imply."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.explain.spatial_input import SpatialSample
from zhiheng.explain.spatial_options import Kind, SpatialModel
from zhiheng.kernels.spatial_dynamic import dynamic_model, modulus
from zhiheng.kernels.spatial_effects import SpatialEffects, spatial_effects
from zhiheng.kernels.spatial_long_run import Carried, long_run_effects
from zhiheng.kernels.spatial_ml import (
    NoMaximum,
    SpatialFit,
    error_model,
    lag_model,
    linear_model,
)
from zhiheng.kernels.spatial_quasi import quasi_covariance
from zhiheng.kernels.spatial_random import Part, own_effects_model, random_model

Array = NDArray[np.float64]

PARTS: dict[Kind, Part] = {"sdm": "lag", "sar": "lag", "sem": "error", "slx": "none"}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A fitted model.

    Attributes
    ----------
    fit : SpatialFit
        Estimates as reported.
    plain : SpatialFit
        The maximum of the likelihood; another than `fit` where a bias is removed.
    tau, eta : float
        Coefficients of the lags in time; zero without.
    ratio : float
        Variance of random effects over that of innovations; NaN without.
    """

    fit: SpatialFit
    plain: SpatialFit
    tau: float = 0.0
    eta: float = 0.0
    ratio: float = float("nan")


def fit_model(sample: SpatialSample, model: SpatialModel, kind: Kind) -> Estimate:
    """Fit one kind of model with the effects and lags that `model` names.

    Raises
    ------
    ZhihengError
        M739 a likelihood without a maximum inside the domain.
    """
    design = sample.design(durbin=kind in ("sdm", "slx"))
    try:
        found = _fit(sample, model, kind, design)
    except NoMaximum as error:
        raise _no_maximum(sample, kind, error) from error
    if model.covariance == "ml":
        return found
    part = PARTS[kind]
    robust = quasi_covariance(
        found.fit, design, sample.frame, lagged=part == "lag", error=part == "error"
    )
    return replace(found, fit=replace(found.fit, covariance=robust))


def _fit(sample: SpatialSample, model: SpatialModel, kind: Kind, design: Array) -> Estimate:
    y, f, part = sample.y, sample.frame, PARTS[kind]
    if model.effects == "random":
        own = part == "error" and model.random_errors == "anselin"
        random = own_effects_model(y, design, f) if own else random_model(y, design, f, part)
        return Estimate(random.fit, random.fit, ratio=random.ratio)
    if model.dynamic != "none":
        d = dynamic_model(
            y, design, f, model.dynamic, lagged=part == "lag",
            corrected=model.correction == "lee_yu",
        )  # fmt: skip
        return Estimate(d.fit, d.plain, d.tau, d.eta)
    fit = {"lag": lag_model, "error": error_model, "none": linear_model}[part](y, design, f)
    return Estimate(fit, fit)


def check_stable(sample: SpatialSample, found: Estimate) -> float:
    """The largest modulus of the eigenvalues that carry the outcome from period to period.

    Raises
    ------
    ZhihengError
        M745 one or more: no long run.
    """
    f = sample.frame
    size = modulus(found.fit.rho, found.tau, found.eta, f.spectrum)
    if size < 1:
        return size
    total = found.fit.rho + found.tau + found.eta
    raise ZhihengError(
        "M745",
        Text(
            "估计出的动态空间面板不稳定：(I − ρW)⁻¹(τI + ηW) 的特征值最大模为 {m}，"
            "冲击不会消退，长期效应不存在。",
            "The estimated dynamic spatial panel is not stable: the largest modulus of the "
            "eigenvalues of (I − ρW)⁻¹(τI + ηW) is {m}; shocks do not die out and long-run effects "
            "do not exist.",
        ).format(m=f"{size:.3f}"),
        evidence=[
            {
                "modulus": size,
                "rho": found.fit.rho,
                "tau": found.tau,
                "eta": found.eta,
                "sum": total,
            }
        ],
        fix=Text(
            "对被解释变量取差分、加时期效应，或写 dynamic=none；先用 panel_tests 看单位根。",
            "Take differences of the outcome, add period effects, or say dynamic=none; see unit "
            "roots with panel_tests first.",
        ),
    )


def _no_maximum(sample: SpatialSample, kind: Kind, error: NoMaximum) -> ZhihengError:
    found = sample.frame.spectrum
    return ZhihengError(
        "M739",
        Text(
            "{k} 的似然在空间参数的边界 {e} 处仍在上升：I − ρW 在那里奇异，没有估计值。",
            "The likelihood of the {k} still rises at the edge {e} of its spatial parameter, "
            "where I − ρW is singular: there is no estimate.",
        ).format(k=kind.upper(), e=f"{error.edge:.4g}"),
        evidence=[{"model": kind, "edge": error.edge, "low": found.low, "high": found.high}],
        fix=Text(
            "数据里多半有共同趋势：加时期效应、取差分或缩短窗口；或用没有空间滞后项的 slx。",
            "A common trend is likely: add period effects, take differences or shorten the "
            "window; or use slx, which has no such parameter.",
        ),
    )


def effects_of(
    sample: SpatialSample, model: SpatialModel, found: Estimate, *, draws: int, seed: int,
    level: float,
) -> SpatialEffects:  # fmt: skip
    """Direct, indirect and total effects of the regressors; with lags in time, at once."""
    fit, k, first = found.fit, len(model.regressors), sample.first
    covariance = np.zeros((2 * k + 1, 2 * k + 1))
    own = np.arange(1, 1 + k * (1 + model.durbin))
    lagged = model.kind in ("sdm", "sar")
    used = np.concatenate([[0], own]) if lagged else own
    at = np.where(used > 0, used + first, 0)
    covariance[np.ix_(used, used)] = fit.covariance[np.ix_(at, at)]
    rho = fit.rho if lagged else 0.0
    beta, theta = slopes_of(sample, model, fit)
    return spatial_effects(
        rho, beta, theta, covariance, sample.frame.spectrum, draws=draws, seed=seed, level=level
    )


def long_run_of(
    sample: SpatialSample, model: SpatialModel, found: Estimate, *, draws: int, seed: int,
    level: float,
) -> SpatialEffects:  # fmt: skip
    """Direct, indirect and total effects of a change that lasts."""
    fit, k = found.fit, len(model.regressors)
    covariance = np.zeros((2 * k + 3, 2 * k + 3))
    places = {"time": 1, "space_time": 2}
    lagged = model.kind in ("sdm", "sar")
    used = [*([0] if lagged else []), *(places[role] for role in model.past)]
    used += range(3, 3 + k * (1 + model.durbin))
    at = np.arange(0 if lagged else 1, len(fit.covariance))
    covariance[np.ix_(used, used)] = fit.covariance[np.ix_(at, at)]
    beta, theta = slopes_of(sample, model, fit)
    carried = Carried(fit.rho, found.tau, found.eta)
    return long_run_effects(
        carried, beta, theta, covariance, sample.frame.spectrum, draws=draws, seed=seed,
        level=level,
    )  # fmt: skip


def slopes_of(sample: SpatialSample, model: SpatialModel, fit: SpatialFit) -> tuple[Array, Array]:
    """Coefficients of the regressors and of their spatial lags, zeros where there are none."""
    k, first = len(model.regressors), sample.first
    theta = fit.beta[first + k :] if model.durbin else np.zeros(k)
    return fit.beta[first : first + k], theta
