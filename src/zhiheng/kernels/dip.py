"""The dip: how far a distribution function is from the nearest one with a single mode.

Everything is counted in whole observations. At a value `x` the distribution function jumps
from the number of values below it to the number up to it. The convex minorant is the lower
hull of the lower corners, the concave majorant the upper hull of the upper ones. Only the
last line divides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit  # pyright: ignore[reportUnknownVariableType]
from numpy.typing import NDArray

Array = NDArray[np.float64]


def dip(x: Array) -> float:
    """The dip of a sample, between ``1 / (2 n)`` and 1/4.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Ascending.

    References
    ----------
    Hartigan and Hartigan (1985) Annals of Statistics 13(1): 70-84.
    """
    return float(_dip(np.ascontiguousarray(x, dtype=np.float64)))


def uniform_dips(n: int, *, draws: int, seed: int) -> Array:
    """Dips of samples from the uniform, which has the largest of all with one mode; sorted.

    Parameters
    ----------
    n : int
        Size of each sample.
    draws, seed : int
    """
    rng = np.random.default_rng([seed, n])
    return np.sort(_dips(np.sort(rng.random((draws, n)), axis=1)))


@njit(cache=True)
def _dips(samples: Any) -> Any:
    out = np.empty(len(samples))
    for b in range(len(samples)):
        out[b] = _dip(samples[b])
    return out


@njit(cache=True)
def _dip(sample: Any) -> float:
    """The algorithm of Hartigan and Hartigan.

    Between `low` and `high` the two hulls are furthest apart at some vertex; that gives a
    narrower interval for the mode. What the outer parts need in any case is kept, until
    the hulls are no further apart than that.
    """
    x, lower, upper = _jumps(sample)
    low, high, least = 0, len(x) - 1, 1.0
    while high > low:
        under = _hull(x, lower, low, high, 1.0)
        over = _hull(x, upper, low, high, -1.0)
        gap, left, right = _widest(x, lower, upper, under, over)
        if gap <= least:
            break
        for i in range(low, left):  # a jump at the mode itself costs nothing
            least = max(least, upper[i] - _height(x, lower, under, i))
        for i in range(right + 1, high + 1):
            least = max(least, _height(x, upper, over, i) - lower[i])
        if left == low and right == high:
            break
        low, high = left, right
    return least / (2.0 * len(sample))


@njit(cache=True)
def _jumps(sample: Any) -> Any:
    """Distinct values, and how many values lie below each and up to it."""
    n = len(sample)
    x, lower, upper = np.empty(n), np.zeros(n), np.zeros(n)
    last = -1
    for i in range(n):
        if last < 0 or sample[i] > x[last]:
            last += 1
            x[last], lower[last] = sample[i], i
        upper[last] = i + 1
    return x[: last + 1], lower[: last + 1], upper[: last + 1]


@njit(cache=True)
def _widest(x: Any, lower: Any, upper: Any, under: Any, over: Any) -> Any:
    """Where the hulls are furthest apart, and the vertices of both around that place."""
    gap, left, right = 0.0, under[0], under[-1]
    for g in under:
        d = _height(x, upper, over, g) - lower[g]
        if d > gap:
            gap, left, right = d, g, over[np.searchsorted(over, g)]
    for v in over:
        d = upper[v] - _height(x, lower, under, v)
        if d > gap:
            gap, right = d, v
            left = under[np.searchsorted(under, v, side="right") - 1]
    return gap, left, right


@njit(cache=True)
def _hull(x: Any, y: Any, low: int, high: int, side: float) -> Any:
    """Vertices of the lower (`side` 1) or upper (-1) hull from `low` to `high`, ascending."""
    out = np.empty(high - low + 1, dtype=np.int64)
    count = 0
    for i in range(low, high + 1):
        while count > 1:
            a, b = out[count - 2], out[count - 1]
            turn = (x[b] - x[a]) * (y[i] - y[a]) - (y[b] - y[a]) * (x[i] - x[a])
            if side * turn > 0.0:
                break
            count -= 1
        out[count] = i
        count += 1
    return out[:count]


@njit(cache=True)
def _height(x: Any, y: Any, vertices: Any, at: int) -> float:
    """The hull at the place of a value."""
    k = np.searchsorted(vertices, at)
    if vertices[k] == at:
        return y[at]
    a, b = vertices[k - 1], vertices[k]
    return y[a] + (y[b] - y[a]) * (x[at] - x[a]) / (x[b] - x[a])
