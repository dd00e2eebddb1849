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

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Scaling = Literal["global", "per_period", "zscore", "vector", "none"]

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
        One row for each period when the scaling is per period, else one.
    constant : ndarray of bool, same shape
        Columns that do not vary. Their values are 0 everywhere, except under
        ``"vector"`` and ``"none"``, which need no variation.
    """

    values: Array
    offset: Array
    scale: Array
    constant: Mask


def normalise(x: Array, direction: Array, how: Scaling) -> Normalised:
    """Bring indicators to a common scale.

    Parameters
    ----------
    x : ndarray, shape (E, P, K)
        Finite values; a gap has no place on a scale.
    direction : ndarray, shape (K,)
        1 where more is better, -1 where less is better.
    how : {"global", "per_period", "zscore", "vector", "none"}
        ``"global"``: minimum and maximum over the whole panel, so that levels
        of different periods compare. ``"per_period"``: within each period;
        only positions within a period compare. ``"zscore"``: mean 0 and
        (population) standard deviation 1 over the panel. ``"vector"``: divided
        by the root of the sum of squares over the panel, the classical scale
        of TOPSIS. ``"none"``: the values as they are, for indicators that are
        on one scale already.

    Notes
    -----
    A constant column carries no comparison: it becomes 0 everywhere.

    References
    ----------
    OECD and JRC (2008), Handbook on Constructing Composite Indicators, step 5.
    """
    y = x * direction
    offset, scale = _line(y, how)
    top, bottom = _over(y, how, np.max), _over(y, how, np.min)
    size = np.maximum(np.abs(top), np.abs(bottom))
    constant = top - bottom <= ROUNDING * size
    dead = constant if how in ("global", "per_period", "zscore") else scale == 0
    values = (y - offset) / np.where(dead, 1.0, scale)
    return Normalised(np.where(dead, 0.0, values), offset, scale, constant)


def _line(y: Array, how: Scaling) -> tuple[Array, Array]:
    zero = np.zeros((1, y.shape[2]))
    if how in ("global", "per_period"):
        low = _over(y, how, np.min)
        return low, _over(y, how, np.max) - low
    if how == "zscore":
        return _over(y, how, np.mean), _over(y, how, np.std)
    if how == "vector":
        size = np.maximum(_over(np.abs(y), how, np.max), np.finfo(np.float64).tiny)
        return zero, size * np.sqrt(((y / size) ** 2).sum(axis=(0, 1)))[None]
    return zero, zero + 1.0


def _over(y: Array, how: Scaling, function: Callable[..., Array]) -> Array:
    """One statistic per indicator: by period for ``"per_period"``, else over the panel."""
    if how == "per_period":
        return function(y, axis=0)
    return function(y, axis=(0, 1))[None]
