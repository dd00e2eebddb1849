"""Indicators on a common scale, larger always meaning better.

Arrays have the shape (E, P, K): entities, periods, indicators. The direction
of an indicator is applied before anything else, so an indicator and its
negative with the opposite direction give the same numbers to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Scaling = Literal[
    "global", "per_period", "fixed_base", "zscore", "rank", "rank_per_period",
    "goalposts", "target", "vector", "none",
]  # fmt: skip

# A column counts as constant when it varies by less than rounding does.
ROUNDING = 16 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Normalised:
    """Normalised values with the line that made them.

    Attributes
    ----------
    values : ndarray, shape (E, P, K)
        ``(direction * x - offset) / scale``.
    offset, scale : ndarray, shape (P, K) or (1, K)
        One row for each period when the scaling is per period, else one. NaN for
        ranks, which are no line.
    constant : ndarray of bool, same shape
        Columns that do not vary. Their values are 0 everywhere, except under
        ``"vector"`` and ``"none"``, which need no variation.
    outside : int
        Cells beyond declared bounds that were set to the bound.
    """

    values: Array
    offset: Array
    scale: Array
    constant: Mask
    outside: int = 0


def normalise(
    x: Array, direction: Array, how: Scaling, *, bounds: Array | None = None, base: int = 0
) -> Normalised:
    """Bring indicators to a common scale.

    Parameters
    ----------
    x : ndarray, shape (E, P, K)
        Finite values; a gap has no place on a scale.
    direction : ndarray, shape (K,)
        1 where more is better, -1 where less is better.
    how : {"global", "per_period", "fixed_base", "zscore", "rank", "rank_per_period",
           "goalposts", "target", "vector", "none"}
        ``"global"``: minimum and maximum over the whole panel, so that levels
        of different periods compare. ``"per_period"``: within each period;
        only positions within a period compare. ``"fixed_base"``: minimum and maximum
        of the period `base`; later values may leave [0, 1], which shows progress, and
        adding a period changes no earlier score. ``"zscore"``: mean 0 and
        (population) standard deviation 1 over the panel. ``"rank"``,
        ``"rank_per_period"``: percentile ranks in [0, 1], ties share their mean.
        ``"goalposts"``: declared bounds, values beyond them cut. ``"target"``: from the
        worst value of the panel to a declared target, cut at the target. ``"vector"``:
        divided by the root of the sum of squares over the panel, the classical scale
        of TOPSIS. ``"none"``: the values as they are, for indicators that are
        on one scale already.
    bounds : ndarray, shape (2, K)
        Lower and upper goalpost in the unit of the indicator, or two equal rows with
        the target.
    base : int
        Position of the base period.

    Notes
    -----
    A constant column carries no comparison: it becomes 0 everywhere.

    References
    ----------
    OECD and JRC (2008), Handbook on Constructing Composite Indicators, step 5.
    """
    y = x * direction
    top, bottom = _over(y, how, np.max), _over(y, how, np.min)
    size = np.maximum(np.abs(top), np.abs(bottom))
    constant = top - bottom <= ROUNDING * size
    if how in ("rank", "rank_per_period"):
        nowhere = np.full_like(top, np.nan)
        return Normalised(_ranks(y, how) * ~constant, nowhere, nowhere, constant)
    offset, scale = _line(y, how, direction, bounds, base)
    flat = np.abs(scale) <= ROUNDING * size  # bounds without a range, as of a base period
    if how in ("vector", "none"):  # these need no variation in the panel
        dead = scale == 0
    else:
        dead = flat if how == "goalposts" else constant | flat
    values = np.where(dead, 0.0, (y - offset) / np.where(dead, 1.0, scale))
    cut = values
    if how in ("goalposts", "target"):
        cut = np.clip(values, 0.0, 1.0)
    outside = int((cut != values).sum())
    return Normalised(cut, offset, scale, dead if how == "fixed_base" else constant, outside)


def _line(
    y: Array, how: Scaling, direction: Array, bounds: Array | None, base: int
) -> tuple[Array, Array]:
    zero = np.zeros((1, y.shape[2]))
    if how in ("global", "per_period"):
        low = _over(y, how, np.min)
        return low, _over(y, how, np.max) - low
    if how == "fixed_base":
        first = y[:, base]
        return first.min(axis=0)[None], np.ptp(first, axis=0)[None]
    if how in ("goalposts", "target"):
        if bounds is None:
            raise ValueError("bounds are missing")
        ends = np.sort(bounds * direction, axis=0)
        low = ends[:1] if how == "goalposts" else _over(y, how, np.min)
        return low, ends[1:] - low
    if how == "zscore":
        return _over(y, how, np.mean), _over(y, how, np.std)
    if how == "vector":
        size = np.maximum(_over(np.abs(y), how, np.max), np.finfo(np.float64).tiny)
        return zero, size * np.sqrt(((y / size) ** 2).sum(axis=(0, 1)))[None]
    return zero, zero + 1.0


def _ranks(y: Array, how: Scaling) -> Array:
    """Percentile ranks, (rank - 1) / (n - 1) with mean ranks for ties."""
    if how == "rank_per_period":
        return (rankdata(y, axis=0) - 1.0) / max(len(y) - 1, 1)
    flat = y.reshape(-1, y.shape[2])
    return ((rankdata(flat, axis=0) - 1.0) / max(len(flat) - 1, 1)).reshape(y.shape)


def _over(y: Array, how: Scaling, function: Callable[..., Array]) -> Array:
    """One statistic per indicator: by period for scalings per period, else over the panel."""
    if how in ("per_period", "rank_per_period"):
        return function(y, axis=0)
    return function(y, axis=(0, 1))[None]
