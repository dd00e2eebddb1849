"""Direct, indirect and total effects of spatial models, with two kinds of errors.

The effect of regressor k on the outcome is the matrix ``(I - rho W)^-1 (beta_k I
+ theta_k W)`` (LeSage and Pace 2009). The direct effect is the mean of its
diagonal, the total effect the mean of its row sums, the indirect one the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.spatial_spectrum import Spectrum

Array = NDArray[np.float64]

BLOCK = 2_000_000
"""Eigenvalues times draws held at once: 32 MB."""


@dataclass(frozen=True, slots=True)
class SpatialEffects:
    """Effects of each regressor, in the order direct, indirect, total.

    Attributes
    ----------
    estimate, delta_error : ndarray, shape (3, k)
        Values, and standard errors by the delta method.
    simulated_error, low, high : ndarray, shape (3, k)
        Standard deviation and quantiles of the draws; NaN without draws.
    discarded : int
        Draws of `rho` outside the domain, which have no multiplier.
    """

    estimate: Array
    delta_error: Array
    simulated_error: Array
    low: Array
    high: Array
    discarded: int


@dataclass(frozen=True, slots=True)
class _Traces:
    """Means of the diagonal (d) and of all row sums (t) of ``S`` and ``S W``, S the multiplier.

    Attributes
    ----------
    values, slopes : ndarray, shape (4, ...)
        For d(S), d(SW), t(S), t(SW), and their derivatives in `rho`.
    """

    values: Array
    slopes: Array


def _traces(rho: Array, spectrum: Spectrum) -> _Traces:
    """All of them from the eigenvalues, for one or many `rho`."""
    w = spectrum.values
    s = 1.0 / (1.0 - np.multiply.outer(rho, w))
    even = np.full(spectrum.n, 1.0 / spectrum.n)
    values = [(s * power) @ weight for weight in (even, spectrum.share) for power in (1.0, w)]
    # without a lag of the outcome S is the identity, and W has no diagonal: exactly, not nearly
    at_zero = np.asarray(rho) == 0.0
    for i, exact in ((0, 1.0), (1, 0.0), (2, 1.0)):
        values[i] = np.where(at_zero, exact, values[i])
    square = s * s
    slopes = [(square * p) @ weight for weight in (even, spectrum.share) for p in (w, w * w)]
    return _Traces(
        np.array([v.real for v in values], dtype=np.float64),
        np.array([v.real for v in slopes], dtype=np.float64),
    )


def _effects(beta: Array, theta: Array, m: Array) -> Array:
    """Direct, indirect and total from coefficients (..., k) and the four means (4, ..., 1)."""
    direct = beta * m[0] + theta * m[1]
    total = beta * m[2] + theta * m[3]
    return np.stack([direct, total - direct, total])


def spatial_effects(
    rho: float,
    beta: Array,
    theta: Array,
    covariance: Array,
    spectrum: Spectrum,
    *,
    draws: int,
    seed: int,
    level: float,
) -> SpatialEffects:
    """Effects with errors of the delta method and of draws from the normal distribution.

    Parameters
    ----------
    rho : float
        Zero where the outcome has no lag: SLX and SEM are then the same formula.
    beta, theta : ndarray, shape (k,)
        Coefficients of the regressors and of their lags, zero where there are none.
    covariance : ndarray, shape (2 k + 1, 2 k + 1)
        Of (rho, beta, theta); rows and columns of zeros for what is not estimated.
    spectrum : Spectrum
    draws : int
        0 for none.
    seed : int
    level : float
        Quantiles `level`/2 and 1 - `level`/2.
    """
    at = _traces(np.asarray(rho), spectrum)
    estimate = _effects(beta, theta, at.values)
    gradient = _gradient(beta, theta, at)
    delta = np.sqrt(np.einsum("ikp,pq,ikq->ik", gradient, covariance, gradient))
    if not draws:
        nothing = np.full_like(estimate, np.nan)
        return SpatialEffects(estimate, delta, nothing, nothing, nothing, 0)
    found, discarded = _draw(
        np.concatenate([[rho], beta, theta]), covariance, spectrum, draws, seed
    )
    if found.shape[1] < 2:
        nothing = np.full_like(estimate, np.nan)
        return SpatialEffects(estimate, delta, nothing, nothing, nothing, discarded)
    low, high = np.quantile(found, [level / 2, 1 - level / 2], axis=1)
    return SpatialEffects(estimate, delta, found.std(axis=1, ddof=1), low, high, discarded)


def _gradient(beta: Array, theta: Array, at: _Traces) -> Array:
    """Derivatives of the effects, shape (3, k, 2 k + 1), in (rho, beta, theta)."""
    k = len(beta)
    out = np.zeros((3, k, 2 * k + 1))
    out[..., 0] = _effects(beta, theta, at.slopes)
    for column, unit in ((1, (1.0, 0.0)), (1 + k, (0.0, 1.0))):
        one = _effects(np.array(unit[0]), np.array(unit[1]), at.values)
        out[:, np.arange(k), column + np.arange(k)] = one[:, None]
    return out


def _draw(
    centre: Array, covariance: Array, spectrum: Spectrum, draws: int, seed: int
) -> tuple[Array, int]:
    """Effects of parameters drawn around the estimates, shape (3, kept, k)."""
    normal = np.random.default_rng(seed).standard_normal((draws, len(centre)))
    drawn = centre + normal @ draw_root(covariance).T
    inside = (drawn[:, 0] > spectrum.low) & (drawn[:, 0] < spectrum.high)
    kept, k = drawn[inside], (len(centre) - 1) // 2
    step = max(1, BLOCK // spectrum.n)
    parts = [
        _traces(kept[i : i + step, 0], spectrum).values for i in range(0, max(len(kept), 1), step)
    ]
    means = np.concatenate(parts, axis=1)[..., None]
    return _effects(kept[:, 1 : k + 1], kept[:, k + 1 :], means), int((~inside).sum())


def draw_root(covariance: Array) -> Array:
    """Cholesky factor that leaves rows of zeros alone and does not depend on units."""
    scale = np.sqrt(np.diag(covariance))
    used = np.flatnonzero(scale > 0)
    out = np.zeros_like(covariance)
    inner = covariance[np.ix_(used, used)] / np.outer(scale[used], scale[used])
    out[np.ix_(used, used)] = scale[used, None] * np.linalg.cholesky(inner)
    return out
