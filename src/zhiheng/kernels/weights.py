"""Weights of indicators: equal, by group, from entropy, or given.

Weights have the shape (1, K), or (P, K) where each period has its own; every
row sums to one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr

from zhiheng.kernels.normalise import ROUNDING, Normalised

Array = NDArray[np.float64]
Weighting = Literal["equal", "equal_by_group", "entropy", "entropy_per_period", "given"]


@dataclass(frozen=True, slots=True)
class EntropyWeights:
    """Weights in proportion to how unevenly each indicator is spread.

    Attributes
    ----------
    entropy : ndarray, shape (1, K) or (P, K)
        In [0, 1]; 1 for a column that is spread evenly or does not vary.
    divergence : ndarray, same shape
        ``1 - entropy``, exactly 0 for a column that does not vary.
    weights : ndarray, same shape
        `divergence` as shares; NaN in a row in which nothing varies.
    """

    entropy: Array
    divergence: Array
    weights: Array


def weigh(
    z: Normalised,
    how: Weighting,
    *,
    groups: Sequence[str] = (),
    given: Array | None = None,
) -> Array:
    """Weights of normalised indicators under one of the known rules.

    Parameters
    ----------
    z : Normalised
    how : {"equal", "equal_by_group", "entropy", "entropy_per_period", "given"}
    groups : sequence of str, length K
        Needed by ``"equal_by_group"``.
    given : ndarray, shape (K,)
        Needed by ``"given"``; any scale.

    Returns
    -------
    ndarray, shape (1, K), or (P, K) for ``"entropy_per_period"``
    """
    if how == "equal":
        return equal(z.values.shape[2])
    if how == "equal_by_group":
        return equal_by_group(groups)
    if how == "given":
        if given is None:
            raise ValueError("given weights are missing")
        return shares(given)
    return entropy(z, per_period=how == "entropy_per_period").weights


def equal(count: int) -> Array:
    """The same weight for each of `count` indicators."""
    return np.full((1, count), 1.0 / count)


def equal_by_group(groups: Sequence[str]) -> Array:
    """The same weight for each group, shared equally within it."""
    _, which, sizes = np.unique(np.array(groups), return_inverse=True, return_counts=True)
    return (1.0 / (len(sizes) * sizes))[which][None]


def shares(weights: Array) -> Array:
    """Given weights divided by their sum."""
    w = np.asarray(weights, dtype=np.float64)
    return (w / w.sum())[None]


def entropy(z: Normalised, *, per_period: bool = False) -> EntropyWeights:
    """Entropy weights: the more unevenly an indicator is spread, the more it weighs.

    Use it where the literature does, and read the effective weights beside it:
    entropy measures concentration, not importance, and rewards outliers.

    Parameters
    ----------
    z : Normalised
        Values must not be negative.
    per_period : bool
        Entropy within each period (``k = 1 / ln N``) instead of over the whole
        panel (``k = 1 / ln(N T)``).

    Notes
    -----
    ``p = z / sum z``, ``e = -k sum p ln p`` with ``0 ln 0 = 0`` and no shift:
    the customary addition of 0.01 or 1 to every value moves ranks.
    A constant column has entropy weight 0.

    References
    ----------
    Shannon (1948); Zeleny (1982), Multiple Criteria Decision Making, ch. 7.
    """
    values = z.values
    axis = 0 if per_period else (0, 1)
    total = values.sum(axis=axis, keepdims=True)
    p = values / np.where(total > 0, total, 1.0)
    number = values.shape[0] * (1 if per_period else values.shape[1])
    raw = entr(p).sum(axis=axis) / np.log(number)
    spread = np.atleast_2d(raw)
    still = _still(z, per_period)
    e = np.where(still, 1.0, np.minimum(spread, 1.0))
    d = np.where(still, 0.0, 1.0 - e)
    sums = d.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        return EntropyWeights(e, d, d / sums)


def _still(z: Normalised, per_period: bool) -> NDArray[np.bool_]:
    """Columns that do not vary where the entropy is taken."""
    if not per_period:
        return np.asarray(z.constant.all(axis=0, keepdims=True))
    top, bottom = z.values.max(axis=0), z.values.min(axis=0)
    flat = np.less_equal(top - bottom, ROUNDING * np.maximum(np.abs(top), np.abs(bottom)))
    return np.asarray(flat | z.constant, dtype=np.bool_)
