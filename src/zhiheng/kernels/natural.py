"""A composite of indicators in their natural units, without scaling to a range."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def natural_index(values: Array, direction: Array) -> Array:
    """Geometric mean of indicators relative to their own means, shape (E, P).

    ``exp mean_k s_k (ln x_k - mean ln x_k)`` with `s` the direction. It changes with no unit
    and has no arbitrary zero, so that ratios and relative gaps of it mean something; in
    return, indicators that vary over orders of magnitude lead it.

    Parameters
    ----------
    values : ndarray, shape (E, P, K)
        Above zero.
    direction : ndarray, shape (K,)
        1 where more is better, -1 where less is better.
    """
    logs = np.log(values)
    return np.exp((direction * (logs - logs.mean(axis=(0, 1)))).mean(axis=-1))
