"""Weights from the spread of indicators: CRITIC and the coefficient of variation.

Both are taken over the whole panel, all cells alike, as the pooled entropy is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from zhiheng.kernels.normalise import ROUNDING, Normalised

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Correlation = Literal["pearson", "spearman"]

# A conflict 1 - r below this is what rounding leaves of columns that agree entirely.
AGREED = 1e-12


@dataclass(frozen=True, slots=True)
class Critic:
    """Weights in proportion to contrast times conflict.

    Attributes
    ----------
    contrast : ndarray, shape (K,)
        Standard deviation (divisor n) of each indicator; 0 for one that does not vary.
    conflict : ndarray, shape (K,)
        ``sum_j (1 - r_kj)`` over the indicators that vary, in [0, 2 K).
    weights : ndarray, shape (1, K)
        NaN where no indicator varies or all agree entirely.
    """

    contrast: Array
    conflict: Array
    weights: Array


@dataclass(frozen=True, slots=True)
class Variation:
    """Weights in proportion to coefficients of variation.

    Attributes
    ----------
    mean, deviation, ratio : ndarray, shape (K,)
        ``ratio = deviation / mean``, with the standard deviation of divisor n.
    weights : ndarray, shape (1, K)
        NaN where a mean is not above zero or nothing varies.
    """

    mean: Array
    deviation: Array
    ratio: Array
    weights: Array


def critic(z: Normalised, correlation: Correlation = "pearson") -> Critic:
    """CRITIC: an indicator weighs more the more it varies and the less it agrees with others.

    Use it where indicators overlap: a second copy of an indicator halves the
    conflict that both stand for. It knows nothing of importance, and contrast is
    that of the normalised values, so it means most under min-max scaling.

    Parameters
    ----------
    z : Normalised
    correlation : {"pearson", "spearman"}
        Pearson is the original; ranks resist outliers.

    Notes
    -----
    ``C_k = s_k sum_j (1 - r_kj)``. A single varying indicator has weight one.

    References
    ----------
    Diakoulaki, Mavrotas and Papayannakis (1995), Computers & Operations Research 22:763.
    """
    x, varies = cells(z)
    s = np.where(varies, x.std(axis=0), 0.0)
    conflict = np.zeros(x.shape[1])
    if varies.any():
        gap = 1.0 - correlations(x[:, varies], correlation)
        conflict[varies] = np.where(gap < AGREED, 0.0, gap).sum(axis=1)
    amount = s * conflict
    if varies.sum() == 1:
        amount = varies.astype(np.float64)
    return Critic(s, conflict, proportions(amount))


def cv(z: Normalised) -> Variation:
    """Coefficient-of-variation weights: standard deviation over mean, as shares.

    Use it on values that share a true zero (``normalise="none"`` or
    ``"vector"``), where the ratio is free of units; on min-max values it
    depends on where the minimum lies. Not for values with means about zero.
    """
    x, varies = cells(z)
    mean, s = x.mean(axis=0), np.where(varies, x.std(axis=0), 0.0)
    usable = (mean > 0) | ~varies
    ratio = np.where(
        varies & usable, s / np.where(mean > 0, mean, 1.0), np.where(varies, np.nan, 0)
    )
    return Variation(mean, s, ratio, proportions(ratio))


def cells(z: Normalised) -> tuple[Array, Mask]:
    """All cells of the panel as rows, and which columns vary."""
    x = z.values.reshape(-1, z.values.shape[2])
    top, bottom = x.max(axis=0), x.min(axis=0)
    return x, top - bottom > ROUNDING * np.maximum(np.abs(top), np.abs(bottom))


def correlations(x: Array, how: Correlation = "pearson") -> Array:
    """Correlation matrix of columns that all vary; exactly symmetric with a diagonal of ones."""
    y = rankdata(x, axis=0) if how == "spearman" else x
    y = y - y.mean(axis=0)
    y = y / np.sqrt((y**2).sum(axis=0))
    r = np.clip(y.T @ y, -1.0, 1.0)
    r = (r + r.T) / 2
    np.fill_diagonal(r, 1.0)
    return r


def proportions(amount: Array) -> Array:
    """Amounts as shares in one row; NaN where they sum to nothing or one is unknown."""
    total = float(amount.sum())
    if not total > 0:
        return np.full((1, len(amount)), np.nan)
    return (amount / total)[None]
