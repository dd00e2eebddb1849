"""Effects of a lasting change in spatial panels with lags in time.

In the long run the matrix of effects is ``((1 - tau) I - (rho + eta) W)^-1 (beta I + theta W)``
(Debarsy, Ertur and LeSage 2012; Elhorst 2014), which exists where the model is stable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.spatial_effects import SpatialEffects, draw_root
from zhiheng.kernels.spatial_spectrum import Spectrum

Array = NDArray[np.float64]

BLOCK = 2_000_000
"""Eigenvalues times draws held at once."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Coefficients of the three lags: in space, in time, and in space of that in time."""

    rho: float
    tau: float
    eta: float


def long_run_effects(
    carried: Carried,
    beta: Array,
    theta: Array,
    covariance: Array,
    spectrum: Spectrum,
    *,
    draws: int,
    seed: int,
    level: float,
) -> SpatialEffects:
    """Long-run effects with errors of the delta method and of draws.

    Parameters
    ----------
    carried : Carried
    beta, theta : ndarray, shape (k,)
    covariance : ndarray, shape (2 k + 3, 2 k + 3)
        Of (rho, tau, eta, beta, theta); zeros for what is not estimated.
    spectrum : Spectrum
    draws : int
        0 for none. Draws that are not stable are left out and counted.
    seed : int
    level : float
    """
    centre = np.array([carried.rho, carried.tau, carried.eta])
    means, slopes = _means(centre, spectrum)
    estimate = _effects(beta, theta, means)
    k = len(beta)
    gradient = np.zeros((3, k, 2 * k + 3))
    for i in range(3):
        gradient[..., i] = _effects(beta, theta, slopes[i])
    for column, unit in ((3, (1.0, 0.0)), (3 + k, (0.0, 1.0))):
        one = _effects(np.array(unit[0]), np.array(unit[1]), means)
        gradient[:, np.arange(k), column + np.arange(k)] = one[:, None]
    delta = np.sqrt(np.einsum("ikp,pq,ikq->ik", gradient, covariance, gradient))
    nothing = np.full_like(estimate, np.nan)
    if not draws:
        return SpatialEffects(estimate, delta, nothing, nothing, nothing, 0)
    normal = np.random.default_rng(seed).standard_normal((draws, len(covariance)))
    drawn = np.concatenate([centre, beta, theta]) + normal @ draw_root(covariance).T
    kept = drawn[stable(drawn[:, :3], spectrum)]
    left = draws - len(kept)
    if len(kept) < 2:
        return SpatialEffects(estimate, delta, nothing, nothing, nothing, left)
    step = max(1, BLOCK // spectrum.n)
    parts = [_means(kept[i : i + step, :3], spectrum)[0] for i in range(0, len(kept), step)]
    every = np.concatenate(parts, axis=1)[..., None]
    found = _effects(kept[:, 3 : 3 + k], kept[:, 3 + k :], every)
    low, high = np.quantile(found, [level / 2, 1 - level / 2], axis=1)
    return SpatialEffects(estimate, delta, found.std(axis=1, ddof=1), low, high, left)


def stable(lags: Array, spectrum: Spectrum) -> NDArray[np.bool_]:
    """Whether each row of (rho, tau, eta), shape (m, 3), has a long run."""
    rho, tau, eta = lags.T[..., None]
    inside = (lags[:, 0] > spectrum.low) & (lags[:, 0] < spectrum.high)
    w = spectrum.values
    modulus = np.abs((tau + eta * w) / (1.0 - rho * w)).max(axis=-1)
    return inside & (modulus < 1.0)


def _means(lags: Array, spectrum: Spectrum) -> tuple[Array, list[Array]]:
    """Means of diagonal and row sums of ``M`` and ``M W``, (4, ...), and slopes in the lags."""
    w = spectrum.values
    rho, tau, eta = (lags[..., i, None] for i in range(3))
    m = 1.0 / (1.0 - tau - (rho + eta) * w)
    even = np.full(spectrum.n, 1.0 / spectrum.n)

    def four(s: NDArray[np.inexact]) -> Array:
        both = [(s * power) @ weight for weight in (even, spectrum.share) for power in (1.0, w)]
        return np.array([v.real for v in both], dtype=np.float64)

    in_space, in_time = four(m * m * w), four(m * m)
    return four(m), [in_space, in_time, in_space]


def _effects(beta: Array, theta: Array, m: Array) -> Array:
    direct = beta * m[0] + theta * m[1]
    total = beta * m[2] + theta * m[3]
    return np.stack([direct, total - direct, total])
