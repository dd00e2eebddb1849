"""Additive logarithmic mean Divisia decomposition (LMDI-I) with exact limits at zero.

Notation of the module: `E` entities (or sectors), `P` periods, `F` factors,
`S` steps from one period to the next.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lmdi:
    """Effects of the factors on the change of the aggregate.

    Attributes
    ----------
    effects : ndarray, shape (E, S, F)
        In the unit of the aggregate; summed over factors they give `change`.
    change : ndarray, shape (E, S)
    residual : ndarray, shape (E, S)
        ``(sum of effects - change) / max(|change|, start, end)``.
    first, last : ndarray, shape (S,)
        Positions of the periods that each step leads from and to.
    limits : ndarray of bool, shape (E, S)
        Where the aggregate starts or ends at zero, so that a limit was taken.
    """

    effects: Array
    change: Array
    residual: Array
    first: NDArray[np.intp]
    last: NDArray[np.intp]
    limits: NDArray[np.bool_]


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


def lmdi(aggregate: Array, factors: Array, *, chain: bool = True) -> Lmdi:
    """Decompose the change of an aggregate into the effects of its factors.

    Use it on a product that holds exactly. It is undefined for negative values:
    emissions and sinks are decomposed apart, not as a net amount.

    Parameters
    ----------
    aggregate : ndarray, shape (E, P)
    factors : ndarray, shape (E, P, F)
        Their product over the last axis is `aggregate`.
    chain : bool
        Step from period to period, so that weights follow the path; otherwise
        one step from the first period to the last.

    References
    ----------
    Ang (2005) Energy Policy 33(7): 867-871; Ang, Zhang and Choi (1998) Energy
    23(6): 489-495.
    """
    periods = aggregate.shape[1]
    first = np.arange(periods - 1) if chain else np.array([0])
    last = first + 1 if chain else np.array([periods - 1])
    start, end = aggregate[:, first], aggregate[:, last]
    found = effects(start, end, factors[:, first], factors[:, last])
    change = end - start
    size = np.maximum(np.maximum(start, end), np.abs(change))
    left = found.sum(axis=-1) - change
    residual = np.divide(left, size, out=np.zeros_like(left), where=size > 0)
    return Lmdi(found, change, residual, first, last, (start == 0) != (end == 0))
