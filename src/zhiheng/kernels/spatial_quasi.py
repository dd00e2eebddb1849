"""Errors of spatial models whose innovations are independent and even, but not normal.

Notation as in `zhiheng.kernels.spatial_ml`. Scores are linear and quadratic forms in
innovations; off the normal distribution their variance differs from the information by
terms in the third and fourth moment (Lee 2004; Lee and Yu 2010; Yu, de Jong and Lee 2008).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from zhiheng.kernels.spatial_ml import Frame, SpatialFit, inverse

Array = NDArray[np.float64]


def quasi_covariance(fit: SpatialFit, x: Array, f: Frame, *, lagged: bool, error: bool) -> Array:
    """The sandwich of (rho, beta), shape (k + 1, k + 1).

    Parameters
    ----------
    fit : SpatialFit
    x : ndarray, shape (n, T, k)
        As observed.
    lagged, error : bool
        Whether the model has a lag of the outcome, or of the error.
    """
    linear, quadratic = _forms(fit, x, f, lagged=lagged, error=error)
    third, fourth = moments(fit.residuals, f)
    both = np.tensordot(linear, quadratic, axes=([0, 1], [0, 1]))
    extra = fourth * np.tensordot(quadratic, quadratic, axes=([0, 1], [0, 1]))
    extra = extra + third * (both + both.T)
    used = np.arange(0 if lagged or error else 1, len(fit.information))
    bread = inverse(fit.information[np.ix_(used, used)])
    covariance = np.zeros_like(fit.information)
    covariance[np.ix_(used, used)] = bread + bread @ extra[np.ix_(used, used)] @ bread
    return covariance[:-1, :-1]


def _forms(
    fit: SpatialFit, x: Array, f: Frame, *, lagged: bool, error: bool
) -> tuple[Array, Array]:
    """Weights of each innovation, and of its square, in the scores: shape (n, T, k + 2)."""
    n, periods = fit.y.shape
    kept = 1.0 - 1.0 / periods if f.effects in ("entity", "twoway") else 1.0
    off = f.effects in ("period", "twoway")
    weights = f.spectrum.matrix.toarray()
    tx = f.remove(x)
    linear = np.zeros((n, periods, len(fit.beta) + 2))
    quadratic = np.zeros_like(linear)
    if lagged or error:
        g = linalg.solve(np.eye(n) - fit.rho * weights, weights)
        index = np.tensordot(g, tx @ fit.beta, axes=1)
        if off:
            g = g - g.mean(axis=0) - g.mean(axis=1, keepdims=True) + g.mean()
        quadratic[..., 0] = kept * np.diag(g)[:, None] / fit.sigma2
        if lagged:
            linear[..., 0] = f.remove(index) / fit.sigma2
    if error:
        tx = tx - fit.rho * f.remove(f.spectrum.lag(tx))
    linear[..., 1:-1] = tx / fit.sigma2
    quadratic[..., -1] = kept * (1.0 - 1.0 / n if off else 1.0) / (2 * fit.sigma2**2)
    return linear, quadratic


def moments(residuals: Array, f: Frame) -> tuple[float, float]:
    """Third moment and fourth cumulant of innovations, from residuals without their effects.

    A residual is a weighted sum of innovations, so its cumulants are those of an innovation
    times sums of powers of the weights.
    """
    n, periods = residuals.shape
    entity = periods if f.effects in ("entity", "twoway") else 0
    period = n if f.effects in ("period", "twoway") else 0
    second, third, fourth = (_powers(entity, k) * _powers(period, k) for k in (2, 3, 4))
    variance = float((residuals**2).mean())
    cumulant = float((residuals**4).mean()) - 3 * variance**2
    found = float((residuals**3).mean()) / third if abs(third) > 1e-6 * second else 0.0
    return found, cumulant / fourth


def _powers(size: int, k: int) -> float:
    """Sum of k-th powers of a row of ``I - 11'/size``."""
    if not size:
        return 1.0
    return (1.0 - 1.0 / size) ** k + (size - 1) * (-1.0 / size) ** k
