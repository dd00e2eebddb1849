"""The estimates behind `stirpat`: within, pooled, in differences, and ridge with resamples."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.core.errors import ZhihengError
from zhiheng.core.panel import Panel
from zhiheng.core.text import Text
from zhiheng.explain.regression import FEWEST_CLUSTERS, Model, check_columns, transformed
from zhiheng.explain.stirpat_input import Terms
from zhiheng.explain.variables import Variables
from zhiheng.kernels.panel_ols import DEPENDENT, PanelFit, covariance, factor, solve
from zhiheng.kernels.resample import multiplicities
from zhiheng.kernels.ridge import Moments, choose, hoerl_kennard_baldwin, moments, ridge, spectrum
from zhiheng.kernels.turning import combinations

Array = NDArray[np.float64]

SQUARE = 2
"""Place of the square of affluence among the regressors."""


@dataclass(frozen=True, slots=True)
class Equation:
    """One fitted equation, its columns and the way back to the scale of the data.

    Attributes
    ----------
    fit : PanelFit
        In centred and scaled logarithms of affluence where there is a square.
    raw : ndarray, shape (E, P, 1 + k)
        Outcome and regressors before the effects were taken out.
    back : ndarray, shape (k, k)
        Coefficients of the fit times this are those of the terms as printed.
    used : ndarray of bool, shape (E, P)
    centre, scale : float
        Of the logarithm of affluence.
    affluence : ndarray, shape (n,)
        Its logarithm in the rows of the fit.
    exact : bool
        Whether nothing is left over, so that errors mean nothing.
    """

    fit: PanelFit
    raw: Array
    model: Model
    back: Array
    used: NDArray[np.bool_]
    centre: float
    scale: float
    affluence: Array
    exact: bool

    @property
    def beta(self) -> Array:
        """Coefficients of the terms as printed."""
        return self.back @ self.fit.beta

    @property
    def judged(self) -> bool:
        """Whether there is inference: enough clusters, and something left over."""
        return self.fit.clusters >= FEWEST_CLUSTERS and not self.exact


def fit_equation(panel: Panel, data: Variables, terms: Terms, model: Model) -> Equation:
    """Least squares after the effects; estimates also where inference is not to be had.

    Raises
    ------
    ZhihengError
        M702, M703, M707 columns that cannot be estimated, M946 too few rows.
    """
    affluence = data.values[..., 2]
    seen = affluence[data.mask]
    centre = float(seen.mean()) if terms.quadratic else 0.0
    scale = float(seen.std()) if terms.quadratic else 1.0
    scale = scale if scale > 0 else 1.0
    z = np.where(data.mask, (affluence - centre) / scale, 0.0)
    columns = [data.values[..., :2], z[..., None]]
    if terms.quadratic:
        columns.append(z[..., None] ** 2)
    columns.append(data.values[..., 3:])
    values = np.concatenate(columns, axis=-1) * data.mask[..., None]
    raw, absorb = transformed(panel, values, data.mask, model)
    used = data.mask
    thin = absorb.mask.sum(axis=1) <= absorb.basis.shape[-1]
    if thin.any():  # its own effects take such an entity whole
        used = data.mask & ~thin[:, None]
        raw, absorb = transformed(panel, values, used, model)
    counted = len(terms.names) + absorb.nested + absorb.common
    if int(absorb.mask.sum()) <= counted:
        raise _too_few(int(absorb.mask.sum()), counted)
    swept = absorb.remove(raw)
    check_columns(raw, swept, absorb, model)
    fit = solve(swept[..., 0], swept[..., 1:], absorb)
    exact = 1.0 - fit.r2_within <= DEPENDENT**2
    back = _back(len(terms.names), centre, scale, quadratic=terms.quadratic)
    return Equation(fit, raw, model, back, used, centre, scale, affluence[used], exact)


def _back(k: int, centre: float, scale: float, *, quadratic: bool) -> Array:
    """From ``b1 z + b2 z^2`` with ``z = (x - c)/s`` to powers of x."""
    out = np.eye(k)
    if quadratic:
        out[1, 1], out[1, SQUARE] = 1 / scale, -2 * centre / scale**2
        out[SQUARE, SQUARE] = 1 / scale**2
    return out


@dataclass(frozen=True, slots=True)
class Judged:
    """Estimates of the printed terms with their inference; NaN where there is none."""

    estimate: Array
    std_error: Array
    p_value: Array
    low: Array
    high: Array
    std_error_few: Array
    df_few: Array
    p_few: Array


def judge(equation: Equation, level: float) -> Judged:
    """Clustered errors, and bias-reduced ones with their degrees of freedom."""
    beta, nothing = equation.beta, np.full(len(equation.beta), np.nan)
    if not equation.judged:
        return Judged(beta, *(nothing,) * 7)
    fit = equation.fit
    cov = printed_covariance(equation)
    se = np.sqrt(np.diag(cov))
    df = fit.clusters - 1
    half = stats.t.ppf(1 - level / 2, df) * se
    few = combinations(fit, equation.back)
    return Judged(
        beta, se, 2 * stats.t.sf(np.abs(beta / se), df), beta - half, beta + half,
        few.std_error, few.df, 2 * stats.t.sf(np.abs(few.estimate / few.std_error), few.df),
    )  # fmt: skip


def printed_covariance(equation: Equation) -> Array:
    """Clustered covariance of the printed terms."""
    fit = equation.fit
    inner = covariance(fit) * factor(fit, equation.model.small_sample)
    return equation.back @ inner @ equation.back.T


@dataclass(frozen=True, slots=True)
class Ridge:
    """Ridge estimates of the printed terms.

    Attributes
    ----------
    whole : Moments
        Of the sample, one draw.
    k, kept : float
        The chosen k and the sum of ``d / (d + k)``.
    beta : ndarray, shape (k,)
    draws : ndarray, shape (B, k)
        Resamples of whole entities, k chosen anew in each.
    drawn_k : ndarray, shape (B,)
    rival : float
        The k of Hoerl, Kennard and Baldwin, for comparison.
    """

    whole: Moments
    k: float
    kept: float
    beta: Array
    draws: Array
    drawn_k: Array
    rival: float


def fit_ridge(
    panel: Panel, equation: Equation, grid: Array, *, k: float | None, draws: int, seed: int
) -> Ridge:
    """Ridge on the columns of a fitted equation; k by generalised cross-validation or given."""
    absorb = equation.fit.absorber
    z = absorb.sweep(equation.raw)
    mask = absorb.mask.astype(np.float64)
    shared = np.repeat(absorb.shared[None], len(mask), axis=0) * mask[..., None]
    shared = absorb.sweep(shared)
    own = np.rint((absorb.basis**2).sum(axis=(1, 2)))
    nested = np.stack([mask.sum(axis=1), own], axis=-1)
    order = np.argsort(np.array(panel.entities), kind="stable")  # draws belong to names
    order = order[mask[order].any(axis=1)]
    z, shared, nested = z[order], shared[order], nested[order]
    one = np.ones((1, len(order)))
    whole = moments(z, shared, one, nested=nested)
    spec = spectrum(whole)
    chosen = np.array([k]) if k is not None else choose(whole, grid, spec)
    beta = equation.back @ ridge(whole, chosen, spec)[0]
    drawn, drawn_k = np.empty((0, len(beta))), np.empty(0)
    if draws and len(order) >= FEWEST_CLUSTERS:
        weights = multiplicities(np.zeros(len(order), dtype=np.intp), draws=draws, seed=seed)
        some = moments(z, shared, np.asarray(weights, dtype=np.float64), nested=nested)
        axes = spectrum(some)
        drawn_k = np.full(draws, k) if k is not None else choose(some, grid, axes)
        drawn = ridge(some, drawn_k, axes) @ equation.back.T
    kept = float((spec.values[0] / (spec.values[0] + chosen[0])).sum())
    rival = float(hoerl_kennard_baldwin(whole)[0])
    return Ridge(whole, float(chosen[0]), kept, beta, drawn, drawn_k, rival)


def without_others(equation: Equation, columns: Array, place: int) -> Array:
    """Columns without the effects and without every regressor but the one at `place`."""
    absorb = equation.fit.absorber
    swept = absorb.remove(np.where(absorb.mask[..., None], columns, 0.0))
    others = np.delete(equation.fit.x, place, axis=-1)
    flat, x = swept.reshape(-1, swept.shape[-1]), others.reshape(-1, others.shape[-1])
    if not x.shape[1]:
        return swept
    return (flat - x @ np.linalg.lstsq(x, flat, rcond=None)[0]).reshape(swept.shape)


def differenced(model: Model) -> Model:
    """The same equation in first differences, which remove entity effects."""
    return replace(model, transform="first_difference")


def _too_few(rows: int, counted: int) -> ZhihengError:
    return ZhihengError(
        "M946",
        Text(
            "行数不足：{n} 行，要估计 {k} 个参数（含固定效应）。",
            "Too few rows: {n} rows for {k} parameters, effects included.",
        ).format(n=rows, k=counted),
        evidence=[{"rows": rows, "parameters": counted}],
        fix=Text("加长窗口，或减少变量。", "Use a longer window, or fewer terms."),
    )
