"""Quantile regression with fixed effects by moments of location and scale.

The estimator of Machado and Santos Silva (2019) for ``y = a_i + x'b + (d_i + x'g) u``: least
squares for the location, least squares of absolute residuals for the scale, and one number
for each quantile. Notation of the module: `E` entities, `P` periods, `k` regressors, `m`
quantiles, `B` sets of entity weights. The panel is balanced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Effects = Literal["entity", "twoway", "none"]

# Weights are handled in blocks of at most this many cells, to bound memory.
BLOCK_CELLS = 4_000_000
# Smallest eigenvalue of the correlation-like moment matrix with which a draw still counts.
SINGULAR = 1e-10


@dataclass(frozen=True, slots=True)
class LocationScale:
    """Estimates for each set of entity weights; NaN where regressors are tied in a set.

    Attributes
    ----------
    location, scale : ndarray, shape (B, k)
        Slopes of the mean and of the mean absolute deviation.
    level : ndarray, shape (B, m)
        The quantiles of the standardised residual.
    not_positive : ndarray, shape (B,)
        Share of rows whose fitted scale is zero or less.
    gap : ndarray, shape (B,)
        Mean of absolute residuals less mean of fitted scales: zero but for rounding.
    """

    location: Array
    scale: Array
    level: Array
    not_positive: Array
    gap: Array

    @property
    def slopes(self) -> Array:
        """Slopes at each quantile ``b + q(t) g``, shape (B, m, k)."""
        return self.location[:, None, :] + self.level[:, :, None] * self.scale[:, None, :]


def location_scale(
    y: Array, x: Array, weights: Array, *, effects: Effects, quantiles: Array
) -> LocationScale:
    """Estimate location, scale and quantiles for each set of weights of entities.

    Use it where effects may differ between low and high outcomes. It needs a location and
    scale that are linear in the regressors; with few periods it is biased in the order of
    one over their number, the scale most of all.

    Parameters
    ----------
    y : ndarray, shape (E, P)
    x : ndarray, shape (E, P, k)
    weights : ndarray, shape (B, E)
        Ones for the estimate itself; multiplicities of drawn entities for a bootstrap.
    effects : {"entity", "twoway", "none"}
        In location and scale; ``"none"`` keeps one constant in each.
    quantiles : ndarray, shape (m,)
        In (0, 1).
    """
    size = max(1, BLOCK_CELLS // x.size)
    parts = [
        _block(y, x, weights[first : first + size], effects, quantiles)
        for first in range(0, len(weights), size)
    ]
    joined = (np.concatenate([part[j] for part in parts]) for j in range(5))
    return LocationScale(*joined)


def _block(
    y: Array, x: Array, weights: Array, effects: Effects, quantiles: Array
) -> tuple[Array, Array, Array, Array, Array]:
    columns = _sweep(np.concatenate([y[..., None], x], axis=-1)[None], weights, effects)
    outcome, inside = columns[..., 0], columns[..., 1:]
    bread = _inverse(np.einsum("be,bepi,bepj->bij", weights, inside, inside, optimize=True))
    location = _solve(bread, inside, outcome, weights)
    residual = outcome - np.einsum("bepk,bk->bep", inside, location)
    spread = np.abs(residual)
    moved = _sweep(spread[..., None], weights, effects)[..., 0]
    scale = _solve(bread, inside, moved, weights)
    fitted = spread - moved + np.einsum("bepk,bk->bep", inside, scale)
    rows = weights[:, :, None] * np.ones(y.shape[1])
    total = rows.sum(axis=(1, 2))
    level = weighted_levels(residual, fitted, rows, quantiles)
    low = (rows * (fitted <= 0)).sum(axis=(1, 2)) / total
    gap = (rows * (spread - fitted)).sum(axis=(1, 2)) / total
    return location, scale, level, low, gap


def _sweep(z: Array, weights: Array, effects: Effects) -> Array:
    """Remove the effects from columns, shape (1 or B, E, P, c), for each set of weights.

    Weights belong to entities, so that entity means do not depend on them and the period
    means of a balanced panel are plain weighted means of what is left.
    """
    share = weights / weights.sum(axis=1, keepdims=True)
    if effects == "none":
        mean = np.einsum("be,becz->bz", share, np.broadcast_to(z, (len(weights), *z.shape[1:])))
        return z - mean[:, None, None, :] / z.shape[2]
    out = z - z.mean(axis=2, keepdims=True)
    out = np.broadcast_to(out, (len(weights), *z.shape[1:]))
    if effects == "twoway":
        out = out - np.einsum("be,bepz->bpz", share, out)[:, None]
    return out


def _inverse(moments: Array) -> Array:
    """Inverse moment matrices; NaN where regressors are tied."""
    length = np.sqrt(np.einsum("bii->bi", moments))
    length = np.where(length > 0, length, 1.0)
    unit = moments / (length[:, :, None] * length[:, None, :])
    sound = np.linalg.eigvalsh(unit)[:, 0] > SINGULAR
    safe = np.where(sound[:, None, None], unit, np.eye(unit.shape[1]))
    inverse = np.linalg.inv(safe) / (length[:, :, None] * length[:, None, :])
    return np.where(sound[:, None, None], inverse, np.nan)


def _solve(bread: Array, x: Array, y: Array, weights: Array) -> Array:
    moments = np.einsum("be,bepk,bep->bk", weights, x, y, optimize=True)
    return np.einsum("bij,bj->bi", bread, moments)


def weighted_levels(residual: Array, scale: Array, rows: Array, quantiles: Array) -> Array:
    """The number q that minimises ``sum rows * check_t(residual - scale q)``, shape (B, m).

    Where the scale is positive in all rows this is a weighted quantile of ``residual /
    scale`` with weights ``rows * scale``; a row of negative scale pulls from the other side.
    The smallest minimiser is taken where there are several.
    """
    flat = (len(residual), -1)
    r, s, w = residual.reshape(flat), scale.reshape(flat), rows.reshape(flat)
    weight = w * np.abs(s)
    ratio = np.divide(r, s, out=np.zeros_like(r), where=(weight > 0))
    order = np.argsort(ratio, axis=1, kind="stable")
    heavy = np.take_along_axis(weight, order, axis=1)
    steps = np.cumsum(heavy, axis=1)
    up = np.where(s > 0, weight, 0.0).sum(axis=1)
    down = steps[:, -1] - up
    out = np.empty((len(r), len(quantiles)))
    for j, t in enumerate(quantiles):  # a handful
        target = t * up + (1 - t) * down
        # Rounding must not step over a jump that meets the target exactly.
        reached = steps >= (target * (1 - 1e-12))[:, None]
        at = np.argmax(reached & (heavy > 0), axis=1)
        place = np.take_along_axis(order, at[:, None], axis=1)
        out[:, j] = np.take_along_axis(ratio, place, axis=1)[:, 0]
    return np.where(np.isfinite(steps[:, -1:]), out, np.nan)
