"""Where a fitted polynomial turns, how sure that is, and whether it turns inside the data.

The polynomial is ``b1 x + b2 x^2`` or ``b1 x + b2 x^2 + b3 x^3``; `beta` holds its
coefficients from the first power up and `cov` their covariance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from zhiheng.kernels.few_clusters import bell_mccaffrey
from zhiheng.kernels.panel_ols import PanelFit

Array = NDArray[np.float64]

# An imaginary part below this, relative to the root, is rounding of a real root.
REAL = 1e-7


@dataclass(frozen=True, slots=True)
class Slopes:
    """Slopes of the polynomial at some points.

    Attributes
    ----------
    at, slope, std_error, statistic : ndarray, shape (m,)
    """

    at: Array
    slope: Array
    std_error: Array
    statistic: Array


@dataclass(frozen=True, slots=True)
class Combinations:
    """Linear combinations of coefficients with bias-reduced errors.

    Attributes
    ----------
    estimate, std_error, df : ndarray, shape (m,)
    """

    estimate: Array
    std_error: Array
    df: Array


def powers(x: Array, degree: int) -> Array:
    """``x, x^2, ...`` on a last axis of length `degree`."""
    return np.stack([x**k for k in range(1, degree + 1)], axis=-1)


def gradient(at: Array, degree: int) -> Array:
    """What the slope at each point is in the coefficients: ``1, 2x, 3x^2``; (m, degree)."""
    return np.stack([k * at ** (k - 1) for k in range(1, degree + 1)], axis=-1)


def recentring(centre: float, scale: float, degree: int) -> Array:
    """The matrix from coefficients in ``z = (x - centre) / scale`` to those in ``x``.

    Powers of a variable far from zero are all but collinear; fitting in `z` and mapping
    back loses no digits. The constant that the map leaves over belongs to the effects.
    """
    out = np.zeros((degree, degree))
    for j in range(1, degree + 1):  # z^j / scale^-j = sum_k C(j,k) x^k (-centre)^(j-k)
        for k in range(1, j + 1):
            out[k - 1, j - 1] = special.comb(j, k) * (-centre) ** (j - k) / scale**j
    return out


def combinations(fit: PanelFit, weights: Array) -> Combinations:
    """CR2 errors and degrees of freedom of linear combinations of the coefficients.

    Parameters
    ----------
    fit : PanelFit
    weights : ndarray, shape (m, k)
        One combination a row, none of them zero.

    Notes
    -----
    Coefficients are rotated so that the first is the combination, by an orthogonal matrix:
    nothing is lost when the combination is close to a coefficient.
    """
    found = [_rotated(fit, row) for row in weights]  # a handful of points
    return Combinations(
        weights @ fit.beta,
        np.array([error for error, _ in found]),
        np.array([df for _, df in found]),
    )


def _rotated(fit: PanelFit, row: Array) -> tuple[float, float]:
    length = float(np.sqrt(row @ row))
    turn = np.linalg.qr(np.column_stack([row / length, np.eye(len(row))]))[0].T
    bread = turn @ fit.bread @ turn.T
    made = replace(fit, beta=turn @ fit.beta, x=fit.x @ turn.T, bread=bread)
    few = bell_mccaffrey(made)
    return length * float(few.std_error[0]), float(few.df[0])


def turning_points(beta: Array) -> Array:
    """Where the slope is zero, ascending; empty where it never is."""
    slope = beta * np.arange(1, len(beta) + 1)
    roots = np.roots(slope[::-1])
    real = np.abs(roots.imag) <= REAL * np.maximum(1e-300, np.abs(roots))
    return np.sort(roots[real].real).astype(np.float64)


def delta_errors(beta: Array, cov: Array, points: Array) -> Array:
    """Standard errors of turning points by the delta method, shape (m,).

    By the implicit function theorem ``d point / d beta = -(1, 2x, 3x^2) / f''(x)``.
    """
    curvature = sum(k * (k - 1) * beta[k - 1] * points ** (k - 2) for k in range(2, len(beta) + 1))
    d = gradient(points, len(beta)) / np.asarray(curvature)[:, None]
    return np.sqrt(np.einsum("mi,ij,mj->m", d, cov, d))


def slopes(beta: Array, cov: Array, at: Array) -> Slopes:
    """Slopes at given points with their t statistics."""
    d = gradient(at, len(beta))
    slope, error = d @ beta, np.sqrt(np.einsum("mi,ij,mj->m", d, cov, d))
    return Slopes(at, slope, error, slope / error)


def flat_set(beta: Array, cov: Array, critical: float) -> list[tuple[float, float]]:
    """All points at which a slope of zero is not rejected, as intervals from left to right.

    For a quadratic this is the set of Fieller: one interval, or two half-lines, or the
    whole line. For a cubic it is the same construction; there may be several intervals.

    Parameters
    ----------
    beta, cov : ndarray, shapes (k,) and (k, k)
    critical : float
        The two-sided t quantile; the set is ``slope(x)^2 <= critical^2 var(slope(x))``.

    Returns
    -------
    list of (low, high)
        Ends may be infinite.
    """
    k = len(beta)
    slope = (beta * np.arange(1, k + 1))[::-1]
    weights = np.arange(1, k + 1)
    variance = np.zeros(2 * k - 1)
    scaled = cov * np.outer(weights, weights)
    for i in range(k):
        for j in range(k):
            variance[i + j] += scaled[i, j]
    excess = np.polysub(np.polymul(slope, slope), critical**2 * variance[::-1])
    roots = np.roots(excess)
    real = np.sort(roots[np.abs(roots.imag) <= REAL * np.maximum(1e-300, np.abs(roots))].real)
    ends = np.concatenate([[-np.inf], real, [np.inf]])
    out: list[tuple[float, float]] = []
    for low, high in zip(ends[:-1], ends[1:], strict=True):
        inside = _between(low, high)
        if np.polyval(excess, inside) > 0:
            continue
        if out and out[-1][1] == low:
            out[-1] = (out[-1][0], float(high))
        else:
            out.append((float(low), float(high)))
    return out


def _between(low: float, high: float) -> float:
    """A point inside an interval whose ends may be infinite."""
    if np.isfinite(low) and np.isfinite(high):
        return (low + high) / 2
    if np.isfinite(low):
        return low + 1 + abs(low)
    return high - 1 - abs(high) if np.isfinite(high) else 0.0


def one_sided(statistic: Array, signs: Array, df: float | Array) -> Array:
    """The p value of "the slope has this sign" at each point, against the opposite."""
    return np.asarray(stats.t.sf(statistic * signs, df))
