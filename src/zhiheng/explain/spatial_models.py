"""Fits of spatial models and the tests between them, from one sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.core.errors import ZhihengError
from zhiheng.core.text import Text
from zhiheng.explain.spatial_input import Kind, SpatialModel, SpatialSample
from zhiheng.kernels.spatial_effects import SpatialEffects, spatial_effects
from zhiheng.kernels.spatial_lm import multiplier_tests
from zhiheng.kernels.spatial_ml import (
    NoMaximum,
    SpatialFit,
    error_model,
    lag_model,
    linear_model,
)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Test:
    """One test: its statistic, chi-squared with `df` degrees of freedom."""

    name: str
    statistic: float
    df: int

    @property
    def p_value(self) -> float:
        """Upper tail of the chi-squared distribution."""
        return float(stats.chi2.sf(self.statistic, self.df))


def fit_model(sample: SpatialSample, kind: Kind) -> SpatialFit:
    """Fit one kind of model.

    Raises
    ------
    ZhihengError
        M739 a likelihood without a maximum inside the domain.
    """
    design = sample.design(durbin=kind in ("sdm", "slx"))
    estimate = {"sdm": lag_model, "sar": lag_model, "sem": error_model, "slx": linear_model}[kind]
    try:
        return estimate(sample.y, design, sample.frame)
    except NoMaximum as error:
        found = sample.frame.spectrum
        raise ZhihengError(
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
        ) from error


def effects_of(
    sample: SpatialSample, model: SpatialModel, fit: SpatialFit, *, draws: int, seed: int,
    level: float,
) -> SpatialEffects:  # fmt: skip
    """Direct, indirect and total effects of the regressors."""
    k, first = len(model.regressors), sample.constant.shape[-1]
    own = fit.beta[first : first + k]
    theta = fit.beta[first + k :] if model.durbin else np.zeros(k)
    covariance = np.zeros((2 * k + 1, 2 * k + 1))
    used = np.arange(1, 1 + k * (1 + model.durbin))
    rho = 0.0
    if model.kind in ("sdm", "sar"):
        rho, used = fit.rho, np.concatenate([[0], used])
    at = np.where(used > 0, used + first, 0)
    covariance[np.ix_(used, used)] = fit.covariance[np.ix_(at, at)]
    return spatial_effects(
        rho, own, theta, covariance, sample.frame.spectrum, draws=draws, seed=seed, level=level
    )


def tests_of(sample: SpatialSample, model: SpatialModel, fit: SpatialFit) -> list[Test]:
    """Multiplier tests on least squares, and the model against those nested in it."""
    design = sample.design(durbin=False)
    plain = linear_model(sample.y, design, sample.frame)
    lm = multiplier_tests(plain, design, sample.y, sample.frame)
    k = len(model.regressors)
    more = {"sdm": k + 1, "slx": k, "sar": 1, "sem": 1}[model.kind]
    out = [
        Test("lm_lag", lm.lag, 1),
        Test("lm_error", lm.error, 1),
        Test("lm_lag_robust", lm.robust_lag, 1),
        Test("lm_error_robust", lm.robust_error, 1),
        Test("lr_ols", _ratio(fit, plain), more),
    ]
    if model.kind != "sdm":
        return out
    nested: tuple[tuple[Kind, int], ...] = (("slx", 1), ("sar", k), ("sem", k))
    out += [Test(f"lr_{kind}", _ratio(fit, fit_model(sample, kind)), df) for kind, df in nested]
    first = 1 + sample.constant.shape[-1]
    own, lags = np.arange(first, first + k), np.arange(first + k, first + 2 * k)
    no_lags = np.zeros((k, len(fit.covariance)))
    no_lags[np.arange(k), lags] = 1.0
    common = no_lags.copy()
    common[np.arange(k), own] = fit.rho
    common[:, 0] = fit.beta[own - 1]
    theta = fit.beta[lags - 1]
    out.append(Test("wald_sar", _wald(theta, no_lags, fit), k))
    out.append(Test("wald_sem", _wald(theta + fit.rho * fit.beta[own - 1], common, fit), k))
    return out


def _ratio(fit: SpatialFit, nested: SpatialFit) -> float:
    return max(0.0, 2.0 * (fit.log_likelihood - nested.log_likelihood))


def _wald(value: Array, gradient: Array, fit: SpatialFit) -> float:
    inner = gradient @ fit.covariance @ gradient.T
    scale = 1.0 / np.sqrt(np.diag(inner))
    return float(scale * value @ np.linalg.solve(inner * np.outer(scale, scale), scale * value))
