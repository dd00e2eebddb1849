"""Stratified heterogeneity: how much of a variable its strata hold (geographical detector).

Notation: `N` units, strata h with N_h units; variances with divisor N.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ncf

Array = NDArray[np.float64]
Strata = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Factor:
    """The q statistic of one stratification.

    Attributes
    ----------
    q : float
        ``1 - sum N_h var_h / (N var)``, from 0 to 1.
    expected : float
        ``(L - 1) / (N - 1)``: the mean of q when strata are dealt at random.
    strata, smallest : int
        How many strata, and the units in the smallest.
    f, noncentrality, p : float
        Wang, Zhang and Fu (2016): ``F = (N - L) / (L - 1) * q / (1 - q)`` against a
        non-central F whose noncentrality comes from the same means; NaN without
        degrees of freedom.
    """

    q: float
    expected: float
    strata: int
    smallest: int
    f: float
    noncentrality: float
    p: float


def factor(y: Array, strata: Strata) -> Factor:
    """The q statistic and its test.

    Parameters
    ----------
    y : ndarray, shape (N,)
        Not constant.
    strata : ndarray of int, shape (N,)
        Any labels.
    """
    _, number = np.unique(strata, return_inverse=True)
    size = np.bincount(number).astype(np.float64)
    n, levels = len(y), len(size)
    q = float(q_statistic(y[None, :], number)[0])
    expected = (levels - 1) / (n - 1)
    if levels < 2 or n <= levels:
        return Factor(q, expected, levels, int(size.min()), np.nan, np.nan, np.nan)
    mean = np.bincount(number, weights=y) / size
    spread = float((mean**2).sum() - (np.sqrt(size) @ mean) ** 2 / n)
    noncentrality = max(spread / float(y.var(ddof=1)), 0.0)
    f = (n - levels) / (levels - 1) * q / (1.0 - q) if q < 1.0 else float("inf")
    p = float(ncf.sf(f, levels - 1, n - levels, noncentrality)) if np.isfinite(f) else 0.0
    return Factor(q, expected, levels, int(size.min()), f, noncentrality, p)


def q_statistic(y: Array, number: Strata) -> Array:
    """Q of many variables at once.

    Parameters
    ----------
    y : ndarray, shape (R, N)
    number : ndarray of int, shape (N,)
        Strata from 0 without gaps.
    """
    size = np.bincount(number).astype(np.float64)
    member = (number[:, None] == np.arange(len(size))).astype(np.float64)
    z = y - y.mean(axis=1, keepdims=True)
    mean = z @ member / size
    between = (size * mean**2).sum(axis=1)
    return np.clip(between / (z**2).sum(axis=1), 0.0, 1.0)


def permuted_q(y: Array, strata: Strata, *, permutations: int, seed: int) -> Array:
    """Q when the values are dealt to the units at random, shape (R,)."""
    _, number = np.unique(strata, return_inverse=True)
    rng = np.random.default_rng(seed)
    return q_statistic(rng.permuted(np.tile(y, (permutations, 1)), axis=1), number)


def overlay(one: Strata, two: Strata) -> Strata:
    """Strata of both at once: units that share both."""
    return one * (int(two.max()) + 1) + two


def interaction(q_one: float, q_two: float, q_both: float) -> str:
    """How two factors act together, in the words of Wang and others (2010).

    ``weaken_nonlinear`` below both, ``weaken_single`` between them,
    ``enhance_double`` above both, ``independent`` equal to their sum,
    ``enhance_nonlinear`` above their sum.
    """
    slack = 1e-10
    if abs(q_both - (q_one + q_two)) <= slack:
        return "independent"
    if q_both > q_one + q_two:
        return "enhance_nonlinear"
    if q_both > max(q_one, q_two) + slack:
        return "enhance_double"
    if q_both < min(q_one, q_two) - slack:
        return "weaken_nonlinear"
    return "weaken_single"
