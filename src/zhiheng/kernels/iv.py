"""Two-stage least squares within absorbed effects, strength and validity of instruments.

All columns are given after the effects were removed: outcome `y` (E, P),
endogenous `d` (E, P, m), exogenous `w` (E, P, k), excluded instruments
`z` (E, P, l). Fits are :class:`~zhiheng.kernels.panel_ols.PanelFit`, so that every
covariance of :mod:`~zhiheng.kernels.panel_covariance` applies to them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.kernels.panel_ols import Absorber, PanelFit, solve

Array = NDArray[np.float64]
Covariance = Callable[[PanelFit], Array]


@dataclass(frozen=True, slots=True)
class IvData:
    """The columns of an instrumental-variables model, effects removed."""

    y: Array
    d: Array
    w: Array
    z: Array
    absorber: Absorber

    @property
    def regressors(self) -> Array:
        """Endogenous, then exogenous."""
        return np.concatenate([self.d, self.w], axis=-1)

    @property
    def instruments(self) -> Array:
        """Excluded, then exogenous."""
        return np.concatenate([self.z, self.w], axis=-1)


@dataclass(frozen=True, slots=True)
class IvFit:
    """Two-stage least squares with the regressions that belong to it.

    Attributes
    ----------
    second : PanelFit
        `x` holds the fitted regressors, `residuals` are those of the model with
        the observed ones: sandwich covariances follow.
    first : tuple of PanelFit
        Each endogenous variable on all instruments.
    reduced : PanelFit
        The outcome on all instruments.
    least_squares : PanelFit
        Ordinary least squares, for comparison.
    """

    second: PanelFit
    first: tuple[PanelFit, ...]
    reduced: PanelFit
    least_squares: PanelFit


@dataclass(frozen=True, slots=True)
class FTest:
    """A statistic with its degrees of freedom; `df2` is zero for a chi-square test."""

    statistic: float
    df1: int
    df2: int
    p_value: float


@dataclass(frozen=True, slots=True)
class EffectiveF:
    """Strength of the instruments by Montiel Olea and Pflueger (2013)."""

    statistic: float
    critical: float


def two_stage(data: IvData) -> IvFit:
    """Estimate by two-stage least squares.

    Use it once the order and rank conditions hold. With more instruments than
    endogenous variables it is efficient under equal variances only.
    """
    absorb, z = data.absorber, data.instruments
    first = tuple(solve(data.d[..., j], z, absorb) for j in range(data.d.shape[-1]))
    fitted = np.stack([data.d[..., j] - fit.residuals for j, fit in enumerate(first)], axis=-1)
    second = solve(data.y, np.concatenate([fitted, data.w], axis=-1), absorb)
    residuals = data.y - data.regressors @ second.beta
    return IvFit(
        PanelFit(second.beta, second.x, second.y, residuals, second.bread, absorb),
        first,
        solve(data.y, z, absorb),
        solve(data.y, data.regressors, absorb),
    )


def partialled(columns: Array, w: Array) -> Array:
    """Columns less their projection on `w`; shapes (E, P, c) and (E, P, k)."""
    if not w.shape[-1]:
        return columns
    basis = np.linalg.qr(w.reshape(-1, w.shape[-1]))[0]
    flat = columns.reshape(-1, columns.shape[-1])
    return (flat - basis @ (basis.T @ flat)).reshape(columns.shape)


def f_test(fit: PanelFit, count: int, covariance: Array, df2: int) -> FTest:
    """Whether the first `count` coefficients are all zero."""
    return _f(fit.beta[:count], covariance[:count, :count], df2)


def _f(beta: Array, v: Array, df2: int) -> FTest:
    k = len(beta)
    scale = np.sqrt(np.maximum(np.diag(v), 0.0))
    scaled = v / np.outer(scale, scale) if (scale > 0).all() else np.zeros_like(v)
    if np.linalg.matrix_rank(scaled) < k:  # fewer clusters than restrictions, for instance
        return FTest(float("nan"), k, df2, float("nan"))
    value = float((beta / scale) @ np.linalg.solve(scaled, beta / scale)) / k
    return FTest(value, k, df2, float(stats.f.sf(value, k, df2)))


def partial_r2(data: IvData, j: int) -> float:
    """Share of an endogenous variable that excluded instruments carry, others held fixed."""
    d = partialled(data.d[..., j : j + 1], data.w)
    z = partialled(data.z, data.w)
    rest = solve(d[..., 0], z, data.absorber).residuals
    return 1.0 - float((rest**2).sum() / (d**2).sum())


def effective_f(data: IvData, first: PanelFit, covariance: Array, bias: float) -> EffectiveF:
    """Effective F of one endogenous variable, with its critical value at 5 %.

    ``pi'Z'Z pi / tr(V Z'Z)`` with the instruments partialled out and `V` the
    covariance of ``pi``; with one instrument it is the robust F. The critical
    value (simplified, without the sharper bound on the bias) rejects that the
    bias exceeds the share `bias` of its worst case (Montiel Olea and Pflueger 2013).
    """
    z = partialled(data.z, data.w)
    count = z.shape[-1]
    flat = z.reshape(-1, count)
    values, vectors = np.linalg.eigh(flat.T @ flat)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    noise = root @ covariance[:count, :count] @ root
    trace, square = float(np.trace(noise)), float((noise**2).sum())
    statistic = float(((root @ first.beta[:count]) ** 2).sum()) / trace
    largest, x = float(np.linalg.eigvalsh(noise)[-1]), 1.0 / bias
    freedom = trace**2 * (1 + 2 * x) / (square + 2 * x * trace * largest)
    critical = float(stats.ncx2.ppf(0.95, freedom, x * freedom)) / freedom
    return EffectiveF(statistic, critical)


def conditional_f(data: IvData, j: int) -> float:
    """Sanderson and Windmeijer's (2016) F of endogenous variable `j`, equal variances.

    The first stage of what is left of it after the other endogenous variables,
    themselves instrumented.
    """
    others = np.delete(np.arange(data.d.shape[-1]), j)
    made = IvData(data.d[..., j], data.d[..., others], data.w, data.z, data.absorber)
    left = two_stage(made).second.residuals
    z = partialled(data.z, data.w)
    on_z = solve(partialled(left[..., None], data.w)[..., 0], z, data.absorber)
    explained = float((on_z.y**2).sum() - (on_z.residuals**2).sum())
    df1 = z.shape[-1] - len(others)
    absorb = data.absorber
    df2 = on_z.rows - absorb.nested - absorb.common - data.w.shape[-1] - z.shape[-1]
    return explained / df1 / (float((on_z.residuals**2).sum()) / df2)


def endogeneity(data: IvData, fit: IvFit) -> PanelFit:
    """Least squares with the first-stage residuals added in front (Wu 1973; Hausman 1978)."""
    extra = np.stack([first.residuals for first in fit.first], axis=-1)
    return solve(data.y, np.concatenate([extra, data.regressors], axis=-1), data.absorber)


def sargan(data: IvData, fit: IvFit, rows: int) -> FTest:
    """Sargan's (1958) test of overidentification; `rows` is N less the absorbed effects."""
    u = fit.second.residuals
    explained = u - solve(u, data.instruments, data.absorber).residuals
    value = rows * float((explained**2).sum() / (u**2).sum())
    return _chi2(value, data.z.shape[-1] - data.d.shape[-1])


def hansen(data: IvData, moments: Array) -> FTest:
    """Hansen's (1982) J at the two-step estimate.

    Parameters
    ----------
    moments : ndarray, shape (l + k, l + k)
        Covariance of the moments ``Z'u`` at two-stage least squares.
    """
    z, x = data.instruments, data.regressors
    over = data.z.shape[-1] - data.d.shape[-1]
    zx = np.einsum("epi,epj->ij", z, x)
    zy = np.einsum("epi,ep->i", z, data.y)
    scale = np.sqrt(np.diag(moments))
    scaled = moments / np.outer(scale, scale)
    if np.linalg.matrix_rank(scaled, hermitian=True) < len(scaled):
        return FTest(float("nan"), over, 0, float("nan"))
    half = np.linalg.cholesky(np.linalg.inv(scaled)).T / scale
    beta = np.linalg.lstsq(half @ zx, half @ zy, rcond=None)[0]
    return _chi2(float(((half @ (zy - zx @ beta)) ** 2).sum()), over)


def moment_covariance(data: IvData, fit: IvFit, covariance: Covariance) -> Array:
    """Covariance of ``Z'u``: that of estimates whose bread is the identity."""
    z = data.instruments
    u = fit.second.residuals
    one = PanelFit(np.zeros(z.shape[-1]), z, u, u, np.eye(z.shape[-1]), data.absorber)
    return covariance(one)


def _chi2(value: float, df: int) -> FTest:
    return FTest(value, df, 0, float(stats.chi2.sf(value, df)))
