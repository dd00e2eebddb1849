"""What a panel design can detect: power curves and rejection rates by sign flips."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from zhiheng.kernels.few_clusters import cr2_weights
from zhiheng.kernels.panel_ols import PanelFit

Array = NDArray[np.float64]

# Draws are handled in blocks of at most this many cells, to bound memory.
BLOCK_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class Simulated:
    """Estimates and errors in panels made under "no effect".

    Attributes
    ----------
    error : ndarray, shape (B, k)
        Estimate less the truth.
    plain, reduced : ndarray, shape (B, k)
        Clustered errors without factor, and CR2.
    """

    error: Array
    plain: Array
    reduced: Array


def power_of(effect: Array, std_error: Array, df: Array, level: float) -> Array:
    """Power of a two-sided t test against `effect`, by the noncentral t distribution."""
    critical = stats.t.ppf(1 - level / 2, df)
    shift = effect / std_error
    # The lower tail as an upper one: far out scipy's cdf underflows to NaN, its sf to zero.
    return stats.nct.sf(critical, df, shift) + stats.nct.sf(critical, df, -shift)


def simulate(fit: PanelFit, *, draws: int, seed: int, order: NDArray[np.intp]) -> Simulated:
    """Flip the signs of whole entities' residuals and estimate anew.

    Use it to see whether a test keeps its level on the design at hand: regressors,
    effects and each entity's residuals stay, only their signs are drawn. Residuals
    are scaled as CR2 does, so that their spread is that of the errors.

    Parameters
    ----------
    fit : PanelFit
    draws, seed : int
    order : ndarray, shape (E,)
        Signs are drawn for entities in this order.
    """
    rng = np.random.default_rng(seed)
    seen: NDArray[np.bool_] = np.asarray(fit.absorber.mask.any(axis=1))
    inside = order[seen[order]]
    weights, root = cr2_weights(fit)
    made = (root @ fit.residuals[..., None])[..., 0]
    base = fit.x @ fit.bread
    size = fit.x.size * 2
    block = max(1, BLOCK_CELLS // size)
    parts: list[tuple[Array, Array, Array]] = []
    for first in range(0, draws, block):
        count = min(block, draws - first)
        sign = np.zeros((count, len(fit.x)))
        sign[:, inside] = 1.0 - 2.0 * rng.integers(0, 2, size=(count, len(inside)))
        y = sign[:, :, None] * made
        flat = y.transpose(1, 2, 0)
        swept = fit.absorber.remove(flat).transpose(2, 0, 1)
        beta = np.einsum("bep,epk->bk", swept, base)
        residual = swept - (beta @ fit.x.reshape(-1, fit.x.shape[-1]).T).reshape(swept.shape)
        plain = np.einsum("bep,epk->bek", residual, base)
        reduced = np.einsum("bep,epk->bek", residual, weights)
        parts.append((beta, np.sqrt((plain**2).sum(axis=1)), np.sqrt((reduced**2).sum(axis=1))))
    return Simulated(*(np.concatenate([p[i] for p in parts]) for i in range(3)))


def rejection(found: Simulated, effect: Array, critical: Array, *, reduced: bool) -> Array:
    """Share of panels in which the test says "not zero" when the truth is `effect`, shape (k,)."""
    error = found.reduced if reduced else found.plain
    return (np.abs(found.error + effect) > critical * error).mean(axis=0)
