"""The Gini coefficient of many samples at once, and the interval of its change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """The change of a Gini coefficient between two periods.

    Attributes
    ----------
    change : float
    low, high : float
        Percentile interval over resampled entities.
    """

    change: float
    low: float
    high: float


def gini(y: Array) -> Array:
    """Gini coefficients along the last axis.

    Parameters
    ----------
    y : ndarray, shape (..., n)
        Zero or more, with a positive mean.

    Notes
    -----
    ``G = sum_i (2 i - n - 1) y_(i) / (n^2 mu)`` with ascending ``y_(i)``, which
    equals ``sum_i sum_k |y_i - y_k| / (2 n^2 mu)`` [1]_.

    References
    ----------
    .. [1] C. Dagum (1997), Empirical Economics 22(4): 515-531.
    """
    n = y.shape[-1]
    rank = 2.0 * np.arange(1, n + 1) - n - 1
    return np.asarray((np.sort(y, axis=-1) @ rank) / (n * y.sum(axis=-1)))


def gini_change(first: Array, last: Array, *, draws: int, seed: int, level: float) -> Change:
    """Change of the Gini coefficient with an interval from resampling entities.

    An entity is drawn with both of its values, so that what ties the two
    periods together stays in every draw.

    Parameters
    ----------
    first, last : ndarray, shape (n,)
    draws : int
    seed : int
    level : float
        One minus the coverage, such as 0.05.
    """
    pick = np.random.default_rng(seed).integers(0, len(first), size=(draws, len(first)))
    drawn = gini(last[pick]) - gini(first[pick])
    low, high = np.quantile(drawn, [level / 2, 1 - level / 2])
    return Change(float(gini(last) - gini(first)), float(low), float(high))
