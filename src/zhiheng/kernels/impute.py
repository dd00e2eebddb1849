"""Gaps of indicators filled by a declared rule, and by no other way."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Filling = Literal["period_mean", "period_median", "group_mean", "carry", "interpolate"]


def fill(x: Array, how: Filling, *, groups: NDArray[np.intp] | None = None) -> Array:
    """Fill what can be filled by one rule; what the rule cannot reach stays NaN.

    Use it when an index must be computed in spite of a few gaps, and read the scores
    with the share of them that stands on filled cells. It makes no statement about the
    missing values: no rule here widens an interval.

    Parameters
    ----------
    x : ndarray, shape (E, P, K)
        NaN where not observed.
    how : {"period_mean", "period_median", "group_mean", "carry", "interpolate"}
        Mean or median of the other entities in the same period; mean of those in the
        same group and period; the last earlier value of the entity; a straight line
        between the neighbouring periods of the entity, never beyond its ends.
    groups : ndarray of int, shape (E,)
        Needed by ``"group_mean"``.
    """
    gaps = np.isnan(x)
    if not gaps.any():
        return x
    if how == "period_median":
        counted = (~gaps).any(axis=0, keepdims=True)
        found = np.nanmedian(np.where(counted, x, 0.0), axis=0, keepdims=True)
        return np.where(gaps & counted, found, x)
    if how in ("period_mean", "group_mean"):
        one = np.zeros(len(x), dtype=np.intp)
        of = one if how == "period_mean" or groups is None else groups
        return np.where(gaps, _means(x, of), x)
    return _along_time(x, how)


def _means(x: Array, groups: NDArray[np.intp]) -> Array:
    """The mean over the observed of the same group and period, for every entity."""
    number = int(groups.max()) + 1
    member = (groups[None, :] == np.arange(number)[:, None]).astype(np.float64)
    seen = ~np.isnan(x)
    sums = np.tensordot(member, np.where(seen, x, 0.0), axes=(1, 0))
    counts = np.tensordot(member, seen.astype(np.float64), axes=(1, 0))
    with np.errstate(invalid="ignore"):
        return (sums / np.where(counts > 0, counts, np.nan))[groups]


def _along_time(x: Array, how: Filling) -> Array:
    seen = ~np.isnan(x)
    place = np.arange(x.shape[1])[None, :, None]
    before = np.maximum.accumulate(np.where(seen, place, -1), axis=1)
    left = np.take_along_axis(x, np.maximum(before, 0), axis=1)
    if how == "carry":
        return np.where(seen | (before < 0), x, left)
    number = x.shape[1]
    after = np.minimum.accumulate(np.where(seen, place, number)[:, ::-1], axis=1)[:, ::-1]
    right = np.take_along_axis(x, np.minimum(after, number - 1), axis=1)
    inside = ~seen & (before >= 0) & (after < number)
    share = (place - before) / np.where(inside, after - before, 1)
    return np.where(inside, left + share * (right - left), x)
