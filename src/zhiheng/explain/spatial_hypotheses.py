"""Tests between spatial models, from one sample."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.explain.spatial_input import SpatialSample
from zhiheng.explain.spatial_models import PARTS, Estimate, fit_model, slopes_of
from zhiheng.explain.spatial_options import Kind, SpatialModel
from zhiheng.kernels.spatial_hausman import hausman
from zhiheng.kernels.spatial_lm import multiplier_tests
from zhiheng.kernels.spatial_ml import SpatialFit, linear_model

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Test:
    """One test: its statistic, chi-squared with `df` degrees of freedom.

    Attributes
    ----------
    edge : bool
        The hypothesis lies on the edge of the parameters, as a variance of zero does:
        half of the distribution then sits at zero.
    """

    name: str
    statistic: float
    df: int
    edge: bool = False

    @property
    def p_value(self) -> float:
        """Upper tail of the chi-squared distribution, or of its mixture with zero."""
        tail = float(stats.chi2.sf(self.statistic, self.df))
        return tail / 2 if self.edge and self.statistic > 0 else tail


def tests_of(sample: SpatialSample, model: SpatialModel, found: Estimate) -> list[Test]:
    """The model against those nested in it, and what stands on its effects and lags."""
    out: list[Test] = []
    if model.effects == "random":
        out += _of_random(sample, model, found)
    elif model.dynamic == "none":
        out += _of_none(sample, model, found)
    if model.kind == "sdm":
        out += _of_durbin(sample, model, found)
    if model.dynamic != "none":
        out += _of_lags(sample, model, found)
    return out


def _of_none(sample: SpatialSample, model: SpatialModel, found: Estimate) -> list[Test]:
    """Multiplier tests on least squares, and the ratio against it."""
    design = sample.design(durbin=False)
    plain = linear_model(sample.y, design, sample.frame)
    lm = multiplier_tests(plain, design, sample.y, sample.frame)
    k = len(model.regressors)
    more = {"sdm": k + 1, "slx": k, "sar": 1, "sem": 1}[model.kind]
    return [
        Test("lm_lag", lm.lag, 1),
        Test("lm_error", lm.error, 1),
        Test("lm_lag_robust", lm.robust_lag, 1),
        Test("lm_error_robust", lm.robust_error, 1),
        Test("lr_ols", _ratio(found.plain, plain), more),
    ]


def _of_random(sample: SpatialSample, model: SpatialModel, found: Estimate) -> list[Test]:
    """Whether there are effects at all, and whether regressors know of them."""
    pooled = replace(model, effects="none")
    frame = replace(sample.frame, effects="none")
    none = fit_model(replace(sample, frame=frame), pooled, model.kind)
    out = [Test("lr_pooled", _ratio(found.fit, none.fit), 1, edge=True)]
    test = hausman(
        sample.y, sample.design(durbin=model.durbin), sample.frame, found.fit, PARTS[model.kind]
    )
    return [*out, Test("hausman", test.statistic, test.df)] if test.df else out


def _of_durbin(sample: SpatialSample, model: SpatialModel, found: Estimate) -> list[Test]:
    k, fit = len(model.regressors), found.fit
    nested: list[tuple[Kind, int]] = [("slx", 1), ("sar", k)]
    if model.dynamic == "none":
        nested.append(("sem", k))
    out: list[Test] = []
    for kind, df in nested:
        other = fit_model(sample, replace(model, covariance="ml"), kind)
        out.append(Test(f"lr_{kind}", _ratio(found.plain, other.plain), df))
    first = 1 + sample.first
    own, lags = np.arange(first, first + k), np.arange(first + k, first + 2 * k)
    no_lags = np.zeros((k, len(fit.covariance)))
    no_lags[np.arange(k), lags] = 1.0
    beta, theta = slopes_of(sample, model, fit)
    out.append(Test("wald_sar", _wald(theta, no_lags, fit), k))
    if model.dynamic == "none":
        common = no_lags.copy()
        common[np.arange(k), own] = fit.rho
        common[:, 0] = beta
        out.append(Test("wald_sem", _wald(theta + fit.rho * beta, common, fit), k))
    return out


def _of_lags(sample: SpatialSample, model: SpatialModel, found: Estimate) -> list[Test]:
    """No lags in time; and, with rows that sum to one, shocks that stay for ever."""
    fit, count = found.fit, sample.past.shape[-1]
    gradient = np.zeros((count, len(fit.covariance)))
    gradient[np.arange(count), 1 + np.arange(count)] = 1.0
    out = [Test("wald_static", _wald(fit.beta[:count], gradient, fit), count)]
    if sample.frame.spectrum.row_standardised:
        every = gradient.sum(axis=0, keepdims=True)
        every[0, 0] = float(model.kind in ("sdm", "sar"))
        total = np.array([fit.rho + found.tau + found.eta - 1.0])
        out.append(Test("wald_unit", _wald(total, every, fit), 1))
    return out


def _ratio(fit: SpatialFit, nested: SpatialFit) -> float:
    return max(0.0, 2.0 * (fit.log_likelihood - nested.log_likelihood))


def _wald(value: Array, gradient: Array, fit: SpatialFit) -> float:
    inner = gradient @ fit.covariance @ gradient.T
    scale = 1.0 / np.sqrt(np.diag(inner))
    return float(scale * value @ np.linalg.solve(inner * np.outer(scale, scale), scale * value))
