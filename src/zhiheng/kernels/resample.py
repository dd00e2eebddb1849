"""How often each entity is drawn when entities are resampled with all their periods."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

Array = NDArray[np.float64]


def multiplicities(stratum: NDArray[np.intp], *, draws: int, seed: int) -> Array:
    """Draw entities with replacement, each stratum as often as it has members.

    What is drawn is an entity with its whole history: the years of one entity depend on
    each other, so that resampling single years would make intervals far too narrow. With
    one stratum this is the plain bootstrap; with groups as strata their sizes stay fixed.

    Parameters
    ----------
    stratum : ndarray, shape (E,)
        Number of the stratum of each entity, from 0.
    draws, seed : int

    Returns
    -------
    ndarray, shape (draws, E)
        Whole numbers; each row sums to `E`.
    """
    rng = np.random.default_rng(seed)
    out = np.zeros((draws, len(stratum)))
    for j in range(int(stratum.max()) + 1):  # strata, of which there are few
        inside = np.flatnonzero(stratum == j)
        if len(inside):
            even = np.full(len(inside), 1.0 / len(inside))
            out[:, inside] = rng.multinomial(len(inside), even, size=draws)
    return out


def interval(drawn: Array, level: float) -> Array:
    """Percentile interval over the first axis, shape (2, ...); NaN where too little is defined.

    A draw without a value (a group that was not drawn, say) takes no part. Nothing is
    given where fewer than half of the draws have a value.

    Parameters
    ----------
    drawn : ndarray, shape (B, ...)
    level : float
        One minus the coverage, such as 0.05.
    """
    flat = drawn.reshape(len(drawn), -1)
    defined = np.isfinite(flat).sum(axis=0) >= max(2, len(flat) / 2)
    out = np.full((2, flat.shape[1]), np.nan)
    if defined.any():
        known = np.where(np.isfinite(flat[:, defined]), flat[:, defined], np.nan)
        out[:, defined] = np.nanquantile(known, [level / 2, 1 - level / 2], axis=0)
    return out.reshape(2, *drawn.shape[1:])


def t_interval(drawn: Array, point: Array, level: float, freedom: int) -> Array:
    """Interval from the mean and spread of draws, shape (2, ...); NaN as in `interval`.

    ``2 point - mean(draws)`` takes the bias of resampling off; the half width is a t
    quantile times the standard deviation of the draws, made good for the divisor of a
    resample. With thirty entities percentiles of a Gini cover 76 % where 95 % is said,
    this on logs 92 %.

    Parameters
    ----------
    drawn : ndarray, shape (B, ...)
    point : ndarray, shape (...)
    level : float
        One minus the coverage, such as 0.05.
    freedom : int
        Entities less strata.

    References
    ----------
    Efron and Tibshirani (1993) An Introduction to the Bootstrap, chapters 10 and 12.
    """
    known = np.isfinite(drawn)
    count = known.sum(axis=0)
    some = (count >= max(2, len(drawn) / 2)) & np.isfinite(point)
    values = np.where(known, drawn, 0.0)
    mean = values.sum(axis=0) / np.maximum(count, 1)
    square = np.where(known, (drawn - mean) ** 2, 0.0).sum(axis=0)
    spread = np.sqrt(square / np.maximum(count - 1, 1))
    half = float(stdtrit(freedom, 1.0 - level / 2)) * spread * np.sqrt((freedom + 1) / freedom)
    centre = 2.0 * point - mean
    return np.where(some, np.stack([centre - half, centre + half]), np.nan)


def level_interval(drawn: Array, point: Array, level: float, freedom: int) -> Array:
    """Interval of measures that are above zero, on logs; shape (2, ...).

    Where a draw of a measure (last axis) is zero or less in any period, logs will not do,
    and that measure has percentiles instead.

    Parameters
    ----------
    drawn : ndarray, shape (B, P, K)
    point : ndarray, shape (P, K)
    level, freedom
        As in `t_interval`.
    """
    if freedom < 1:
        return interval(drawn, level)
    positive = np.isfinite(drawn) & (drawn > 0)
    logs = ((drawn > 0) | ~np.isfinite(drawn)).all(axis=(0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.log(np.where(positive, drawn, np.nan))
        found = np.exp(t_interval(log, np.log(point), level, freedom))
    return np.where(logs, found, interval(drawn, level))


def change_interval(drawn: Array, point: Array, level: float, freedom: int) -> Array:
    """Interval of changes, shape (2, ...): by t, or percentiles without degrees of freedom."""
    if freedom < 1:
        return interval(drawn, level)
    return t_interval(drawn, point, level, freedom)


def expanded_level(level: float, count: int) -> float:
    """The level at which percentiles of a bootstrap are as wide as a t interval.

    ``2 Phi(-sqrt(n / (n - 1)) t_{1 - level/2, n - 1})``: plain percentiles are too
    narrow by the factor of a resample's variance and by the normal for the t
    quantile, which with thirty entities costs about two points of coverage.

    Parameters
    ----------
    level : float
        One minus the coverage wanted, such as 0.05.
    count : int
        Number of resampled entities, at least two.

    References
    ----------
    Hesterberg (2015) The American Statistician 69(4): 371-386, expanded percentile interval.
    """
    quantile = float(stdtrit(count - 1, 1.0 - level / 2))
    return float(2.0 * ndtr(-np.sqrt(count / (count - 1)) * quantile))
