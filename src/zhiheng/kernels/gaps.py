"""Whether gaps grew: statistics of two periods, each with its value in every resample.

Notation of the module: `E` entities with a value at the start and at the end, `B`
resamples of whole entities. Every function returns the statistic of the data first and
those of the resamples after it, shape (1 + B,). NaN where a resample does not define it.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from zhiheng.kernels.gini import gini

Array = NDArray[np.float64]
Picks = NDArray[np.intp]
Spread = Literal["gini", "cv", "sd_log", "sd"]
Growth = Literal["log", "absolute"]


def with_data(pick: Picks) -> Picks:
    """The resamples with the data themselves before them, shape (1 + B, E)."""
    return np.concatenate([np.arange(pick.shape[1])[None, :], pick])


def spread_change(first: Array, last: Array, pick: Picks, *, measure: Spread) -> Array:
    """Dispersion at the end minus dispersion at the start.

    Parameters
    ----------
    first, last : ndarray, shape (E,)
        Zero or more for ``"gini"``, above zero for ``"sd_log"``.
    pick : ndarray of int, shape (B, E)
    measure : {"gini", "cv", "sd_log", "sd"}
        All but ``"sd"`` are relative: they do not change with the unit, and fall when a
        constant is added.
    """
    every = with_data(pick)
    return _spread(last[every], measure) - _spread(first[every], measure)


def _spread(y: Array, measure: Spread) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "gini":
            return gini(y)
        if measure == "sd_log":
            return np.log(y).std(axis=-1)
        sd = y.std(axis=-1)
        return sd / y.mean(axis=-1) if measure == "cv" else sd


def group_gap_change(
    first: Array, last: Array, leading: NDArray[np.bool_], pick: Picks, *, relative: bool
) -> Array:
    """Change of the distance between the mean of a leading group and that of all others.

    Parameters
    ----------
    first, last : ndarray, shape (E,)
    leading : ndarray of bool, shape (E,)
    pick : ndarray of int, shape (B, E)
        A resample without a member of either group gives NaN.
    relative : bool
        Logarithm of the ratio of the two means, or their difference.
    """
    every = with_data(pick)
    inside = leading[every].astype(np.float64)

    def gap(y: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            a = (y * inside).sum(axis=1) / inside.sum(axis=1)
            b = (y * (1 - inside)).sum(axis=1) / (1 - inside).sum(axis=1)
            return np.log(a / b) if relative else a - b

    return gap(last[every]) - gap(first[every])


def slope_on_start(first: Array, last: Array, pick: Picks, *, growth: Growth) -> Array:
    """Least-squares slope of growth on the level at the start.

    With ``"absolute"`` growth it does not change when both periods are shifted or rescaled.
    """
    x, g = _start_and_growth(first, last, growth)
    every = with_data(pick)
    x, g = x[every], g[every]
    x = x - x.mean(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (x * g).sum(axis=1) / (x**2).sum(axis=1)


def top_minus_bottom(
    first: Array, last: Array, pick: Picks, *, growth: Growth, share: float
) -> Array:
    """Mean growth of those who started highest minus that of those who started lowest.

    Parameters
    ----------
    share : float
        Of entities at either end, such as a third; whole entities, at least one.
    """
    x, g = _start_and_growth(first, last, growth)
    every = with_data(pick)
    order = np.argsort(x[every], axis=1, kind="stable")
    ranked = np.take_along_axis(g[every], order, axis=1)
    size = max(1, int(share * len(first)))
    return ranked[:, -size:].mean(axis=1) - ranked[:, :size].mean(axis=1)


def _start_and_growth(first: Array, last: Array, growth: Growth) -> tuple[Array, Array]:
    if growth == "absolute":
        return first, last - first
    return np.log(first), np.log(last) - np.log(first)


def interval(drawn: Array, level: float) -> tuple[float, float]:
    """Percentile interval of what resampling gave; NaN with fewer than two defined resamples."""
    known = drawn[np.isfinite(drawn)]
    if len(known) < 2:
        return float("nan"), float("nan")
    low, high = np.quantile(known, [level / 2, 1 - level / 2])
    return float(low), float(high)


def side(low: float, high: float) -> int:
    """1 when an interval lies above zero, -1 when below, 0 when it holds zero or is unknown."""
    return int(low > 0) - int(high < 0)


def verdict(sides: list[int]) -> str:
    """One verdict from all statistics that decide a claim, each counted towards the claim.

    ``supported`` when every one lies on the claimed side, ``not_supported`` when every one
    lies on the other, else ``insufficient``; ``untested`` when there is none.
    """
    if not sides:
        return "untested"
    if all(s == 1 for s in sides):
        return "supported"
    return "not_supported" if all(s == -1 for s in sides) else "insufficient"
