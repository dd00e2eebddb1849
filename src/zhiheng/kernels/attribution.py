"""Shares of several causes in one effect: Shapley values over all subsets of them.

Notation of the module: `K` causes; a subset is a number whose bit `k` says whether cause `k` acts.
"""

from __future__ import annotations

from math import factorial

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST = 12
"""Causes up to which all subsets are run: 4,096 of them."""


def subsets(causes: int) -> NDArray[np.bool_]:
    """Which causes act in each subset, shape (2^K, K), the empty one first."""
    numbers = np.arange(2**causes)
    return (numbers[:, None] >> np.arange(causes) & 1).astype(np.bool_)


def shapley_of_subsets(values: Array) -> Array:
    """What each cause adds on the average over all orders in which causes may come.

    Parameters
    ----------
    values : ndarray, shape (2^K, ...)
        Value of each subset, in the order of `subsets`.

    Returns
    -------
    ndarray, shape (K, ...)
        They sum to the value of all causes minus that of none.

    Notes
    -----
    Cause `k` adds ``v(S + k) - v(S)`` to a subset `S` of size `s`, with the weight
    ``s! (K - s - 1)! / K!``, which is how many of the orders begin with exactly `S`.

    References
    ----------
    Shapley (1953) in Contributions to the Theory of Games II: 307-317.
    """
    causes = int(values.shape[0]).bit_length() - 1
    acts = subsets(causes)
    size = acts.sum(axis=1)
    weight = np.array(
        [factorial(s) * factorial(causes - s - 1) / factorial(causes) for s in range(causes)]
    )
    out = np.empty((causes, *values.shape[1:]))
    for k in range(causes):
        without = np.flatnonzero(~acts[:, k])
        added = values[without + (1 << k)] - values[without]
        out[k] = np.tensordot(weight[size[without]], added, axes=1)
    return out


def alone_and_last(values: Array) -> tuple[Array, Array]:
    """What each cause adds when it comes first, and when it comes last; shapes (K, ...)."""
    causes = int(values.shape[0]).bit_length() - 1
    bits = 1 << np.arange(causes)
    full = len(values) - 1
    return values[bits] - values[0], values[full] - values[full - bits]
