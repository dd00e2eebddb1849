"""The Gini coefficient of many samples at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


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
