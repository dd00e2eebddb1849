"""Whether indicators belong together: correlations and Cronbach's alpha."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Spread below this share of the size is what rounding left of a constant.
FLAT = 1e-12


def correlations(x: Array) -> Array:
    """Pearson correlations of columns; NaN where one does not vary.

    Parameters
    ----------
    x : ndarray, shape (N, K)
    """
    d = x - x.mean(axis=0)
    size = np.sqrt((d**2).sum(axis=0))
    moves = size > FLAT * np.abs(x).max(axis=0, initial=0.0) * np.sqrt(len(x))
    unit = np.where(moves, d / np.where(moves, size, 1.0), np.nan)
    return np.clip(unit.T @ unit, -1.0, 1.0)


def cronbach_alpha(x: Array) -> float:
    """Cronbach's alpha, ``K / (K - 1) (1 - sum of variances / variance of the sum)``.

    Use it to ask whether the indicators of one group move together. It grows with the
    number of indicators, and a formative index needs no high value.

    Parameters
    ----------
    x : ndarray, shape (N, K)
        NaN for fewer than two columns or a sum that does not vary.

    References
    ----------
    Cronbach (1951) Psychometrika 16: 297-334.
    """
    count = x.shape[1]
    total = float(x.sum(axis=1).var(ddof=1)) if len(x) > 1 else 0.0
    if count < 2 or total <= 0:
        return float("nan")
    return count / (count - 1) * (1.0 - float(x.var(axis=0, ddof=1).sum()) / total)
