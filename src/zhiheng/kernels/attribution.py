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


def sobol(f_a: Array, f_b: Array, f_ab: Array) -> tuple[Array, Array]:
    """First-order and total Sobol indices by exchange of columns between two samples.

    Parameters
    ----------
    f_a, f_b : ndarray, shape (..., n)
        Outcome on two independent samples.
    f_ab : ndarray, shape (G, ..., n)
        Outcome on the first sample with one group of inputs from the second.

    Returns
    -------
    first, total : ndarray, shape (G, ...)
        NaN where the outcome does not vary.

    References
    ----------
    Saltelli, Annoni, Azzini, Campolongo, Ratto and Tarantola (2010) Computer Physics
    Communications 181(2): 259-270, table 2, estimators (b) and (f).
    """
    both = np.concatenate([f_a, f_b], axis=-1)
    # without the mean, products lose no digits to it
    middle = both.mean(axis=-1, keepdims=True)
    a, b, ab = f_a - middle, f_b - middle, f_ab - middle
    variance = both.var(axis=-1)
    first, total = (b * (ab - a)).mean(axis=-1), 0.5 * ((a - ab) ** 2).mean(axis=-1)
    shape = first.shape
    known = np.broadcast_to(variance > 0, shape)
    return (
        np.divide(first, variance, out=np.full(shape, np.nan), where=known),
        np.divide(total, variance, out=np.full(shape, np.nan), where=known),
    )


def resampled_sobol(
    f_a: Array, f_b: Array, f_ab: Array, times: int, seed: int
) -> tuple[Array, Array]:
    """Indices of `times` resamples of the rows, shapes (times, G, ...)."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, f_a.shape[-1], (times, f_a.shape[-1]))
    # the resamples become the first axis of every array, the rows stay the last one
    a, b = (np.moveaxis(f[..., rows], -2, 0) for f in (f_a, f_b))
    first, total = sobol(a, b, np.moveaxis(f_ab[..., rows], -2, 1))
    return np.moveaxis(first, 1, 0), np.moveaxis(total, 1, 0)
