"""GMM for dynamic panels: one step, two steps, and the tests that go with them.

Symbols of Arellano and Bond (1991) and Windmeijer (2005); stacked equations come
from :mod:`zhiheng.kernels.moment_stack`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from zhiheng.kernels.moment_stack import Stack

Array = NDArray[np.float64]

# Eigenvalues of a weighting matrix, with instruments of unit length, below this share of the
# largest are directions without information: three digits above what rounding leaves.
SINGULAR = 1e-12
# Smallest singular value of Z'X, with columns of unit length, above which the regressors count
# as told apart.
TIED = 1e-9


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over entities that the estimator needs, with columns of unit length.

    Attributes
    ----------
    zx, zy : ndarray, shapes (E, L, k), (E, L)
        ``Z_i' X_i`` and ``Z_i' y_i``.
    zhz : ndarray, shape (L, L)
        ``sum_i Z_i' H Z_i``.
    x_size : ndarray, shape (k,)
        Length of each regressor, to undo the scaling.
    """

    zx: Array
    zy: Array
    zhz: Array
    x_size: Array


@dataclass(frozen=True, slots=True)
class GmmFit:
    """Estimates and what their tests stand on.

    Attributes
    ----------
    beta : ndarray, shape (k,)
    covariance : ndarray, shape (k, k)
        Robust after one step; with Windmeijer's correction after two.
    plain : ndarray, shape (k, k)
        The second step's covariance without correction, or the robust one after one step.
    residuals : ndarray, shape (E, R)
    first : ndarray, shape (k,)
        Estimates of the first step.
    sargan, hansen : float
        Overidentification statistics: the first with the first step's weights (valid for
        independent errors of equal variance only), the second with the second step's.
    df : int
        Their degrees of freedom.
    rank : int
        Instruments that are not combinations of others.
    bread, weights, moments : ndarray
        ``(X'Z A Z'X)^-1`` and ``A`` of the step reported, for other tests.
    """

    beta: Array
    covariance: Array
    plain: Array
    residuals: Array
    first: Array
    sargan: float
    hansen: float
    df: int
    rank: int
    bread: Array
    weights: Array
    moments: Moments


def moments(stacked: Stack) -> Moments:
    """Cross products of instruments, regressors and outcome by entity."""
    z_size = np.sqrt((stacked.z**2).sum(axis=(0, 1)))
    x_size = np.sqrt((stacked.x**2).sum(axis=(0, 1)))
    z = stacked.z / z_size
    flat = (stacked.h @ z).reshape(-1, z.shape[-1])
    return Moments(
        z.transpose(0, 2, 1) @ (stacked.x / x_size),
        np.einsum("erl,er->el", z, stacked.y),
        z.reshape(-1, z.shape[-1]).T @ flat,
        x_size,
    )


def gmm(stacked: Stack, *, steps: int) -> GmmFit:
    """Estimate by GMM.

    Parameters
    ----------
    stacked : Stack
    steps : {1, 2}

    Notes
    -----
    One step: ``A = (sum Z'HZ)^+`` and the covariance robust to any dependence within an
    entity. Two steps: ``A = (sum Z'uu'Z)^+`` with residuals of the first, and the
    covariance corrected for estimating `A` (Windmeijer 2005).
    """
    m = moments(stacked)
    zx, zy = m.zx.sum(axis=0), m.zy.sum(axis=0)
    a1, rank = _inverse(m.zhz)
    b1, bread1 = _solve(zx, zy, a1)
    g1 = m.zy - m.zx @ b1
    a2, _ = _inverse(g1.T @ g1)
    robust = _sandwich(bread1, zx, a1, g1)
    b2, bread2 = _solve(zx, zy, a2)
    g2 = m.zy - m.zx @ b2
    beta, bread, a = (b1, bread1, a1) if steps == 1 else (b2, bread2, a2)
    covariance = robust if steps == 1 else _windmeijer(m, g1, g2, a2, bread2, robust)
    first = stacked.y - stacked.x @ (b1 / m.x_size)
    u1, u2 = g1.sum(axis=0), g2.sum(axis=0)
    scale = np.outer(m.x_size, m.x_size)
    return GmmFit(
        beta / m.x_size,
        covariance / scale,
        (robust if steps == 1 else bread2) / scale,
        stacked.y - stacked.x @ (beta / m.x_size),
        b1 / m.x_size,
        float(u1 @ a1 @ u1) / _variance(first, stacked),
        float(u2 @ a2 @ u2),
        rank - len(beta),
        rank,
        bread,
        a,
        m,
    )


