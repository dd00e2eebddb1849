"""The compiled loop of VIKOR; a file of its own, so that only its users load the compiler."""

from __future__ import annotations

import numpy as np
from numba import njit  # pyright: ignore[reportUnknownVariableType]
from numpy.typing import NDArray

Array = NDArray[np.float64]


@njit(cache=True)  # pyright: ignore[reportUntypedFunctionDecorator]
def vikor_loop(distance: Array, weights: Array, group: float, out: Array) -> None:
    """One less Q for each set of weights; see `outranking.vikor_score`.

    Parameters
    ----------
    distance : ndarray, shape (P, K, E)
    weights : ndarray, shape (D, 1, K) or (D, P, K)
    group : float
    out : ndarray, shape (D, P, E)
    """
    periods, count, entities = distance.shape
    own = weights.shape[1] > 1
    s, r = np.empty(entities), np.empty(entities)
    for d in range(weights.shape[0]):
        for p in range(periods):
            w = weights[d, p if own else 0]
            s[:] = 0.0
            r[:] = 0.0
            for k in range(count):
                for e in range(entities):
                    term = w[k] * distance[p, k, e]
                    s[e] += term
                    r[e] = max(r[e], term)
            low_s, low_r = s.min(), r.min()
            wide_s, wide_r = s.max() - low_s, r.max() - low_r
            for e in range(entities):
                q_s = (s[e] - low_s) / wide_s if wide_s > 0 else 0.0
                q_r = (r[e] - low_r) / wide_r if wide_r > 0 else 0.0
                out[d, p, e] = 1.0 - group * q_s - (1.0 - group) * q_r
