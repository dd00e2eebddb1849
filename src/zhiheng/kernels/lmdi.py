"""Logarithmic means, and the terms of LMDI-I with exact limits at zero.

Notation of the module: `F` factors on the last axis; leading axes are any comparisons.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def log_ratio(a: Array, b: Array) -> Array:
    """``ln(a / b)`` of positive numbers, exact to rounding where they nearly agree."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        apart = np.asarray(a - b)
        size = np.asarray(np.log1p(np.abs(apart) / np.minimum(a, b)))
        if not np.isfinite(size.sum()):  # a ratio that overflows, though its logarithm does not
            far = np.abs(np.log(a) - np.log(b))
            size = np.where(np.isfinite(size), size, far)
    return np.copysign(size, apart)


def log_mean(a: Array, b: Array) -> Array:
    """The logarithmic mean ``(a - b) / ln(a / b)`` with ``L(a, a) = a`` and ``L(0, .) = 0``.

    Parameters
    ----------
    a, b : ndarray
        Not negative.
    """
    positive = np.asarray((a > 0) & (b > 0), dtype=np.bool_)
    if positive.all():
        return _mean_of_positive(a, b)
    x, y = np.where(positive, a, 1.0), np.where(positive, b, 1.0)
    return np.where(positive, _mean_of_positive(x, y), 0.0)


def _mean_of_positive(x: Array, y: Array) -> Array:
    ratio = log_ratio(x, y)
    same = ratio == 0
    return np.where(same, x, (x - y) / np.where(same, 1.0, ratio))


def effects(start: Array, end: Array, x0: Array, x1: Array, means: Array | None = None) -> Array:
    """Effects of the factors between two states.

    Parameters
    ----------
    start, end : ndarray, shape (...)
        The aggregate, equal to the product of its factors; not negative.
    x0, x1 : ndarray, shape (..., F)
        The factors, not negative.
    means : ndarray, shape (...), optional
        ``log_mean(end, start)``, where it is known.

    Notes
    -----
    The eight cases with zeros of Ang, Zhang and Choi (1998, table 2) are taken
    by their limits: a factor that starts or ends at zero together with the
    aggregate carries the whole change, every other term is zero. Should several
    factors do so at once, they share the change equally, which is the limit
    when all of them approach zero at the same rate.

    References
    ----------
    Ang (2005) Energy Policy 33(7): 867-871; Ang, Zhang and Choi (1998) Energy
    23(6): 489-495.
    """
    means = log_mean(end, start) if means is None else means
    both = np.asarray((x0 > 0) & (x1 > 0), dtype=np.bool_)
    if both.all() and (start > 0).all() and (end > 0).all():
        return means[..., None] * log_ratio(x1, x0)
    ratio = log_ratio(np.where(both, x1, 1.0), np.where(both, x0, 1.0))
    regular = means[..., None] * ratio
    zero = np.where(((start == 0) & (end > 0))[..., None], x0 == 0, False)
    zero |= np.where(((start > 0) & (end == 0))[..., None], x1 == 0, False)
    sharing = np.maximum(zero.sum(axis=-1, keepdims=True), 1)
    return regular + np.where(zero, (end - start)[..., None] / sharing, 0.0)