def autocorrelation(fit: GmmFit, stacked: Stack, order: int) -> float:
    """Arellano and Bond's z statistic for correlation of differenced residuals.

    Parameters
    ----------
    order : int
        Distance in periods. Order one is expected under the model; order two says that
        the errors in levels are correlated and instruments at lag two are not valid.

    Returns
    -------
    float
        NaN when no entity has two differences that far apart.
    """
    rows = stacked.differences
    u = fit.residuals[:, :rows]
    past = np.zeros_like(u)
    past[:, order:] = u[:, : max(rows - order, 0)]
    past = past * stacked.used[:, :rows]
    by_entity = (past * u).sum(axis=1)
    if not (past * stacked.used[:, :rows]).any():
        return float("nan")
    m = fit.moments
    scores = m.zy - m.zx @ (fit.beta * m.x_size)
    wx = np.einsum("er,erk->k", past, stacked.x[:, :rows])
    scaled = wx / m.x_size
    zx = m.zx.sum(axis=0)
    cross = scaled @ fit.bread @ zx.T @ fit.weights @ (scores.T @ by_entity)
    variance = (by_entity**2).sum() - 2 * cross + wx @ fit.covariance @ wx
    return float(by_entity.sum() / np.sqrt(variance)) if variance > 0 else float("nan")


def _inverse(matrix: Array) -> tuple[Array, int]:
    values, vectors = linalg.eigh((matrix + matrix.T) / 2)
    kept = values > SINGULAR * values[-1]
    part = vectors[:, kept]
    return (part / values[kept]) @ part.T, int(kept.sum())


def _solve(zx: Array, zy: Array, a: Array) -> tuple[Array, Array]:
    bread = linalg.inv(zx.T @ a @ zx)
    return bread @ (zx.T @ (a @ zy)), bread


def _sandwich(bread: Array, zx: Array, a: Array, scores: Array) -> Array:
    half = scores @ (a @ zx @ bread)
    return half.T @ half


def _windmeijer(m: Moments, g1: Array, g2: Array, a2: Array, bread: Array, robust: Array) -> Array:
    """Windmeijer's covariance: how the weights, and so the estimates, move with step one."""
    zx = m.zx.sum(axis=0)
    end = a2 @ g2.sum(axis=0)
    moved = np.einsum("elk,e->lk", m.zx, g1 @ end)
    moved += np.einsum("el,ek->lk", g1, np.einsum("elk,l->ek", m.zx, end))
    d = bread @ zx.T @ a2 @ moved
    return bread + d @ bread + bread @ d.T + d @ robust @ d.T


def _variance(residuals: Array, stacked: Stack) -> float:
    """Variance of an error in levels, from the residuals in differences."""
    u = residuals[:, : stacked.differences]
    return float((u**2).sum()) / int(stacked.used[:, : stacked.differences].sum()) / 2


def identified(stacked: Stack) -> bool:
    """Whether the instruments tell all regressors apart: ``Z'X`` has full column rank."""
    zx = moments(stacked).zx.sum(axis=0)
    size = np.sqrt((zx**2).sum(axis=0))
    if zx.shape[0] < zx.shape[1] or not size.all():
        return False
    return bool(np.linalg.svd(zx / size, compute_uv=False)[-1] > TIED)


def first_order(fit: GmmFit) -> float:
    """Worst first-order condition ``X'Z A Z'u = 0``, relative to the size of its terms."""
    zx, zy = fit.moments.zx.sum(axis=0), fit.moments.zy.sum(axis=0)
    beta = fit.beta * fit.moments.x_size
    left = zx.T @ fit.weights
    size = np.abs(left) @ (np.abs(zy) + np.abs(zx) @ np.abs(beta))
    return float((np.abs(left @ (zy - zx @ beta)) / size).max())
